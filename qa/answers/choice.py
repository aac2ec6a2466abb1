"""Which of the questions that a follow-up may mean is answered."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.answers.candidates import Candidate
from qa.answers.question_words import fit, words
from qa.types import Prediction

# Weights in the score of a reading, chosen on dialogues over natural corpora (training/LOG.md):
# being likelier by its form, in the order of readings; saying what other readings say; an
# answer of the kind that is asked for; repeating the last answer.
_FIRST = 2.0
_LATER = -0.5
_AGREED = 1.0
_OF_KIND = 0.5
_REPEATED = -2.0
# What an answer is likelier by, in logits: in the document that the conversation is about,
# elsewhere, and where it is what was answered last. Fitted to follow-ups of the same dialogues.
_TALKED_OF = 0.8
_ELSEWHERE = -0.3
_SAID = -2.0
# What the best answer is likelier by where both readings of a follow-up have it, and less likely
# by where they have different ones.
_AGREEMENT = 0.8
_WHERE_OR_WHY = re.compile(r"\W*(?:where|why)\b", re.IGNORECASE)
# An amount or a number, with its unit.
_A_FIGURE = re.compile(r"\W*(?:[A-Z]{3} )?\d[\d.,:/-]*+\W*+\w*+\W*")


def talked_of(history: Sequence[Prediction]) -> str:
    """Return the document that a conversation is about: of the last answer; empty if none.

    Where nothing was found, it is the document that was nearest.
    """
    for earlier in reversed(history):
        for shown in (*earlier.answers, *earlier.candidates)[:1]:
            return shown.document_id
        for hit in earlier.passages[:1]:
            return hit.passage.document_id
    return ""


@dataclass(frozen=True, slots=True)
class Continued:
    """What a conversation says of the answers to a turn that continues it.

    ``document_id`` is the document that it goes on about, empty if it does not; ``agreement``
    that of :func:`agreement`.
    """

    history: Sequence[Prediction]
    document_id: str
    agreement: float = 0.0


def agreement(tried: Sequence[Prediction]) -> float:
    """Return 1 if all wordings that were tried have one best answer, -1 if not, 0 for a single."""
    by_words = {answered.question: _best(answered) for answered in tried}
    return 0.0 if len(by_words) < 2 else 1.0 if len(set(by_words.values())) == 1 else -1.0


def weighed(
    scored: Sequence[tuple[Candidate, float]], continued: Continued
) -> list[tuple[Candidate, float]]:
    """Return candidates with their probability in a conversation, best first."""
    last, document_id = _last(continued.history), continued.document_id
    found = []
    for candidate, probability in scored:
        logits = _SAID * (_said(candidate.span.text) == last) + _AGREEMENT * continued.agreement
        if document_id:
            is_there = candidate.span.passage.document_id == document_id
            logits += _TALKED_OF if is_there else _ELSEWHERE
        found.append((candidate, _moved(probability, logits)))
    return sorted(found, key=lambda pair: -pair[1])


def _moved(probability: float, logits: float) -> float:
    """Return a probability moved by some logits."""
    odds = math.exp(logits) * probability
    return odds / (odds + 1 - probability)


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
        + _OF_KIND * (_kind(answered.question, text) if text else 0.0)
        + _REPEATED * (bool(best) and best == _last(history))
    )


def _kind(question: str, text: str) -> float:
    """Return 1 for an answer of the kind that a question wants, -1 if not, 0 if unknown."""
    if _WHERE_OR_WHY.match(question) and _A_FIGURE.fullmatch(text):
        return -1.0
    return fit(question, text)


def _probability(answered: Prediction) -> float:
    return answered.answers[0].probability if answered.answers else 0.0


def _best(answered: Prediction) -> str:
    """Return the words of the best answer, empty if there is none."""
    return _said(answered.answers[0].text) if answered.answers else ""


def _last(history: Sequence[Prediction]) -> str:
    """Return the words that the last turn was answered with."""
    shown = (*history[-1].answers, *history[-1].candidates) if history else ()
    return _said(shown[0].text) if shown else ""


def _said(text: str) -> str:
    return " ".join(words(text))
