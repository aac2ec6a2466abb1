"""The corpora in training/data/everyday, and what checks them."""

import json

import pytest

from qa.errors import DatasetError
from qa.evaluation.golden import markup_free, read_golden
from training.authored import EVERYDAY, everyday_problems, pair_problems
from training.teacher import natural

CORPORA = sorted(path.parent for path in EVERYDAY.glob("*/questions.jsonl"))


def corpus(folder, *rows):
    docs = folder / "docs"
    docs.mkdir()
    (docs / "mill.html").write_text(
        "<p>The mill was sold in <b>1912</b>\nto Jan &amp; Ina Moll.</p>", encoding="utf-8"
    )
    (docs / "pond.txt").write_text("The pond is three metres deep.\n", encoding="utf-8")
    lines = [{"id": f"q{number}", "tags": [], **row} for number, row in enumerate(rows, start=1)]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder


@pytest.mark.parametrize("folder", CORPORA, ids=lambda folder: folder.name)
def test_every_accepted_answer_stands_in_its_document(folder):
    assert list(everyday_problems(folder)) == []


@pytest.mark.parametrize("folder", CORPORA, ids=lambda folder: folder.name)
def test_corpora_ask_in_other_words_and_for_what_is_absent(folder):
    questions = read_golden(folder / "questions.jsonl")
    absent = [question for question in questions if not question.answers]
    paraphrases = [question for question in questions if "paraphrase" in question.tags]
    assert len(list((folder / "docs").iterdir())) >= 10
    assert len(questions) >= 12 * len(list((folder / "docs").iterdir()))
    assert len(absent) >= 0.3 * len(questions)
    assert len(paraphrases) >= (len(questions) - len(absent)) / 3


def test_the_training_may_read_them_and_no_others():
    assert {folder.name for folder in CORPORA} <= set(natural.EVERYDAY)
    assert set(natural.EVERYDAY) & set(natural.FIT) == set()
    for folder in CORPORA:
        questions = natural.read_questions(EVERYDAY, folder.name)
        asked = [question for question in questions if not question.is_of_dialogue]
        assert len(asked) == len(read_golden(folder / "questions.jsonl"))


@pytest.mark.parametrize("folder", CORPORA, ids=lambda folder: folder.name)
def test_what_is_accepted_in_dialogues_stands_in_its_document(folder):
    for line in (folder / "dialogues.jsonl").read_text(encoding="utf-8").splitlines():
        for turn in json.loads(line)["turns"]:
            text = " ".join(markup_free(folder / "docs" / turn["document"]).split())
            assert [answer for answer in turn["answers"] if answer not in text] == []


def test_what_is_wrong_is_named(tmp_path):
    folder = corpus(
        tmp_path,
        {"question": "Who bought it?", "answers": ["Jan & Ina Moll"], "document": "mill.html"},
        {"question": "who bought it?", "answers": ["Jan Moll"], "document": "mill.html"},
        {"question": "When?", "answers": ["1912 to Jan"], "document": "mill.html"},
        {"question": "Where?", "answers": ["Rerik"], "document": "weir.txt"},
    )
    assert list(everyday_problems(folder)) == [
        "q2: asked twice: who bought it?",
        "q2: not in its document: 'Jan Moll'",
        "q4: there is no document 'weir.txt'",
        "pond.txt: nothing is asked about it",
    ]


def test_long_answers_are_named(tmp_path):
    text = "The pond is " + "very " * 25 + "deep."
    folder = corpus(tmp_path, {"question": "How?", "answers": [text], "document": "pond.txt"})
    (folder / "docs" / "pond.txt").write_text(text, encoding="utf-8")
    (folder / "docs" / "mill.html").unlink()
    assert list(everyday_problems(folder)) == [f"q1: longer than 25 words: {text!r}"]


def test_pairs_without_their_documents_are_not_passed(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        list(pair_problems(tmp_path))
