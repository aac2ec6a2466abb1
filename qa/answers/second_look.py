"""A second look at the best answers: the sentence of each is read once more, by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.answers.candidates import Candidate
from qa.answers.question_words import words
from qa.answers.selection import sentence_of
from qa.types import Passage, Reader

# Read again are so many candidates, the best ones; those behind are seldom right.
LOOKED_AT = 3
LOOK_FEATURES = frozenset({"alone", "agrees"})
# Margins beyond this make no further difference.
_MOST = 15.0


def look_again(reader: Reader, question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return candidates, best first, the first ``LOOKED_AT`` of them with ``LOOK_FEATURES``.

    In its passage an answer is the best of what is there. Whether its sentence answers the
    question shows better where nothing else does. ``alone``: logits by which the best span of the
    sentence, read under the passage's heading, beats "no answer here", clipped; ``agrees``: the
    share of words that this span and the answer have in common (Jaccard).
    """
    looked_at = candidates[:LOOKED_AT]
    passages = [_sentence(candidate) for candidate in looked_at]
    found = reader.read(question, passages, n=1)
    again = []
    for candidate, spans in zip(looked_at, found, strict=True):
        margin = spans[0].score - spans[0].null_score if spans else -_MOST
        features = {
            "alone": max(-_MOST, min(_MOST, margin)),
            "agrees": _agreement(candidate.span.text, spans[0].text) if spans else 0.0,
        }
        again.append(replace(candidate, features=candidate.features | features))
    return [*again, *candidates[LOOKED_AT:]]


def _sentence(candidate: Candidate) -> Passage:
    """Return the sentence of an answer, or its row of a table, as a passage of its own."""
    text = sentence_of(candidate)
    return Passage("", 0, len(text), text, heading=candidate.hit.passage.heading)


def _agreement(one: str, other: str) -> float:
    mine, others = set(words(one)), set(words(other))
    return len(mine & others) / len(mine | others) if mine | others else 0.0
