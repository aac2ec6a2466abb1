"""Statistics: bootstrap intervals, and tests of the difference between two runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

SEED = 1
RESAMPLES = 1000

Floats = NDArray[np.float64]


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % percentile bootstrap interval of a mean; None below two values.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), ch. 13.
    The seed is fixed: the same values have the same interval.
    """
    if len(values) < 2:
        return None
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.asarray(values, dtype=float),),
        np.mean,
        n_resamples=RESAMPLES,
        batch=100,
        method="percentile",
        rng=SEED,
    ).confidence_interval
    return float(found.low), float(found.high)


def paired_interval(
    statistic: Callable[[Floats, Floats], float], first: Floats, second: Floats
) -> tuple[float, float] | None:
    """Return the same interval for a statistic of pairs, which are drawn as pairs."""
    if len(first) < 2:
        return None
    from scipy.stats import bootstrap

    found = bootstrap(
        (first, second),
        statistic,
        n_resamples=RESAMPLES,
        vectorized=False,
        paired=True,
        method="percentile",
        rng=SEED,
    ).confidence_interval
    return float(found.low), float(found.high)


def sign_flip(differences: Sequence[float]) -> float:
    """Return the two-sided p-value of the hypothesis that paired differences average zero, 0 to 1.

    Under it each difference is as likely to have the other sign (Fisher's randomisation
    test; Noreen, 1989): the p-value is the share of sign flips whose mean is at least as far
    from zero. All flips are counted where there are few, else a sample.
    """
    changed = np.array([difference for difference in differences if difference], dtype=float)
    if changed.size < 2:  # a single difference is as likely either way
        return 1.0
    from scipy.stats import permutation_test

    found = permutation_test(
        (changed,),
        np.sum,
        permutation_type="samples",
        n_resamples=10 * RESAMPLES,
        batch=100,
        rng=SEED,
        axis=0,
    )
    return float(found.pvalue)


def mcnemar(gained: int, lost: int) -> float:
    """Return the two-sided p-value of the exact test of McNemar (1947), 0 to 1.

    Under the null hypothesis, each question that flipped is as likely to be gained as
    lost: ``p = min(1, 2 · P(X ≤ min(gained, lost)))`` with
    ``X`` binomial over ``gained + lost`` and one half.
    """
    if gained + lost == 0:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(min(gained, lost), gained + lost, 0.5).pvalue)
