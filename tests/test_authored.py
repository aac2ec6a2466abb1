"""The corpora in training/data/everyday and benchmarks/everyday, and what checks them."""

import json

import pytest

from qa.errors import DatasetError
from qa.evaluation.golden import read_golden
from training.authored import EVERYDAY, REPORTED, corpora, everyday_problems, main, pair_problems
from training.teacher import natural

CORPORA = corpora()
LEARNT = corpora(EVERYDAY)


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


def test_only_corpora_of_single_questions_have_no_dialogues():
    without = {folder.name for folder in CORPORA if not (folder / "dialogues.jsonl").exists()}
    assert without == set(
        "almanac features gazette papers reports software sports transport".split()
    )


@pytest.mark.parametrize("folder", CORPORA, ids=lambda folder: folder.name)
def test_corpora_ask_in_other_words_and_for_what_is_absent(folder):
    questions = read_golden(folder / "questions.jsonl")
    absent = [question for question in questions if not question.answers]
    paraphrases = [question for question in questions if "paraphrase" in question.tags]
    assert len(list((folder / "docs").iterdir())) >= 10
    assert len(questions) >= 12 * len(list((folder / "docs").iterdir()))
    assert len(absent) >= 0.3 * len(questions)
    assert len(paraphrases) >= (len(questions) - len(absent)) / 3


def test_the_training_may_read_its_own():
    assert {folder.name for folder in LEARNT} <= set(natural.EVERYDAY)
    assert set(natural.EVERYDAY) & set(natural.FIT) == set()
    for folder in LEARNT:
        questions = natural.read_questions(EVERYDAY, folder.name)
        asked = [question for question in questions if not question.is_of_dialogue]
        assert len(asked) == len(read_golden(folder / "questions.jsonl"))


def test_the_training_may_not_read_what_reports():
    reporting = corpora(REPORTED)
    assert reporting
    assert not {folder.name for folder in reporting} & {folder.name for folder in LEARNT}
    for folder in reporting:
        with pytest.raises(DatasetError, match="may not be fitted"):
            natural.read_questions(REPORTED, folder.name)


def test_no_document_is_in_both():
    """What reports is not learnt in another place under another name."""
    texts = [
        {" ".join(path.read_text(encoding="utf-8").split()) for path in place.glob("*/docs/*")}
        for place in (EVERYDAY, REPORTED)
    ]
    assert all(texts)
    assert not texts[0] & texts[1]


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


def test_dialogues_are_checked_too(tmp_path):
    folder = corpus(
        tmp_path,
        {"question": "Who bought it?", "answers": ["Jan & Ina Moll"], "document": "mill.html"},
        {"question": "How deep is it?", "answers": ["three metres"], "document": "pond.txt"},
    )
    turns = [
        {
            "question": "and when?",
            "resolved": "When?",
            "answers": ["1912"],
            "document": "mill.html",
        },
        {
            "question": "how wide",
            "resolved": "?",
            "answers": ["nine metres"],
            "document": "pond.txt",
        },
    ]
    line = json.dumps({"id": "d01", "turns": turns})
    (folder / "dialogues.jsonl").write_text(line + "\n", encoding="utf-8")
    assert list(everyday_problems(folder)) == ["d01-2: not in its document: 'nine metres'"]


def test_the_command_checks_those_that_train_and_those_that_report(tmp_path, monkeypatch, capsys):
    for place in ("training", "reporting"):
        (tmp_path / place / "mill").mkdir(parents=True)
        row = {"question": "Who?", "answers": [f"{place} Moll"], "document": "mill.html"}
        corpus(tmp_path / place / "mill", row)
    monkeypatch.setattr("training.authored.EVERYDAY", tmp_path / "training")
    monkeypatch.setattr("training.authored.REPORTED", tmp_path / "reporting")
    monkeypatch.setattr("sys.argv", ["authored"])
    with pytest.raises(SystemExit) as exit_status:
        main()
    assert exit_status.value.code
    shown = capsys.readouterr().out
    assert "q1: not in its document: 'training Moll'" in shown
    assert "q1: not in its document: 'reporting Moll'" in shown


def test_long_answers_are_named(tmp_path):
    text = "The pond is " + "very " * 25 + "deep."
    folder = corpus(tmp_path, {"question": "How?", "answers": [text], "document": "pond.txt"})
    (folder / "docs" / "pond.txt").write_text(text, encoding="utf-8")
    (folder / "docs" / "mill.html").unlink()
    assert list(everyday_problems(folder)) == [f"q1: longer than 25 words: {text!r}"]


def test_pairs_without_their_documents_are_not_passed(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        list(pair_problems(tmp_path))
