"""Compute scores from outcomes: percentages with intervals, counts by stage and by tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import mean, median
from typing import Any

import numpy as np

from qa.evaluation.chance import mean_interval, paired_interval
from qa.evaluation.confidence import (
    Floats,
    auc,
    calibration_error,
    coverage_at_80,
    risk_coverage_area,
)
from qa.evaluation.metrics import RIGHT_FROM_F1
from qa.evaluation.outcomes import MISSES, RIGHT, Outcome
from qa.evaluation.retrieval_metrics import ndcg_at, recall_at, reciprocal_rank

RECALL_AT = (1, 5, 10, 20, 50)
Value = Callable[[Outcome], float]


def answer_scores(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the scores of answers in percent, with counts.

    ``em`` and ``f1`` score the answers shown, a correct "not found" as 100; ``best_em``,
    ``best_f1`` and ``top3_em`` score answerable questions whatever the probability;
    ``top3_right`` is the share of them with an F1 of at least 0.8 among three.
    ``best_right`` is the share of them whose best answer is right (see
    :func:`~qa.evaluation.metrics.is_right`), ``best_right_in_place`` quoted from the right
    place too; ``right_shown``, ``wrong_shown`` and ``refused_but_there`` add up to 100.
    ``right_against_absent_auc`` is the AUC of the confidence of right best answers against
    that of unanswerable questions, None if there are none of either.
    ``coverage_at_80`` is the share of questions that can be answered with four in five
    right. ``ece`` and ``risk_coverage_auc`` are from 0 to 1, lower is better.
    ``intervals`` has the 95 % bootstrap interval of each.
    """
    there = [outcome for outcome in outcomes if outcome.answerable]
    absent = [outcome for outcome in outcomes if not outcome.answerable]
    scores: dict[str, Any] = {
        "questions": len(outcomes),
        "answerable": len(there),
        "unanswerable": len(absent),
        "intervals": {},
    }
    _add(scores, "em", outcomes, lambda outcome: outcome.em)
    _add(scores, "f1", outcomes, lambda outcome: outcome.f1)
    _add(scores, "best_em", there, lambda outcome: outcome.best_em)
    _add(scores, "best_f1", there, lambda outcome: outcome.best_f1)
    _add(scores, "top3_em", there, lambda outcome: outcome.top3_em)
    _add(scores, "top3_right", there, lambda outcome: float(outcome.top3_f1 >= RIGHT_FROM_F1))
    _add(scores, "best_right", there, lambda outcome: float(outcome.best_right))
    _add(
        scores,
        "best_right_in_place",
        there,
        lambda outcome: float(outcome.best_right and outcome.place_right),
    )
    _add(scores, "right_shown", there, _right_shown)
    _add(scores, "wrong_shown", there, _wrong_shown)
    _add(scores, "answered_but_absent", absent, lambda outcome: float(outcome.found))
    _add(scores, "refused_but_there", there, lambda outcome: 1.0 - float(outcome.found))
    confidences, right = confidences_of(outcomes)
    if all(outcome.calibrated for outcome in outcomes):
        add_paired(scores, "ece", calibration_error, confidences, right)
    add_paired(scores, "risk_coverage_auc", risk_coverage_area, confidences, right)
    add_paired(scores, "coverage_at_80", coverage_at_80, confidences, right)
    right_or_absent = [each for each in outcomes if each.best_right or not each.answerable]
    scores["right_against_absent_auc"] = None
    if len({each.answerable for each in right_or_absent}) == 2:
        confidences = np.array([each.confidence for each in right_or_absent])
        positive = np.array([each.answerable for each in right_or_absent], dtype=float)
        add_paired(scores, "right_against_absent_auc", auc, confidences, positive)
    counts = Counter(outcome.stage for outcome in outcomes)
    scores["stages"] = {stage: counts[stage] for stage in (RIGHT, *MISSES)}
    scores["by_tag"] = _by_tag(outcomes)
    return scores


