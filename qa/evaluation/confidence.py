"""Calibration and selective answering: pure functions of confidences and correctness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.evaluation.metrics import f1

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers of one interval of probability: count, mean probability, share right."""

    count: int
    probability: float
    right: float


def reliability(probabilities: Floats, right: Floats, bins: int = 10) -> list[Bin]:
    """Return the non-empty bins of equal width, from 0 to 1.

    Both arrays have shape ``(answers,)``; ``right`` contains 0 and 1. Source: the
    reliability diagram of DeGroot and Fienberg (1983).
    """
    numbers = np.minimum((probabilities * bins).astype(int), bins - 1)
    return [
        Bin(int(inside.sum()), float(probabilities[inside].mean()), float(right[inside].mean()))
        for number in range(bins)
        if (inside := numbers == number).any()
    ]


def calibration_error(probabilities: Floats, right: Floats, bins: int = 10) -> float:
    """Return the expected calibration error, 0 to 1, lower is better.

    ``ECE = Σ (count of bin / count) · |share right − mean probability|`` over ten
    bins of equal width (Guo et al., 2017).
    """
    return sum(
        bin.count / len(probabilities) * abs(bin.right - bin.probability)
        for bin in reliability(probabilities, right, bins)
    )


def agreement(texts: Sequence[str], scores: Sequence[float]) -> float:
    """Return the expected F1 of the first text under the distribution of the scores, 0 to 1.

    ``Σ softmax(scores)ᵢ · F1(textᵢ, text₀)``, scores in logits; the quantity that minimum
    Bayes risk decoding maximises (Kumar and Byrne, 2004). 0 without a text.
    """
    if not texts:
        return 0.0
    odds = np.exp(np.asarray(scores, dtype=float) - max(scores))
    alike = np.array([f1(text, texts[0]) for text in texts])
    return float((odds * alike).sum() / odds.sum())


def risk_coverage(confidences: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Return coverage and risk, each of shape ``(answers,)``, the most confident first.

    Answering the ``i`` most confident of ``n`` questions covers ``i / n``, and the
    risk is the share of those ``i`` that are wrong (El-Yaniv and Wiener, 2010).
    Answers of equal confidence have no order: each counts as their mean.
    """
    order = np.argsort(-confidences, kind="stable")
    _, group, counts = np.unique(-confidences[order], return_inverse=True, return_counts=True)
    wrong = np.bincount(group, weights=1 - right[order]) / counts
    answered = np.arange(1, len(order) + 1)
    return answered / len(order), np.cumsum(wrong[group]) / answered


def risk_coverage_area(confidences: Floats, right: Floats) -> float:
    """Return the area under the risk–coverage curve, 0 to 1, lower is better.

    ``AURC = (1 / n) Σ risk at coverage i / n`` (Geifman, Uziel and El-Yaniv, 2019).
    """
    return float(risk_coverage(confidences, right)[1].mean())


def auc(confidences: Floats, positive: Floats) -> float:
    """Return the area under the ROC curve, 0 to 1, higher is better.

    The share of pairs of a positive and a negative in which the positive has the higher
    confidence, ties as one half (Hanley and McNeil, 1982). Both arrays have shape
    ``(answers,)``; ``positive`` contains 0 and 1. 0.5 if either class is empty.
    """
    from scipy.stats import rankdata

    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return 0.5
    ranks = rankdata(confidences)[positive > 0].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def coverage_at_80(confidences: Floats, right: Floats) -> float:
    """Return the largest coverage, most confident first, at which 80 % of the answers are right.

    0 if there is none (Kamath, Jia and Liang, 2020).
    """
    coverage, risk = risk_coverage(confidences, right)
    return float(coverage[risk <= 0.2 + 1e-9].max(initial=0.0))
