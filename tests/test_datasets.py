import gzip
import json

import pytest

from qa.errors import DatasetError
from qa.evaluation.datasets import read_paragraphs
from qa.evaluation.golden import GoldenQuestion, read_golden

ROW = {
    "title": "Gift",
    "context": "A car was given.",
    "qas": [
        {"id": 7, "question": "What?", "answers": [{"text": "A car", "answer_start": 0}]},
        {"id": 8, "question": "Where?", "answers": []},
    ],
}


@pytest.mark.parametrize("opened", [open, gzip.open])
def test_reads_plain_and_gzip_alike(tmp_path, opened):
    path = tmp_path / "questions"
    with opened(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps(ROW) + "\n\n")
    (paragraph,) = read_paragraphs(path)
    assert paragraph.title == "Gift"
    assert [question.texts for question in paragraph.questions] == [("A car",), ()]


@pytest.mark.parametrize("line", ["{", "[]", '{"context": 3}', "null", '{"qas": [1]}'])
def test_a_malformed_line_is_named(tmp_path, line):
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(ROW) + "\n" + line + "\n")
    with pytest.raises(DatasetError, match="line 2"):
        list(read_paragraphs(path))
    with pytest.raises(DatasetError, match="line 2"):
        read_golden(path)


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(DatasetError, match="absent"):
        list(read_paragraphs(tmp_path / "absent"))
    damaged = tmp_path / "damaged.gz"
    damaged.write_bytes(gzip.compress(json.dumps(ROW).encode())[:-9])
    with pytest.raises(DatasetError, match="damaged"):
        list(read_paragraphs(damaged))


def test_golden_reads_its_own_format_and_paragraphs(tmp_path):
    path = tmp_path / "golden.jsonl"
    own = {"id": "a", "question": "Who?", "answers": ["Kim"], "document": "x.txt", "tags": ["p"]}
    path.write_text(json.dumps(own) + "\n" + json.dumps(ROW) + "\n")
    assert read_golden(path) == [
        GoldenQuestion("a", "Who?", ("Kim",), ("x.txt",), ("p",)),
        GoldenQuestion("7", "What?", ("A car",)),
        GoldenQuestion("8", "Where?", ()),
    ]


def test_a_duplicate_id_and_an_empty_set_are_errors(tmp_path):
    path = tmp_path / "golden.jsonl"
    path.write_text((json.dumps(ROW) + "\n") * 2)
    with pytest.raises(DatasetError, match="twice"):
        read_golden(path)
    path.write_text("\n")
    with pytest.raises(DatasetError, match="no question"):
        read_golden(path)
