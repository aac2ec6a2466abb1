import gzip
import json

import pytest

from qa.errors import DatasetError
from qa.evaluation.datasets import read_paragraphs
from qa.evaluation.golden import GoldenQuestion, check_golden, markup_free, read_golden

ROW = {
    "title": "Gift",
    "context": "A car was given.",
    "qas": [
        {"id": 7, "question": "What?", "answers": [{"text": "A car", "answer_start": 0}]},
        {"id": 8, "question": "Where?", "answers": []},
    ],
}


@pytest.mark.parametrize("opened", [open, gzip.open])
def test_plain_and_gzipped_files_are_read(tmp_path, opened):
    path = tmp_path / "questions"
    with opened(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps(ROW) + "\n\n")
    (paragraph,) = read_paragraphs(path)
    assert paragraph.title == "Gift"
    assert [question.texts for question in paragraph.questions] == [("A car",), ()]


@pytest.mark.parametrize("line", ["{", "[]", '{"context": 3}', "null", '{"qas": [1]}'])
def test_an_error_names_the_malformed_line(tmp_path, line):
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(ROW) + "\n" + line + "\n")
    with pytest.raises(DatasetError, match="line 2"):
        list(read_paragraphs(path))
    with pytest.raises(DatasetError, match="line 2"):
        read_golden(path)


def test_an_error_names_the_missing_or_damaged_file(tmp_path):
    with pytest.raises(DatasetError, match="absent"):
        list(read_paragraphs(tmp_path / "absent"))
    damaged = tmp_path / "damaged.gz"
    damaged.write_bytes(gzip.compress(json.dumps(ROW).encode())[:-9])
    with pytest.raises(DatasetError, match="damaged"):
        list(read_paragraphs(damaged))
    flipped = bytearray(gzip.compress(json.dumps(ROW).encode() * 50))
    flipped[20] ^= 0xFF
    damaged.write_bytes(flipped)
    with pytest.raises(DatasetError, match="damaged"):
        list(read_paragraphs(damaged))


@pytest.mark.parametrize(
    "change",
    [{"question": ["Who?"]}, {"question": "?"}, {"answers": [{"text": "", "answer_start": 0}]}],
)
def test_an_error_names_the_line_of_an_invalid_question(tmp_path, change):
    path = tmp_path / "paragraphs.jsonl"
    path.write_text(json.dumps({**ROW, "qas": [{**ROW["qas"][0], **change}]}))
    with pytest.raises(DatasetError, match="line 1: not a paragraph"):
        list(read_paragraphs(path))


def test_golden_files_may_contain_paragraphs(tmp_path):
    path = tmp_path / "golden.jsonl"
    own = {"id": "a", "question": "Who?", "answers": ["Kim"], "document": "x.txt", "tags": ["p"]}
    path.write_text(json.dumps(own) + "\n" + json.dumps(ROW) + "\n")
    assert read_golden(path) == [
        GoldenQuestion("a", "Who?", ("Kim",), ("x.txt",), ("p",)),
        GoldenQuestion("7", "What?", ("A car",)),
        GoldenQuestion("8", "Where?", ()),
    ]