def retrieval_scores(outcomes: Sequence[Outcome], *, depth: int) -> dict[str, Any]:
    """Return recall@k to ``depth``, MRR and nDCG@10 in percent over answerable questions."""
    there = [outcome for outcome in outcomes if outcome.answerable]
    scores: dict[str, Any] = {"intervals": {}, "recall_at": {}}
    for k in (k for k in RECALL_AT if k <= depth):
        values = [_recall(outcome, k) for outcome in there]
        scores["recall_at"][str(k)] = percent(values)
        scores["intervals"][f"recall_at_{k}"] = _interval(values)
    _add(scores, "mrr", there, lambda outcome: reciprocal_rank(outcome.relevant))
    _add(
        scores,
        "ndcg_at_10",
        there,
        lambda outcome: ndcg_at(outcome.relevant, 10, total=outcome.relevant_total),
    )
    return scores


def stage_milliseconds(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Return the median and the 95th percentile of each stage's milliseconds."""
    names = {name: None for outcome in outcomes for name in outcome.timings_ms}
    return {
        name: {"median": round(median(values), 2), "p95": round(percentile_95(values), 2)}
        for name in names
        if (values := [o.timings_ms[name] for o in outcomes if name in o.timings_ms])
    }


def confidences_of(outcomes: Sequence[Outcome]) -> tuple[Floats, Floats]:
    """Return each best answer's confidence and whether it is right, both ``(outcomes,)``.

    An answer to an unanswerable question is wrong.
    """
    confidences = [outcome.confidence for outcome in outcomes]
    right = [outcome.answerable and outcome.best_f1 >= RIGHT_FROM_F1 for outcome in outcomes]
    return np.array(confidences, dtype=float), np.array(right, dtype=float)


def add_paired(
    scores: dict[str, Any],
    name: str,
    statistic: Callable[[Floats, Floats], float],
    first: Floats,
    second: Floats,
) -> None:
    """Add a statistic of pairs to ``scores``, and its interval to ``scores["intervals"]``."""
    scores[name] = round(statistic(first, second), 4)
    found = paired_interval(statistic, first, second)
    scores["intervals"][name] = found and [round(edge, 4) for edge in found]


def percent(values: Sequence[float]) -> float | None:
    """Return the mean in percent, or None without values."""
    return round(100 * mean(values), 2) if values else None


def percentile_95(values: Sequence[float]) -> float:
    """Return the 95th percentile of one value or more, interpolated."""
    return float(np.percentile(values, 95))


def _add(scores: dict[str, Any], name: str, outcomes: Sequence[Outcome], value: Value) -> None:
    values = [value(outcome) for outcome in outcomes]
    scores[name] = percent(values)
    scores["intervals"][name] = _interval(values)


def _interval(values: Sequence[float]) -> list[float] | None:
    found = mean_interval(values)
    return found and [round(100 * edge, 2) for edge in found]


def _right_shown(outcome: Outcome) -> float:
    return float(outcome.found and outcome.best_right)


def _wrong_shown(outcome: Outcome) -> float:
    return float(outcome.found and not outcome.best_right)


def _recall(outcome: Outcome, k: int) -> float:
    return recall_at(outcome.relevant_deep or outcome.relevant, k)


def _by_tag(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    tags = sorted({tag for outcome in outcomes for tag in outcome.tags})
    table = {}
    for tag in tags:
        tagged = [outcome for outcome in outcomes if tag in outcome.tags]
        there = [outcome for outcome in tagged if outcome.answerable]
        absent = [outcome for outcome in tagged if not outcome.answerable]
        em = [outcome.em for outcome in tagged]
        table[tag] = {
            "questions": len(tagged),
            "em": percent(em),
            "em_interval": _interval(em),
            "f1": percent([outcome.f1 for outcome in tagged]),
            "answered": percent([float(outcome.found) for outcome in tagged]),
            "best_right": percent([float(outcome.best_right) for outcome in there]),
            "right_shown": percent([_right_shown(outcome) for outcome in there]),
            "wrong_shown": percent([_wrong_shown(outcome) for outcome in there]),
            "refused_but_there": percent([float(not outcome.found) for outcome in there]),
            "answered_but_absent": percent([float(outcome.found) for outcome in absent]),
            "recall_at_5": percent([_recall(outcome, 5) for outcome in there]),
            "recall_at_20": percent([_recall(outcome, 20) for outcome in there]),
        }
    return table
