"""The score by which spans of different passages compare."""

from __future__ import annotations

from dataclasses import dataclass

from qa.types import Hit, Span


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
