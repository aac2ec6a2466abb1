"""The order of a question's candidates, fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.answers.selection import ORDERING_FEATURES, Selection
from qa.errors import DatasetError
from qa.evaluation.confidence import Floats

# Of the squared weights, all features at unit variance.
_PENALTY = 0.02


def fit_selection(questions: Sequence[Sequence[tuple[Mapping[str, float], bool]]]) -> Selection:
    """Fit the weights that put a right candidate first among those of its question.

    Each question is a list of its candidates' features, each with whether it is right. By
    conditional logit, as :func:`training.fit_ranking.fit_ranking`; questions without a right
    candidate, or without a wrong one, are left out. Raises
    :class:`~qa.errors.DatasetError` where no others are left.
    """
    from scipy.optimize import minimize

    names = sorted(ORDERING_FEATURES)
    told = [each for each in questions if len({right for _, right in each}) == 2]
    if not told:
        raise DatasetError("too few questions to fit the selection", "take a larger --sample")
    features = np.array([[row[name] for name in names] for each in told for row, _ in each])
    right = np.array([is_right for each in told for _, is_right in each])
    scale = features.std(axis=0)
    scale[scale == 0] = 1.0
    starts = np.cumsum([0, *(len(each) for each in told)])[:-1]
    arguments = (features / scale, right, starts)
    fitted = minimize(_loss, np.zeros(len(names)), args=arguments, jac=True, method="L-BFGS-B")
    weights = fitted.x / scale
    return Selection(dict(zip(names, (round(float(w), 6) for w in weights), strict=True)))


def _loss(
    weights: Floats, features: Floats, right: NDArray[np.bool_], starts: NDArray[np.int64]
) -> tuple[float, Floats]:
    """Return the mean of ``-log`` of the right candidates' share, and its gradient.

    ``features`` has a row for each candidate, of all questions in turn; ``starts`` are the
    rows at which they begin.
    """
    counts = np.diff([*starts, len(features)])
    values = features @ weights
    values = np.exp(values - np.repeat(np.maximum.reduceat(values, starts), counts))
    of_all = np.add.reduceat(values, starts)
    of_right = np.add.reduceat(values * right, starts)
    loss = float(np.mean(np.log(of_all) - np.log(of_right))) + _PENALTY * float(weights @ weights)
    among_all = values / np.repeat(of_all, counts)
    among_right = values * right / np.repeat(of_right, counts)
    gradient = (among_all - among_right) @ features / len(starts) + 2 * _PENALTY * weights
    return loss, gradient
