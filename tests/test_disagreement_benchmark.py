"""The benchmark of documents that contradict each other."""

from dataclasses import replace

import pytest
from test_disagreement import answer

from benchmarks.disagreement import Counts, read_pairs
from benchmarks.natural import EVERYDAY
from qa.evaluation.metrics import contains_answer
from qa.types import Disagreement, Prediction

PAIRS = read_pairs(EVERYDAY / "harbour" / "disagreements.jsonl")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.id)
def test_both_sides_stand_in_their_documents(pair):
    for side in pair.sides:
        for name, accepted in side.items():
            text = (EVERYDAY / "harbour" / "docs" / name).read_text(encoding="utf-8")
            assert all(contains_answer(text, each) for each in accepted)


def test_a_pair_is_shown_when_all_of_its_sides_are():
    pair = PAIRS[0]
    sides = [
        answer(name, f"It starts on {accepted[0]}.", f"on {accepted[0]}")
        for side in pair.sides
        for name, accepted in side.items()
    ]
    shown = Prediction(
        pair.question,
        pair.question,
        tuple(sides[:1]),
        "answer",
        (),
        disagreement=Disagreement(tuple(sides)),
    )
    assert pair.is_shown(shown)
    assert pair.is_answered(shown)
    alone = replace(shown, disagreement=None)
    assert not pair.is_shown(alone)
    assert pair.is_answered(alone)
    other = answer("other.txt", "It starts on 16 March.", "16 March")  # in no document of a side
    assert not pair.is_answered(replace(alone, answers=(other,)))
    total = Counts(2, 1, 1, 50, 1) + Counts(2, 2, 0, 50, 0)
    assert total.scores() == {
        "pairs": 4,
        "shown": 75.0,
        "settled": 25.0,
        "answers": 100,
        "alarms": 1.0,
    }
