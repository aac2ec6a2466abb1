"""What a passage that has not been read promises, and whether that is worth its time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qa.answers.logistic import Logistic

# What both chances are computed from; :func:`qa.answers.reading.features` says what each is.
FEATURES = frozenset({"needed", "margin", "lead", "first_score", "gap", "lexical", "repeats"})
# Both chances have to be greater for a passage to be read. Two thirds of the reading goes:
# `python -m benchmarks.early_stop`, and the card in qa/models.
MIN_CHANGE = 0.02
MIN_GAIN = 0.002
# A passage that holds the words of the answer needs this share of the first limit. It seldom
# brings a better answer and often another place that says the same, and those are shown too.
_REPEATING_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Prospects:
    """The chances that reading a passage is worth it, by :func:`qa.answers.reading.features`.

    ``change``: that another answer comes first, or the same one stands in one place more.
    ``gain``: that a right answer comes first or among those shown that was not, or such a
    place. The first is great where little was found, and the second small where little is to
    be found: neither alone says when to stop. Fitted by :mod:`training.calibrate`.
    """

    change: Logistic
    gain: Logistic
    min_change: float = MIN_CHANGE
    min_gain: float = MIN_GAIN

    def priority(self, features: Mapping[str, float]) -> float | None:
        """Return the chance of change, by which the next is chosen; None: not worth reading.

        It is worth reading where that chance is over ``min_change``, or over a tenth of it
        where the passage holds the words of the answer, and the chance of gain over
        ``min_gain``.
        """
        change = self.change.probability(features)
        share = _REPEATING_SHARE if features["repeats"] else 1.0
        if change > share * self.min_change and self.gain.probability(features) > self.min_gain:
            return change
        return None
