"""The whole pipeline: each question is asked of an index, without its paragraph."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import mean, median, quantiles

from qa.evaluation.golden import GoldenQuestion
from qa.evaluation.metrics import best_over_references, exact_match, f1, normalize
from qa.pipeline import QA
from qa.types import Prediction

RECALL_AT = (1, 5, 10)


def evaluate_corpus(
    questions: Sequence[GoldenQuestion],
    qa: QA,
    *,
    top_k: int = 10,
    threshold: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, object]:
    """Return end-to-end EM and F1 in percent, both errors, counts and milliseconds.

    A question whose answer is absent scores 100 when nothing was found and 0
    otherwise. ``recall_at`` is the share of answerable questions for which one
    of the first k passages holds an accepted answer (and stands in one of the
    question's documents, where it names them). ``best_em`` and ``best_f1`` score
    the most probable answer of answerable questions with the threshold left aside.
    """
    threshold = qa.threshold if threshold is None else threshold
    rows: list[dict[str, float | bool | str]] = []
    milliseconds = []
    recall: dict[int, list[float]] = {k: [] for k in RECALL_AT if k <= top_k}
    for question in questions:
        began = time.perf_counter()
        prediction = qa.ask(question.question, top_k=top_k, threshold=0.0)
        milliseconds.append(1000 * (time.perf_counter() - began))
        best = prediction.answers[0] if prediction.answers else None
        text = best.text if best else ""
        found = best is not None and best.probability >= threshold
        shown = text if found else ""
        rows.append(
            {
                "id": question.id,
                "answerable": bool(question.answers),
                "found": found,
                "em": best_over_references(exact_match, shown, question.answers),
                "f1": best_over_references(f1, shown, question.answers),
                "best_em": best_over_references(exact_match, text, question.answers),
                "best_f1": best_over_references(f1, text, question.answers),
            }
        )
        if question.answers:
            for k, values in recall.items():
                values.append(_recalled(prediction, question, k))
        if progress is not None:
            progress(len(rows))
    there = [row for row in rows if row["answerable"]]
    absent = [row for row in rows if not row["answerable"]]
    return {
        "questions": len(rows),
        "answerable": len(there),
        "unanswerable": len(absent),
        "threshold": round(threshold, 4),
        "em": _percent([float(row["em"]) for row in rows]),
        "f1": _percent([float(row["f1"]) for row in rows]),
        "best_em": _percent([float(row["best_em"]) for row in there]),
        "best_f1": _percent([float(row["best_f1"]) for row in there]),
        "answered_but_absent": _percent([float(row["found"]) for row in absent]),
        "refused_but_there": _percent([1.0 - float(row["found"]) for row in there]),
        "recall_at": {str(k): _percent(values) for k, values in recall.items()},
        "ms_median": round(median(milliseconds), 2),
        "ms_p95": round(_p95(milliseconds), 2),
        "misses": [row["id"] for row in rows if not row["em"]],
    }


def _recalled(prediction: Prediction, question: GoldenQuestion, k: int) -> float:
    """Return 1.0 when one of the first ``k`` passages holds an accepted answer."""
    wanted = [f" {normalize(text)} " for text in question.answers]
    for hit in prediction.passages[:k]:
        if question.documents and hit.passage.document_id not in question.documents:
            continue
        words = f" {normalize(hit.passage.text)} "
        if any(text in words for text in wanted):
            return 1.0
    return 0.0


def _percent(values: Sequence[float]) -> float | None:
    return round(100 * mean(values), 2) if values else None


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
