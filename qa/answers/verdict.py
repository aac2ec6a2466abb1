"""From the best quotations of a question to its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.types import Answer, Prediction

# Others than the best that are less likely than this are no use to a reader; programs get them.
LEAST_SHOWN = 0.1


def judge(prediction: Prediction, *, threshold: float, possible: float) -> Prediction:
    """Return a prediction, whose ``answers`` are all that was found, as it is shown.

    The verdict is "answer" if the probability of the first reaches ``threshold``, or else
    "possible" if it reaches ``possible``: then the answers become its ``candidates``. Below both
    it is "not found", without either.
    """
    found = prediction.answers
    if found and found[0].probability >= threshold:
        return replace(prediction, verdict="answer")
    if found and found[0].probability >= possible:
        return replace(prediction, verdict="possible", answers=(), candidates=found)
    return replace(prediction, verdict="not found", answers=(), disagreement=None)


def shown(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Return those answers or candidates, best first, that a reader is shown: always the best."""
    others = (each for each in answers[1:] if each.probability >= LEAST_SHOWN)
    return (*answers[:1], *others)
