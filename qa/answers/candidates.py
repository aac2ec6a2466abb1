"""From the spans of all passages to distinct candidate answers, best first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.answers.ranking import Ranking
from qa.text import normalize
from qa.types import Hit, Span

# Logits from which on it makes no difference how far one answer is ahead of another.
MAX_LEAD = 10.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One distinct answer: its best span, and every other place that says it.

    ``features`` are what the calibrated probability is computed from.
    """

    span: Span
    hit: Hit
    also: tuple[Span, ...]
    features: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Found:
    """A span, the passage it was read in, and its value by the ranking."""

    span: Span
    hit: Hit
    value: float


def rank_candidates(
    hits: Sequence[Hit], spans: Sequence[Sequence[Span]], *, ranking: Ranking, limit: int
) -> list[Candidate]:
    """Return up to ``limit`` candidates, best first.

    ``spans[i]`` are the spans read in ``hits[i]``. Across passages they compare by
    their value in ``ranking``. Of spans that overlap in a document the best stays
    (overlapping passages, longer and shorter variants of one answer); equal
    answers elsewhere, after the normalisation of SQuAD, become its further
    places where the reader holds that their passage answers the question too.
    """
    found = sorted(
        (
            _Found(span, hit, ranking.value(span, hit))
            for hit, several in zip(hits, spans, strict=True)
            for span in several
        ),
        key=lambda each: (
            -each.value,
            each.span.passage.document_id,
            each.span.start,
            each.span.end,
        ),
    )
    groups: dict[str, list[_Found]] = {}
    for each in _without_overlaps(found):
        groups.setdefault(as_compared(each.span), []).append(each)
    ranked = [group for key, group in groups.items() if key.strip()]
    candidates = []
    for position, (best, *rest) in enumerate(ranked[:limit]):
        others = [group[0].value for i, group in enumerate(ranked[: limit + 1]) if i != position]
        also = tuple(each.span for each in rest if each.span.score > each.span.null_score)
        candidates.append(
            Candidate(best.span, best.hit, also, _features(best, others, len(also), hits[0]))
        )
    return candidates


def as_compared(span: Span) -> str:
    """Return what is equal for spans that are one answer: the text as SQuAD normalises it."""
    return normalize(span.text) or span.text.casefold()


def _without_overlaps(found: Iterable[_Found]) -> Iterable[_Found]:
    """Yield spans, best first, that share no character with a better one."""
    taken: dict[str, list[tuple[int, int]]] = {}
    for each in found:
        span = each.span
        places = taken.setdefault(span.passage.document_id, [])
        if all(span.end <= start or span.start >= end for start, end in places):
            places.append((span.start, span.end))
            yield each


def _features(found: _Found, others: Sequence[float], also: int, first: Hit) -> dict[str, float]:
    """Return the named features of one candidate; each grows with trust.

    ``margin``: logits by which the span beats "no answer here";
    ``score``: the span's own; ``lead``: logits of value by which the first is ahead of the
    best of the ``others``, 0 for those behind it, and ``behind``: by which these are, 0 or less;
    both to ``MAX_LEAD``, and of an only candidate by its score. ``passage_score``: that of its
    passage as a hit, and ``gap``: by how much it is greater than the score of the ``first``;
    ``support``: log of the number of places that say it.
    """
    span, hit = found.span, found.hit
    # An only candidate is compared with a span of no logits in its own passage.
    lead = found.value - max(others) if others else span.score
    lead = max(-MAX_LEAD, min(MAX_LEAD, lead))
    return {
        "margin": span.score - span.null_score,
        "score": span.score,
        "lead": max(0.0, lead),
        "behind": min(0.0, lead),
        "passage_score": hit.score,
        "gap": hit.score - first.score,
        "support": math.log1p(also),
    }
