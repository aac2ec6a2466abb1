"""How much the score of a passage counts beside that of a span, fitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.answers.candidates import Ranking
from qa.errors import DatasetError
from qa.evaluation.confidence import Floats
from training.reading import WholeReading

Bools = NDArray[np.bool_]
# Of the squared weights, all features at unit variance: next to nothing, but a feature that
# separates all right spans from all others would have an infinite weight without it.
_PENALTY = 1e-3


def fit_ranking(readings: Sequence[WholeReading]) -> Ranking:
    """Fit the weights that rank a right span first among all spans read for its question.

    By conditional logit (McFadden, 1974): maximise, over all questions, the logarithm of the
    share ``exp(w · xᵢ) / Σⱼ exp(w · xⱼ)`` of the right spans ``i`` among the spans ``j`` of a
    question. ``x`` is the score of the span and the score of its passage as a hit; the weight of
    the second is given in units of that of the first. Questions without a right span, or without
    a wrong one, are left out. Raises :class:`~qa.errors.DatasetError` where no others are left,
    or where a higher score does not make an answer better.
    """
    from scipy.optimize import minimize

    questions = list(_questions(readings))
    if not questions:
        raise DatasetError("too few questions to fit the ranking", "take a larger --sample")
    scale = np.concatenate([features for features, _ in questions]).std(axis=0)
    scale[scale == 0] = 1.0
    scaled = [(features / scale, right) for features, right in questions]
    fitted = minimize(_loss, np.zeros(scale.shape), args=(scaled,), jac=True, method="L-BFGS-B")
    score, retrieval_weight = fitted.x / scale
    if not score > 0:  # so that NaN is refused too
        raise DatasetError(
            "a higher score does not make an answer better", "train the reader first"
        )
    return Ranking(round(float(retrieval_weight / score), 4))


def _questions(readings: Sequence[WholeReading]) -> Iterator[tuple[Floats, Bools]]:
    """Yield the features of a question's spans, ``(spans, 2)``, and which are right."""
    for reading in readings:
        pairs = [
            (span, hit)
            for hit, spans in zip(reading.hits, reading.spans, strict=True)
            for span in spans
        ]
        right = np.array([reading.is_right(span) for span, _ in pairs], dtype=bool)
        if right.any() and not right.all():
            yield np.array([(span.score, hit.score) for span, hit in pairs]), right


def _loss(weights: Floats, questions: Sequence[tuple[Floats, Bools]]) -> tuple[float, Floats]:
    """Return the mean of ``-log`` of the right spans' share, and its gradient."""
    from scipy.special import logsumexp, softmax

    loss, gradient = _PENALTY * float(weights @ weights), 2 * _PENALTY * weights
    for features, right in questions:
        values = features @ weights
        loss += float(logsumexp(values) - logsumexp(values[right])) / len(questions)
        among_all, among_right = (
            softmax(values) @ features,
            softmax(values[right]) @ features[right],
        )
        gradient = gradient + (among_all - among_right) / len(questions)
    return loss, gradient
