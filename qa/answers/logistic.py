"""A logistic regression on named features: the model behind every probability."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Logistic:
    """The weight of each feature, and the bias; fitted by :mod:`training.calibrate`."""

    weights: Mapping[str, float]
    bias: float

    def probability(self, features: Mapping[str, float]) -> float:
        """Return ``1 / (1 + exp(-(bias + Σ wᵢ xᵢ)))``, 0 to 1."""
        logit = self.bias + sum(weight * features[name] for name, weight in self.weights.items())
        # exp() of a large positive number overflows; tanh does not.
        return 0.5 * (1.0 + math.tanh(logit / 2))
