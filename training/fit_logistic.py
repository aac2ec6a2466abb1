"""Logistic regressions on named features, fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from qa.answers.logistic import Logistic


def fit_logistic(rows: Sequence[Mapping[str, float]], labels: Sequence[bool]) -> Logistic:
    """Fit to features, each row with the same names, the labels of the rows."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    names = list(rows[0])
    features = np.array([[row[name] for name in names] for row in rows])
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(scaler.transform(features), labels)
    # Undo the scaling, so that the weights apply to the features as they are.
    weights = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - (weights * scaler.mean_).sum())
    return Logistic(
        dict(zip(names, (round(float(w), 6) for w in weights), strict=True)), round(bias, 6)
    )
