"""How good an answer a span is, beside those of other passages."""

from __future__ import annotations

from dataclasses import dataclass

from qa.types import Hit, Span


@dataclass(frozen=True, slots=True)
class Ranking:
    """What it is worth that a passage is near to the question.

    Within a passage spans compare by score alone. Of two passages that the reader believes
    alike, the nearer one more often holds the answer. ``nearness``: logits of the reader by
    which a passage is ahead of one whose score as a hit is lower by 1; fitted by
    :mod:`training.calibrate`.
    """

    nearness: float

    def value(self, span: Span, hit: Hit) -> float:
        """Return a span's score with what its passage's nearness adds; higher is better."""
        return span.score + self.bonus(hit)

    def bonus(self, hit: Hit) -> float:
        """Return what the nearness of a passage adds to each of its spans, in logits."""
        return self.nearness * hit.score
