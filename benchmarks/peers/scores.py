"""Scores of the systems compared, from their replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

import numpy as np

from qa.evaluation.confidence import Floats, risk_coverage_area
from qa.evaluation.metrics import RIGHT_FROM_F1, best_over_references, exact_match, f1
from qa.evaluation.retrieval_metrics import recall_at
from qa.evaluation.scores import percent, percentile_95


@dataclass(frozen=True, slots=True)
class Reply:
    """One system's reply to one question; without ``accepted`` answers it is unanswerable.

    ``relevant`` marks each retrieved passage, nearest first, that contains an accepted answer.
    ``turn`` is the block of questions.
    """

    accepted: tuple[str, ...]
    answer: str
    confidences: Mapping[str, float]
    relevant: tuple[bool, ...]
    ms: float
    turn: int
    error: str = ""


def score(replies: Sequence[Reply], *, reads: bool) -> dict[str, Any]:
    """Return recall@5, milliseconds and, of a system that reads, EM and F1 in percent.

    EM and F1 score the best answer to each answerable question, whatever the system's
    confidence in it; no answer scores 0.
    """
    there = [reply for reply in replies if reply.accepted]
    milliseconds = [reply.ms for reply in replies]
    scores: dict[str, Any] = {
        "recall_at_5": percent([recall_at(reply.relevant, 5) for reply in there]),
        "ms_median": round(median(milliseconds), 2),
        "ms_p95": round(percentile_95(milliseconds), 2),
    }
    if reads:
        scores["em"] = percent(
            [best_over_references(exact_match, reply.answer, reply.accepted) for reply in there]
        )
        scores["f1"] = percent(
            [best_over_references(f1, reply.answer, reply.accepted) for reply in there]
        )
        scores["without_answer"] = sum(not reply.answer for reply in replies)
        scores["errors"] = sum(bool(reply.error) for reply in replies)
    return scores


def time_ratio(replies: Sequence[Reply], ours: Sequence[Reply]) -> float:
    """Return how many times as long as with Verbatim a question takes.

    The median over blocks of the ratio of the block's medians: a block is put to one system
    right after the other, so that other load on the machine is nearly the same for both.
    """
    ratios = [
        median(reply.ms for reply in replies if reply.turn == turn)
        / median(reply.ms for reply in ours if reply.turn == turn)
        for turn in sorted({reply.turn for reply in ours})
    ]
    return round(median(ratios), 2)


def abstention(
    replies: Sequence[Reply], ours: Sequence[Reply], *, threshold: float
) -> dict[str, Any]:
    """Return a system's false answers at Verbatim's coverage, and Verbatim's at the same.

    Coverage is the share of answerable questions that get an answer, a false answer is an answer
    to an unanswerable one; both in percent. A threshold on the system's own score gives it the
    coverage that Verbatim has at its ``threshold``; of several scores, the one with the fewest
    false answers counts. A system that refuses too much by itself, or returns no score, keeps the
    coverage it has (``is_elsewhere``), and ``verbatim_false_answers`` is counted there.
    """
    names = sorted({name for reply in replies for name in reply.confidences}) or [""]
    shipped = mean(
        reply.confidences.get("probability", -np.inf) >= threshold
        for reply in ours
        if reply.accepted
    )
    found = []
    for name in names:
        coverage, false = _at_coverage(*_confidences(replies, name), shipped)
        area = risk_coverage_area(_confidences(replies, name)[0], _right(replies))
        found.append((false, area, coverage, name))
    false, area, coverage, name = min(found)
    ours_there, ours_false = _at_coverage(*_confidences(ours, "probability"), coverage)
    return {
        "score": name,
        "coverage": round(100 * coverage, 2),
        "is_elsewhere": abs(coverage - shipped) > 0.02,
        "false_answers": round(100 * false, 2),
        "verbatim_coverage": round(100 * ours_there, 2),
        "verbatim_false_answers": round(100 * ours_false, 2),
        "risk_coverage_auc": round(area, 4),
    }


def _confidences(replies: Sequence[Reply], name: str) -> tuple[Floats, Floats]:
    """Return confidences and whether each question is answerable, both ``(questions,)``.

    Without scores, all answers of a system have the same confidence; a refusal has the lowest.
    """
    confidences = [
        reply.confidences.get(name, 0.0) if reply.answer else -np.inf for reply in replies
    ]
    return np.array(confidences), np.array([float(bool(reply.accepted)) for reply in replies])


def _right(replies: Sequence[Reply]) -> Floats:
    return np.array(
        [
            float(
                bool(reply.accepted)
                and best_over_references(f1, reply.answer, reply.accepted) >= RIGHT_FROM_F1
            )
            for reply in replies
        ]
    )


def _at_coverage(confidences: Floats, answerable: Floats, coverage: float) -> tuple[float, float]:
    """Return the highest coverage up to the one wanted, and the share of false answers.

    Of answers with equal confidence all are shown.
    """
    there = np.sort(confidences[answerable == 1])[::-1]
    wanted = min(round(coverage * len(there)), int(np.isfinite(there).sum()))
    if wanted == 0:
        return 0.0, 0.0
    threshold = there[wanted - 1]
    false = confidences[answerable == 0] >= threshold
    return float((there >= threshold).mean()), float(false.mean())
