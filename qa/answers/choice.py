"""Which of the questions that a follow-up may mean is answered."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qa.answers.question_words import fit, words
from qa.types import Prediction

# Weights in the score of a reading, chosen on dialogues over natural corpora (training/LOG.md):
# being likelier by its form, in the order of readings; saying what other readings say; an
# answer of the kind that is asked for; repeating the last answer.
_FIRST = 1.0
_LATER = -0.5
_AGREED = 1.0
_OF_KIND = 0.5
_REPEATED = -2.0


def is_settled(answered: Prediction, history: Sequence[Prediction], *, threshold: float) -> bool:
    """Return whether a reading is answered so well that no other has to be tried."""
    best = _best(answered)
    return bool(best) and _probability(answered) >= threshold and best != _last(history)


def choose(tried: Sequence[Prediction], history: Sequence[Prediction], *, open_from: float) -> int:
    """Return the position of the reading whose answers are shown.

    ``tried`` have all their answers, and the likeliest reading comes first. ``open_from`` is
    the probability that another than the first must reach: 0 where the words say that they
    continue the conversation, the threshold of answers where they may stand alone.
    """
    if open_from:
        best = max(
            range(len(tried)), key=lambda position: (_probability(tried[position]), -position)
        )
        return best if _probability(tried[best]) >= open_from else 0
    scores = [_score(position, tried, history) for position in range(len(tried))]
    best = max(range(len(tried)), key=lambda position: (scores[position], -position))
    # Of the readings with this answer, the one that it answers best.
    same = [position for position, each in enumerate(tried) if _best(each) == _best(tried[best])]
    return max(same, key=lambda position: (_probability(tried[position]), -position))


def _score(position: int, tried: Sequence[Prediction], history: Sequence[Prediction]) -> float:
    answered = tried[position]
    best = _best(answered)
    probability = min(max(_probability(answered), 0.01), 0.99)
    agreed = sum(_best(each) == best for each in tried) / len(tried) if best else 0.0
    text = answered.answers[0].text if answered.answers else ""
    return (
        math.log(probability / (1 - probability))
        + (_FIRST if position == 0 else _LATER * (position - 1))
        + _AGREED * agreed
        + _OF_KIND * (fit(answered.question, text) if text else 0.0)
        + _REPEATED * (bool(best) and best == _last(history))
    )


def _probability(answered: Prediction) -> float:
    return answered.answers[0].probability if answered.answers else 0.0


def _best(answered: Prediction) -> str:
    """Return the words of the best answer, empty if there is none."""
    return " ".join(words(answered.answers[0].text)) if answered.answers else ""


def _last(history: Sequence[Prediction]) -> str:
    """Return the words that the last turn was answered with."""
    shown = (*history[-1].answers, *history[-1].candidates) if history else ()
    return " ".join(words(shown[0].text)) if shown else ""
