"""How likely answers are in a conversation, and which wording of a turn is answered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qa.answers.candidates import Candidate
from qa.answers.question_words import words
from qa.types import Prediction

Scored = Sequence[tuple[Candidate, float]]

# What an answer is likelier by, in logits: in the document that the conversation is about,
# elsewhere, and where it is what was answered last. Fitted to follow-ups over natural corpora
# (training/LOG.md).
_TALKED_OF = 0.8
_ELSEWHERE = -0.3
_SAID = -2.0
# The logit of an answer to a follow-up that is read in three wordings: the weights of its logits in
# each; what it is likelier by for being the best of one, and less likely by for not being it; and
# what is added. A wording that does not find it gives it `_NOT_FOUND`. Fitted likewise.
_OF_WORDINGS = (0.3, 0.4, 0.1)
_BEST = 0.3
_ADDED = 0.5
_NOT_FOUND = 0.05


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

    ``document_id`` is the document that it goes on about, empty if it does not.
    """

    history: Sequence[Prediction]
    document_id: str


def weighed(scored: Scored, continued: Continued) -> Scored:
    """Return candidates with their probability in a conversation, best first."""
    last, document_id = _last(continued.history), continued.document_id
    found = []
    for candidate, probability in scored:
        logits = _SAID * (_said(candidate.span.text) == last)
        if document_id:
            is_there = candidate.span.passage.document_id == document_id
            logits += _TALKED_OF if is_there else _ELSEWHERE
        found.append((candidate, _probability(_logit(probability) + logits)))
    return sorted(found, key=lambda pair: -pair[1])


def mixed(as_asked: Scored, as_typed: Scored, otherwise: Scored) -> Scored:
    """Return what three wordings of a follow-up find in the same passages, best first.

    The stand-alone question, the words as typed, and another stand-alone question; an answer is
    likelier where more of them give it.
    """
    wordings = [_by_words(each) for each in (as_asked, as_typed, otherwise)]
    best = [next(iter(each), None) for each in wordings]
    found = []
    for said, (candidate, _) in (wordings[2] | wordings[1] | wordings[0]).items():
        likely = [each[said][1] if said in each else _NOT_FOUND for each in wordings]
        logits = _ADDED + sum(
            weight * _logit(max(probability, _NOT_FOUND)) + (_BEST if said == first else -_BEST)
            for weight, probability, first in zip(_OF_WORDINGS, likely, best, strict=True)
        )
        found.append((candidate, _probability(logits)))
    return sorted(found, key=lambda pair: -pair[1])


def _by_words(scored: Scored) -> dict[str, tuple[Candidate, float]]:
    """Return the likeliest candidate of each wording of an answer, best first."""
    found: dict[str, tuple[Candidate, float]] = {}
    for candidate, probability in scored:
        found.setdefault(_said(candidate.span.text), (candidate, probability))
    return found


def is_settled(scored: Scored, history: Sequence[Prediction], *, at_least: float) -> bool:
    """Return whether a question is answered so well that no other wording has to be tried."""
    if not scored or scored[0][1] < at_least:
        return False
    return _said(scored[0][0].span.text) != _last(history)


def choose(tried: Sequence[Scored], open_from: float) -> int:
    """Return the position of the wording whose answers are shown, the likeliest coming first.

    ``open_from`` is the probability that another than the first must reach.
    """
    likely = [scored[0][1] if scored else 0.0 for scored in tried]
    best = max(range(len(tried)), key=lambda position: (likely[position], -position))
    return best if likely[best] >= open_from else 0


def _logit(probability: float) -> float:
    within = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(within / (1 - within))


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _last(history: Sequence[Prediction]) -> str:
    """Return the words that the last turn was answered with."""
    shown = (*history[-1].answers, *history[-1].candidates) if history else ()
    return _said(shown[0].text) if shown else ""


def _said(text: str) -> str:
    return " ".join(words(text))
