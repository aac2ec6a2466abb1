"""Documents that say what they change: "30 daily instead of 14", a row with "before" and "now".

A document that corrects another often names the former value beside its own. The reader may take
either for the answer there, and is seldom sure of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from qa.answers.candidates import overlap
from qa.answers.question_words import content_stems, stems
from qa.answers.sentences import sentence_around
from qa.answers.values import Value, are_alike, are_different, equal, states, value_of
from qa.types import Passage, Span

_CHANGE = re.compile(
    r"\b(?:instead|rather than|no longer|not|former(?:ly)?|previous(?:ly)?|before|old(?:er)?|"
    r"until now|so far|now|new|used to|chang(?:e|es|ed)|replac(?:e|es|ed)|rais(?:e|es|ed)|"
    r"ris(?:e|es|en)|rose|lower(?:s|ed)?|cut|reduced?|increased?|extended|shortened|moved?|"
    r"step(?:s|ped) down|(?:tak(?:es|en)|took) over|succeed(?:s|ed)|giv(?:es|en) up|handed over|"
    r"put back|brought forward|postponed|from\b[^.;|]{1,30}\bto)\b",
    re.IGNORECASE,
)
# A reader that is surer of "no answer here" by as many logits found something else.
_FLOOR = -12.0
# What a document answers better by less is no other answer.
_BESIDE = 1.5
# The least share of the words of the question that a passage about a change has.
_ABOUT = 0.3


@dataclass(frozen=True, slots=True)
class _Said:
    """A span with its value and the sentence that it stands in."""

    span: Span
    value: Value
    sentence: str

    @property
    def document_id(self) -> str:
        return self.span.passage.document_id


def changes(question: str, best: Span, spans: Iterable[Span]) -> tuple[Span, Span] | None:
    """Return what a document says and what another says in its place; one is the best answer.

    The other has both values in a sentence that tells of a change, in a passage with words of the
    question. Each is nearly what its document answers best; of several pairs, the one of which
    the reader is surest. ``spans`` are those of all passages.
    """
    wanted = value_of(question, best.text)
    found = _said(question, wanted, spans)
    asked = set(content_stems(question))
    told = [e for e in found if _CHANGE.search(e.sentence) and _is_about(asked, e.span.passage)]
    if not told:
        return None
    settled = [each for each in found if not _is_changed(each, found) and _is_own(each, found)]
    pairs = [
        (old, new)
        for new in told
        for old in settled
        if old.document_id != new.document_id
        and (equal(wanted, old.value) or equal(wanted, new.value))
        and are_different(old.value, new.value)
        and states(new.sentence, old.span.text, old.value)
        and not states(old.sentence, new.span.text, new.value)
        and _is_own(new, found, but=old.value)
    ]
    if not pairs:
        return None
    old, new = max(pairs, key=lambda pair: min(each.span.margin for each in pair))
    return _as_answered(old, found), _as_answered(new, found)


def _said(question: str, wanted: Value | None, spans: Iterable[Span]) -> list[_Said]:
    """Return the spans with a value of the kind wanted, but for those that the reader rejects."""
    found = []
    for span in spans:
        if span.margin > _FLOOR:
            value = value_of(question, span.text)
            if value and wanted and are_alike(value, wanted):
                sentence = sentence_around(span.passage, span.start, span.end)
                found.append(_Said(span, value, sentence))
    return found


def _is_about(asked: set[str], passage: Passage) -> bool:
    about = stems(f"{passage.heading} {passage.read_text}")
    return len(asked & about) >= _ABOUT * len(asked)


def _is_own(one: _Said, others: Iterable[_Said], but: Value | None = None) -> bool:
    """Return whether a document answers nothing better in another sentence, ``but`` for a value."""
    return all(
        each.span.score <= one.span.score + _BESIDE
        or each.document_id != one.document_id
        or each.sentence == one.sentence
        or equal(one.value, each.value)
        or equal(but, each.value)
        for each in others
    )


def _is_changed(one: _Said, others: Iterable[_Said]) -> bool:
    """Return whether the sentence of a value tells of a change, and has another value."""
    return _CHANGE.search(one.sentence) is not None and any(
        each.sentence == one.sentence and are_different(one.value, each.value) for each in others
    )


def _as_answered(one: _Said, others: Iterable[_Said]) -> Span:
    """Return the words with the same value at the place of a span that the reader likes best."""
    same = [e.span for e in others if overlap(e.span, one.span) and equal(one.value, e.value)]
    return max(same, key=lambda span: span.score)
