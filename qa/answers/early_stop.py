"""Whether an unread passage is worth reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qa.answers.candidates import Candidate, Ranking, overlap
from qa.answers.logistic import Logistic
from qa.text import mentions
from qa.types import Hit

# What both probabilities are computed from: see :func:`features`.
FEATURES = frozenset({"needed", "margin", "lead", "first_score", "gap", "lexical", "repeats"})
# A passage is read if both probabilities are greater. This saves two thirds of the reading:
# `python -m benchmarks.early_stop`, and training/LOG.md.
MIN_CHANGE = 0.02
MIN_GAIN = 0.002
# A passage that repeats the answer needs only this share of the first limit. It seldom brings
# a better answer, but often another place that says the same, and those are shown too.
_REPEATING_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """The probabilities that reading one more passage helps, from its :func:`features`.

    ``change``: that another answer comes first, or the same one occurs in one place more.
    ``gain``: that a right answer comes first, or among those shown, that did not before, or
    such a place. The first is high where little was found, the second low where there is
    little to find: neither alone says when to stop. Fitted by :mod:`training.calibrate`.
    """

    change: Logistic
    gain: Logistic
    min_change: float = MIN_CHANGE
    min_gain: float = MIN_GAIN

    def priority(self, features: Mapping[str, float]) -> float | None:
        """Return the probability of change, highest read first; None if not worth reading.

        A passage is worth reading if that probability exceeds ``min_change``, or a hundredth of
        it where the passage repeats the answer, and the probability of gain ``min_gain``.
        """
        change = self.change.probability(features)
        share = _REPEATING_SHARE if features["repeats"] else 1.0
        if change > share * self.min_change and self.gain.probability(features) > self.min_gain:
            return change
        return None


def features(hit: Hit, best: Candidate, first: Hit, ranking: Ranking) -> dict[str, float]:
    """Return the named features of an unread hit, given the best candidate so far.

    ``needed``: the reader's score, in logits, at which a span of the hit would rank before the
    candidate. ``margin`` and ``lead`` are the candidate's. ``first_score``: the score of the
    ``first`` hit, and ``gap``: this hit's score less that. ``lexical``: the reciprocal rank in
    the search by words, 0 where it did not return the passage. ``repeats``: 1 where the passage
    contains the candidate's words elsewhere than at the candidate's own place.
    """
    same_place = overlap(hit.passage, best.span)
    return {
        "needed": ranking.score(best.span, best.hit) - ranking.prior(hit),
        "margin": best.features["margin"],
        "lead": best.features["lead"],
        "first_score": first.score,
        "gap": hit.score - first.score,
        "lexical": 1 / hit.lexical_rank if hit.lexical_rank else 0.0,
        "repeats": float(not same_place and mentions(hit.passage.read_text, best.span.text)),
    }