def test_further_documents_and_notes_are_read(tmp_path):
    path = tmp_path / "golden.jsonl"
    rows = [
        {"id": "a", "question": "Who?", "answers": ["Kim"], "document": "x", "also": ["y", "x"]},
        {"id": "b", "question": "Who?", "answers": ["Kim"], "document": ["x"], "also": "z"},
        {"id": "c", "question": "Why?", "answers": [], "document": None, "why": "not stated"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [each.documents for each in read_golden(path)] == [("x", "y"), ("x", "z"), ()]


def test_an_answer_lost_by_extraction_is_no_error_of_the_question(tmp_path):
    path, file = tmp_path / "golden.jsonl", tmp_path / "x.html"
    file.write_text("<p>The <b>builder</b>\nwas Ada&nbsp;Blum.</p>", encoding="utf-8")
    row = {"id": "a", "question": "Who?", "answers": ["builder was Ada\u00a0Blum"]}
    path.write_text(json.dumps({**row, "document": "x.html"}))
    questions = read_golden(path)
    documents = {"x.html": "Nothing."}

    def check(file_text):
        return check_golden(path, questions, documents, documents.__getitem__, file_text)

    assert check(lambda name: markup_free(tmp_path / name)) == ["a"]
    with pytest.raises(DatasetError, match=r"does not occur in x\.html"):
        check(lambda name: "Something else.")
    documents["x.html"] = "The builder was Ada Blum."
    assert check(lambda name: "") == []


def test_a_duplicate_id_and_an_empty_set_are_errors(tmp_path):
    path = tmp_path / "golden.jsonl"
    path.write_text((json.dumps(ROW) + "\n") * 2)
    with pytest.raises(DatasetError, match=r"line 2: the id '7' occurs twice, first on line 1"):
        read_golden(path)
    path.write_text("\n")
    with pytest.raises(DatasetError, match="no question"):
        read_golden(path)


@pytest.mark.parametrize("indent", [None, 2])
def test_the_json_of_squad_is_read_compact_or_indented(tmp_path, indent):
    path = tmp_path / "squad.json"
    answers = [{"text": "A car", "answer_start": 0}] * 3
    qas = [
        {"id": "a", "question": "What?", "answers": answers, "is_impossible": False},
        {
            "id": "b",
            "question": "Where?",
            "answers": [],
            "plausible_answers": [{"text": "A car", "answer_start": 0}],
            "is_impossible": True,
        },
    ]
    articles = [{"title": "Gift", "paragraphs": [{"context": ROW["context"], "qas": qas}]}]
    path.write_text(json.dumps({"version": "v2.0", "data": articles}, indent=indent))
    (paragraph,) = read_paragraphs(path)
    assert (paragraph.title, paragraph.context) == ("Gift", ROW["context"])
    assert [question.texts for question in paragraph.questions] == [("A car",) * 3, ()]
    assert [question.answers for question in read_golden(path)] == [("A car",), ()]
    path.write_text(json.dumps({"data": [{"title": "no paragraphs"}]}, indent=indent))
    for read in (read_golden, lambda path: list(read_paragraphs(path))):
        with pytest.raises(DatasetError, match="not the JSON of SQuAD"):
            read(path)


def test_an_error_names_the_answer_that_does_not_occur_in_its_context(tmp_path):
    path = tmp_path / "paragraphs.jsonl"
    answers = [{"text": "a bus", "answer_start": 0}]
    path.write_text(
        json.dumps({**ROW, "qas": [{"id": 1, "question": "What?", "answers": answers}]})
    )
    with pytest.raises(DatasetError, match="line 1: the answer 'a bus' does not occur"):
        list(read_paragraphs(path))


@pytest.mark.parametrize(
    "change",
    [
        {"answers": "Ada"},
        {"answers": [3]},
        {"answers": [""]},
        {"question": None},
        {"tags": "person"},
        {"document": 3},
        {"document": [3]},
        {"documents": ["a.txt"]},
        {"also": 3},
        {"also": [""]},
        {"question": "???"},
        {"question": "Who \ud800?"},
    ],
)
def test_an_error_names_the_line_with_a_value_of_the_wrong_type(tmp_path, change):
    path = tmp_path / "golden.jsonl"
    row = {"id": 1, "question": "Who?", "answers": ["Ada"], "document": "a.txt", **change}
    path.write_text("\n\n" + json.dumps(row))
    with pytest.raises(DatasetError, match="line 3: not a question"):
        read_golden(path)


def test_golden_answers_must_occur_in_their_documents(tmp_path):
    path = tmp_path / "golden.jsonl"
    texts = {"a.txt": "Signed by Ada\nBlum.", "b.txt": "Nothing."}

    def check(**row):
        path.write_text("\n" + json.dumps({"id": "x", "question": "Who?", **row}))
        check_golden(path, read_golden(path), texts, texts.__getitem__)

    check(answers=["Ada Blum", "Ada\u00a0Blum"], document="a.txt")
    check(answers=["Ada Blum"], document=["b.txt", "a.txt"])
    check(answers=["Ada Blum"])
    check(answers=[])
    with pytest.raises(DatasetError, match=r"line 2 \(x\): there is no document 'c.txt'"):
        check(answers=["Ada"], document="c.txt")
    with pytest.raises(DatasetError, match=r"line 2 \(x\): the answer 'Ada' does not occur in b"):
        check(answers=["Ada"], document="b.txt")
    with pytest.raises(DatasetError, match="does not occur in any document"):
        check(answers=["ada blum"])
