"""What a passage that has not been read promises, and whether that is worth its time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qa.logistic import Logistic

# Both chances have to be greater for a passage to be read. Two thirds of the reading goes, and
# of what it finds nothing that can be measured: `python -m benchmarks.early_stop`, and the card
# in qa/models.
MIN_CHANGE = 0.05
MIN_GAIN = 0.0075
# One that holds the words of the answer from this share of MIN_CHANGE on. It seldom brings a
# better answer and often another place that says the same, and those are shown too.
_REPEATING_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Prospects:
    """The chances that reading a passage is worth it, by :func:`qa.best_first.features`.

    ``change``: that it brings a better answer than the best so far, or another place that
    says the same. ``gain``: that it brings a right answer that is missing, or such a place.
    The first is great where little was found, and the second small where little is to be
    found: neither alone says when to stop.
    """

    change: Logistic
    gain: Logistic
    min_change: float = MIN_CHANGE
    min_gain: float = MIN_GAIN

    def chance(self, features: Mapping[str, float]) -> float:
        """Return the chance that a passage changes the answer; 0 where it is not worth reading."""
        chance = self.change.probability(features)
        share = _REPEATING_SHARE if features["repeats"] else 1.0
        if chance <= share * self.min_change or self.gain.probability(features) <= self.min_gain:
            return 0.0
        return chance
