"""From what every system gave to the figures that are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

import numpy as np

from qa.evaluation.confidence import RIGHT_FROM_F1, Floats, risk_coverage_area
from qa.evaluation.metrics import best_over_references, exact_match, f1
from qa.evaluation.retrieval_metrics import recall_at
from qa.evaluation.scores import percent, percentile_95


@dataclass(frozen=True, slots=True)
class Reply:
    """What one system gave to one question; no ``accepted`` answer: the documents do not say.

    ``relevant`` says of each passage retrieved, nearest first, whether it holds
    an accepted answer. ``turn`` is the block of questions it was asked in.
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

    EM and F1 are of the best answer to each answerable question, whatever the
    system's confidence in it; one without an answer scores nothing.
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
    """Return how many times as long as ours a question takes, in the middle of all turns.

    The median over blocks of the ratio of the medians of a block: a block's
    questions were put to one system after the other, so what else the machine
    did meanwhile was nearly the same for both.
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
    """Return false answers at the coverage at which Verbatim ships, and ours at theirs.

    Coverage is the share of answerable questions that get an answer, a false
    answer one to a question that the documents do not answer; both in percent. A
    bar is laid on the system's own score so that it covers what Verbatim covers at
    its ``threshold``; of several scores the one that spares the system most false
    answers counts. One that refuses too much by itself, or tells no score, stays at
    the coverage it has (``is_elsewhere``); ``verbatim_false_answers`` are ours there.
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

    A system without scores is equally sure of all it answers; a refusal is the least sure.
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
    """Return the coverage nearest below or at the one wanted, and the share of false answers.

    Where answers of one confidence cannot be told apart, all of them are shown.
    """
    there = np.sort(confidences[answerable == 1])[::-1]
    wanted = min(round(coverage * len(there)), int(np.isfinite(there).sum()))
    if wanted == 0:
        return 0.0, 0.0
    bar = there[wanted - 1]
    return float((there >= bar).mean()), float((confidences[answerable == 0] >= bar).mean())
