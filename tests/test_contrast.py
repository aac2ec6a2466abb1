"""Contrast pairs: reading, checking and scoring them."""

import json
from dataclasses import replace

import pytest

from benchmarks.contrast import ask_pairs
from qa.errors import DatasetError
from qa.evaluation.contrast import TAGS, misquoted, pair_scores, read_pairs
from qa.evaluation.outcomes import Outcome
from training.authored import DATA, PAIRS
from training.teacher.natural import CALIBRATED_ON

FERRY = (
    "# The Marlene\n\nOtto Lind sold the ferry Marlene to Ina Moll in 2019. "
    "The sailing on 3 May was postponed because of fog.\n"
)


def row(**changes):
    return {
        "id": "port-1",
        "corpus": "port",
        "document": "ferry.md",
        "tag": "role",
        "questions": [
            {"question": "Who sold the ferry?", "answers": ["Otto Lind"]},
            {"question": "Who bought the ferry?", "answers": ["Ina Moll"]},
        ],
        **changes,
    }


def absent():
    return row(
        id="port-2",
        tag="premise",
        questions=[
            {"question": "Why did the boat leave later?", "answers": ["because of fog", "fog"]},
            {"question": "Why was the boat wrecked?", "answers": []},
        ],
    )


def written(folder, *rows):
    path = folder / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def outcome(question, *, best="", found=False, place_right=True):
    return Outcome(
        question.id,
        question.question,
        question.answers,
        (best,) if best else (),
        found=found,
        confidence=0.5,
        calibrated=True,
        relevant=(True,),
        place_right=place_right,
    )


@pytest.fixture
def pairs(tmp_path):
    return read_pairs(written(tmp_path, row(), absent()))


def test_a_pair_is_two_questions_about_one_document(pairs):
    first, second = pairs[0].questions
    assert (first.id, second.id) == ("port-1a", "port-1b")
    assert first.answers == ("Otto Lind",)
    assert second.documents == ("ferry.md",)
    assert pairs[1].questions[1].answers == ()


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([row(tag="colour")], "not a contrast pair"),
        ([row(questions=row()["questions"][:1])], "not a contrast pair"),
        ([row(document=None)], "not a contrast pair"),
        ([row(), row()], "the id 'port-1' occurs twice"),
        ([row(), row(id="port-3")], "is asked twice"),
        (
            [row(questions=[{"question": q, "answers": ["Otto Lind"]} for q in ("A?", "B?")])],
            "both questions have the same answer",
        ),
        ([row(questions=[{"question": q, "answers": []} for q in ("A?", "B?")])], "the same"),
    ],
)
def test_other_lines_are_named(tmp_path, rows, problem):
    with pytest.raises(DatasetError, match=problem):
        read_pairs(written(tmp_path, *rows))


def test_the_same_question_may_be_asked_of_another_corpus(tmp_path):
    assert len(read_pairs(written(tmp_path, row(), row(id="lake-1", corpus="lake")))) == 2


def test_an_answer_that_is_not_in_the_document_is_named(tmp_path):
    wrong = row(
        questions=[
            {"question": "Who sold the ferry?", "answers": ["Otto\nLind", "Otto Linde"]},
            {"question": "Who bought the ferry?", "answers": ["ina moll"]},
        ]
    )
    pairs = read_pairs(written(tmp_path, wrong))
    assert misquoted(pairs, lambda corpus, document: FERRY) == [
        ("port-1a", "Otto Linde"),
        ("port-1b", "ina moll"),
    ]


def test_a_pair_is_right_when_both_are(pairs):
    (sold, bought), (fog, wreck) = (pair.questions for pair in pairs)
    right = {
        sold.id: outcome(sold, best="Otto Lind", found=True),
        bought.id: outcome(bought, best="Ina Moll", found=True),
        fog.id: outcome(fog, best="because of fog", found=True),
        wreck.id: outcome(wreck, best="fog"),
    }
    perfect = {"pairs": 1, "both_shown": 100.0, "both_best": 100.0, "one_shown": 0.0}
    assert pair_scores(pairs, right) == {
        "all": {**perfect, "pairs": 2},
        "role": perfect,
        "premise": perfect,
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # Refused though there: best all the same.
        ({"found": False}, (0.0, 100.0, 100.0)),
        # The other one's answer.
        ({"candidates": ("Otto Lind",)}, (0.0, 0.0, 100.0)),
        # The right words of another document.
        ({"place_right": False}, (0.0, 0.0, 100.0)),
    ],
)
def test_one_wrong_question_loses_the_pair(pairs, change, expected):
    sold, bought = pairs[0].questions
    outcomes = {
        sold.id: outcome(sold, best="Otto Lind", found=True),
        bought.id: replace(outcome(bought, best="Ina Moll", found=True), **change),
    }
    scores = pair_scores(pairs[:1], outcomes)["all"]
    assert (scores["both_shown"], scores["both_best"], scores["one_shown"]) == expected


def test_an_answer_where_there_is_none_loses_the_pair(pairs):
    fog, wreck = pairs[1].questions
    outcomes = {
        fog.id: outcome(fog, best="fog", found=True),
        wreck.id: outcome(wreck, best="fog", found=True),
    }
    scores = pair_scores(pairs[1:], outcomes)["all"]
    assert (scores["both_shown"], scores["both_best"], scores["one_shown"]) == (0.0, 0.0, 100.0)


def test_pairs_are_asked_of_their_whole_corpus(tmp_path, pairs):
    docs = tmp_path / "port" / "docs"
    docs.mkdir(parents=True)
    (docs / "ferry.md").write_text(FERRY, encoding="utf-8")
    (docs / "mill.md").write_text("# The mill\n\nJan Brandt runs the mill.\n", encoding="utf-8")
    outcomes = ask_pairs(pairs, tmp_path)
    assert outcomes.keys() == {"port-1a", "port-1b", "port-2a", "port-2b"}
    assert outcomes["port-1a"].best == "Otto Lind"


def test_the_pairs_of_training_calibration_and_validation_are_apart():
    fitted, calibrated, held_out = (read_pairs(DATA / name) for name in PAIRS)
    assert {pair.corpus for pair in calibrated} <= set(CALIBRATED_ON) - {"town", "office"}
    assert len(fitted) >= 400
    assert {pair.tag for pair in fitted} == set(TAGS)
    assert {pair.corpus for pair in held_out} == {"town", "office"}
    assert {pair.corpus for pair in fitted} & {"town", "office"} == set()
    # Reported alone: nothing may be trained or chosen on them.
    every = fitted + calibrated + held_out
    assert {pair.corpus for pair in every} & {"history", "science", "tech"} == set()
    ids = [pair.id for pair in every]
    assert len(ids) == len(set(ids))
