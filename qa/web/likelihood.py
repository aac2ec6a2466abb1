"""A probability in words and figures."""

from __future__ import annotations

# The likelihood scale of the IPCC: words that readers of reports already know.
# Each pair is the lowest percentage for the words.
BANDS = (
    (99, "virtually certain"),
    (90, "very likely"),
    (66, "likely"),
    (33, "about as likely as not"),
    (10, "unlikely"),
    (0, "very unlikely"),
)


def percentage(probability: float) -> int:
    """Return a probability as a whole percentage; only what is certain is 0 or 100."""
    if 0 < probability < 1:
        return min(max(round(100 * probability), 1), 99)
    return round(100 * probability)


def likelihood(probability: float) -> str:
    """Return a probability in words; they always fit the percentage shown."""
    shown = percentage(probability)
    return next(words for lowest, words in BANDS if shown >= lowest)
