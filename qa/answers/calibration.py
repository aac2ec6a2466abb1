"""From the features of a candidate to the probability that it is right."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from qa.answers.candidates import Candidate, Ranking
from qa.answers.early_stop import FEATURES as STOPPING_FEATURES
from qa.answers.early_stop import EarlyStopping
from qa.answers.logistic import Logistic
from qa.answers.second_look import LOOK_FEATURES, WORTH_IT, distinct
from qa.answers.selection import ANSWER_FEATURES, ORDERING_FEATURES, Selection
from qa.errors import ModelCorrupt, ModelNotFound
from qa.networks.weights import MODELS, REINSTALL

_REMEDY = f"{REINSTALL}, or fit it again with `python -m training.calibrate`"


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted to a reader's logits on labelled questions, and the operating point.

    ``ranking`` orders candidates while passages are read, ``selection`` those that were found;
    ``answer`` gives the probability that one is right, from its features
    (:mod:`qa.answers.selection`), and ``looked`` after a second look
    (:mod:`qa.answers.second_look`); ``early_stopping`` decides when to stop reading.
    ``threshold`` is the lowest probability shown as an answer, ``possible`` that of a possible
    answer, both chosen on corpora that were left out of the fit; ``reader`` and ``second`` are
    the fingerprints of both readers. ``strictness`` are points ``(share, threshold)``: at that
    threshold, that share of the questions without an answer gets none.
    """

    ranking: Ranking
    selection: Selection
    answer: Logistic
    looked: Logistic
    early_stopping: EarlyStopping
    threshold: float
    reader: str
    second: str
    strictness: tuple[tuple[float, float], ...] = ()
    possible: float = 1.0

    def is_worth_it(self, candidates: Sequence[Candidate]) -> bool:
        """Return whether a second look at the candidates, best first, may bring an answer."""
        return bool(candidates) and self.answer.probability(candidates[0].features) >= WORTH_IT

    def calibrate(
        self, candidates: Sequence[Candidate], *, at_least: float = 0.0
    ) -> list[tuple[Candidate, float]]:
        """Return each candidate with the probability, 0 to 1, that it is right, best first.

        Those that were looked at twice come first, by probability; the others follow in the
        order given. A probability higher than that of the candidate before is lowered to it,
        so that no answer stands above a likelier one. From the second on, candidates with a
        probability below ``at_least`` are dropped.
        """
        twice = [each for each in candidates if each.features.keys() >= LOOK_FEATURES]
        once = [each for each in candidates if not each.features.keys() >= LOOK_FEATURES]
        likely = [(each, self.looked.probability(each.features)) for each in twice]
        likely.sort(key=lambda pair: -pair[1])
        likely = distinct([*likely, *((e, self.answer.probability(e.features)) for e in once)])
        lowered = accumulate((probability for _, probability in likely), min)
        scored = [(each, own) for (each, _), own in zip(likely, lowered, strict=True)]
        return scored[:1] + [pair for pair in scored[1:] if pair[1] >= at_least]

    def threshold_for(self, strict: float) -> float:
        """Return the threshold, 0 to 1, at which a share of absent answers is refused.

        0.95: one in twenty questions whose answer is absent gets one, as counted on corpora
        that were left out of the fit; interpolated linearly between the counted points.
        """
        return float(np.interp(strict, *self._curve))

    def strict_for(self, threshold: float) -> float:
        """Return the share of the absent answers that a threshold refuses, 0 to 1."""
        shares, thresholds = self._curve
        return float(np.interp(threshold, thresholds, shares))

    @property
    def _curve(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The shares of absent answers refused, rising, and the threshold of each."""
        shares, thresholds = zip((0.0, 0.0), *self.strictness, (1.0, 1.0), strict=True)
        return shares, thresholds

    @classmethod
    def load(cls, *, reader: str, folder: Path = MODELS) -> Calibration:
        """Read the shipped calibration and check that it belongs to ``reader``."""
        path = folder / "calibration.json"
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            calibration = cls(
                Ranking(_number(stored["retrieval_weight"])),
                Selection(_weights(stored["selection"], ORDERING_FEATURES)),
                _logistic(stored["answer"], ANSWER_FEATURES),
                _logistic(stored["looked"], ANSWER_FEATURES | LOOK_FEATURES),
                EarlyStopping(
                    _logistic(stored["change"], STOPPING_FEATURES),
                    _logistic(stored["gain"], STOPPING_FEATURES),
                ),
                _share(stored["threshold"]),
                str(stored["reader"]),
                str(stored["second_reader"]),
                _points(stored),
                _share(stored["possible"]),
            )
        except FileNotFoundError as error:
            raise ModelNotFound(f"{path} is missing", _REMEDY) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ModelCorrupt(f"{path} cannot be read ({error!r})", _REMEDY) from error
        if calibration.reader != reader:
            raise ModelCorrupt(f"{path} was fitted to another reader", _REMEDY)
        return calibration


def _number(stored: object) -> float:
    """Return a stored number; ValueError for NaN and Infinity, which ``json`` accepts."""
    # Compared before the conversion, which fails for an integer greater than any float.
    if not isinstance(stored, int | float) or not abs(stored) <= sys.float_info.max:
        raise ValueError(f"{stored!r:.20} is not a number")
    return float(stored)


def _share(stored: object) -> float:
    if not 0 <= (number := _number(stored)) <= 1:
        raise ValueError(f"{number} is not between 0 and 1")
    return number


def _logistic(stored: dict[str, Any], names: Collection[str]) -> Logistic:
    return Logistic(_weights(stored["weights"], names), _number(stored["bias"]))


def _weights(stored: dict[str, Any], names: Collection[str]) -> dict[str, float]:
    """Return stored weights; ValueError unless their features are exactly ``names``."""
    weights = {str(name): _number(weight) for name, weight in stored.items()}
    if other := weights.keys() ^ set(names):
        raise ValueError(f"missing or unknown features: {', '.join(sorted(other))}")
    return weights


def _points(stored: dict[str, Any]) -> tuple[tuple[float, float], ...]:
    """Return the points of strictness; ValueError unless both columns ascend."""
    points = tuple((_share(share), _share(threshold)) for share, threshold in stored["strictness"])
    for column in zip(*points, strict=True):
        if list(column) != sorted(column):
            raise ValueError("the points of strictness are not in ascending order")
    return points
