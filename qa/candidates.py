"""From the spans of all passages to distinct candidate answers, best first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.evaluation.metrics import normalize
from qa.types import Hit, Span


@dataclass(frozen=True, slots=True)
class Candidate:
    """One distinct answer: its best span, and every other place that says it.

    ``features`` are what the calibrated probability is computed from.
    """

    span: Span
    hit: Hit
    also: tuple[Span, ...]
    features: dict[str, float]


def rank_candidates(
    hits: Sequence[Hit], spans: Sequence[Sequence[Span]], *, limit: int
) -> list[Candidate]:
    """Return up to ``limit`` candidates, best first.

    ``spans[i]`` are the spans read in ``hits[i]``. Spans compare by score
    across passages. Of spans that overlap in a document the best stays
    (overlapping passages, longer and shorter variants of one answer); equal
    answers elsewhere, after the normalisation of SQuAD, become its further
    places where the reader holds that their passage answers the question too.
    """
    found = sorted(
        ((span, hit) for hit, several in zip(hits, spans, strict=True) for span in several),
        key=lambda pair: (-pair[0].score, pair[0].passage.document_id, pair[0].start, pair[0].end),
    )
    groups: dict[str, list[tuple[Span, Hit]]] = {}
    for span, hit in _without_overlaps(found):
        groups.setdefault(as_compared(span), []).append((span, hit))
    ranked = [group for key, group in groups.items() if key.strip()]
    candidates = []
    for position, group in enumerate(ranked[:limit]):
        span, hit = group[0]
        others = [g[0][0].score for i, g in enumerate(ranked[: limit + 1]) if i != position]
        also = tuple(other for other, _ in group[1:] if other.score > other.null_score)
        candidates.append(
            Candidate(span, hit, also, _features(span, hit, max(others, default=0.0), len(also)))
        )
    return candidates


def as_compared(span: Span) -> str:
    """Return what is equal for spans that are one answer: the text as SQuAD normalises it."""
    return normalize(span.text) or span.text.casefold()


def _without_overlaps(found: Iterable[tuple[Span, Hit]]) -> Iterable[tuple[Span, Hit]]:
    """Yield spans, best first, that share no character with a better one."""
    taken: dict[str, list[tuple[int, int]]] = {}
    for span, hit in found:
        places = taken.setdefault(span.passage.document_id, [])
        if all(span.end <= start or span.start >= end for start, end in places):
            places.append((span.start, span.end))
            yield span, hit


def _features(span: Span, hit: Hit, best_other: float, also: int) -> dict[str, float]:
    """Return the named features of one candidate; each grows with trust.

    ``margin``: logits by which the span beats "no answer here";
    ``score``: the span's own; ``lead``: logits ahead of the best other answer,
    negative for those behind; ``similarity``: cosine of question and passage;
    ``lexical`` and ``dense``: reciprocal ranks, 0 where not returned;
    ``support``: log of the number of places that say it.
    """
    return {
        "margin": span.score - span.null_score,
        "score": span.score,
        "lead": max(-10.0, min(10.0, span.score - best_other)),
        "similarity": hit.similarity,
        "lexical": 1 / hit.lexical_rank if hit.lexical_rank else 0.0,
        "dense": 1 / hit.dense_rank if hit.dense_rank else 0.0,
        "support": math.log1p(also),
    }
