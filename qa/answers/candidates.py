"""From the spans of all passages to distinct candidate answers, best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.text import normalize
from qa.types import Hit, Passage, Span

# A lead of more logits than this makes no further difference.
MAX_LEAD = 10.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """A linear combination of the reader's score and the retriever's.

    Within a passage spans compare by the reader's score alone. Of two passages that the reader
    scores alike, the one retrieved with the higher score contains the answer more often.
    ``retrieval_weight`` is in logits of the reader per unit of :attr:`Hit.score`; it is fitted
    by :mod:`training.fit_ranking`.
    """

    retrieval_weight: float

    def score(self, span: Span, hit: Hit) -> float:
        """Return ``span.score + retrieval_weight · hit.score``; higher is better."""
        return span.score + self.prior(hit)

    def prior(self, hit: Hit) -> float:
        """Return what a passage's retrieval score adds to each of its spans, in logits."""
        return self.retrieval_weight * hit.score


@dataclass(frozen=True, slots=True)
class Candidate:
    """One distinct answer: its best span, and every other span that says the same.

    When to stop reading, and later its probability, is computed from ``features``.
    """

    span: Span
    hit: Hit
    also: tuple[Span, ...]
    features: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Found:
    """A span, the hit it was read in, and its score in the ranking."""

    span: Span
    hit: Hit
    score: float


def rank_candidates(
    hits: Sequence[Hit], spans: Sequence[Sequence[Span] | None], *, ranking: Ranking
) -> list[Candidate]:
    """Return the distinct answers, best first.

    ``spans[i]`` are the spans of ``hits[i]``, None where it was not read. They compare by their
    score in ``ranking``. Of spans that overlap in a document the best is kept (overlapping
    passages, longer and shorter variants of one answer). Equal answers elsewhere, after
    SQuAD's normalisation, become further places of it, if the reader prefers them to "no
    answer" in their passage.
    """
    found = sorted(
        (
            _Found(span, hit, ranking.score(span, hit))
            for hit, several in zip(hits, spans, strict=True)
            for span in several or ()
        ),
        key=lambda each: (
            -each.score,
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
    for best, *rest in ranked:
        # The best of the others: the second for the first, and the first for all others.
        rival = next((group[0] for group in ranked[:2] if group[0] is not best), None)
        also = tuple(each.span for each in rest if each.span.score > each.span.null_score)
        features = _features(best, rival)
        candidates.append(Candidate(best.span, best.hit, also, features))
    return candidates


def overlap(one: Span | Passage, other: Span | Passage) -> bool:
    """Return whether two parts of documents have characters in common."""
    here, there = (
        (each if isinstance(each, Passage) else each.passage).document_id for each in (one, other)
    )
    return here == there and one.start < other.end and other.start < one.end


def as_compared(span: Span) -> str:
    """Return a span's text as answers are compared: as SQuAD normalises it."""
    return normalize(span.text) or span.text.casefold()


def _without_overlaps(found: Iterable[_Found]) -> Iterable[_Found]:
    """Yield the spans that share no character with a better one, best first."""
    taken: dict[str, list[tuple[int, int]]] = {}
    for each in found:
        span = each.span
        places = taken.setdefault(span.passage.document_id, [])
        if all(span.end <= start or span.start >= end for start, end in places):
            places.append((span.start, span.end))
            yield each


def _features(found: _Found, rival: _Found | None) -> dict[str, float]:
    """Return the named features of one candidate while passages are read.

    ``margin``: logits by which the span beats "no answer here". ``lead``: logits by which the
    first candidate is ahead of its best ``rival``, or another is behind the first; clipped at
    ``MAX_LEAD``.
    """
    # A sole candidate is compared with a span of score 0 in its own passage.
    lead = found.score - rival.score if rival else found.span.score
    return {
        "margin": found.span.margin,
        "lead": max(-MAX_LEAD, min(MAX_LEAD, lead)),
    }
