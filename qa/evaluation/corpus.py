"""The whole pipeline: each question is asked of an index, without its paragraph."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from qa.errors import DatasetError
from qa.evaluation.golden import GoldenQuestion
from qa.evaluation.metrics import normalize
from qa.evaluation.outcomes import Outcome
from qa.evaluation.scores import (
    answer_scores,
    percentile_95,
    retrieval_scores,
    stage_milliseconds,
)
from qa.pipeline import QA
from qa.types import Hit

Progress = Callable[[int], None]


def evaluate_corpus(
    questions: Sequence[GoldenQuestion],
    qa: QA,
    *,
    top_k: int = 10,
    threshold: float | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Ask every question and return :func:`corpus_scores`."""
    outcomes = ask_corpus(questions, qa, top_k=top_k, threshold=threshold, progress=progress)
    return corpus_scores(outcomes, top_k=top_k, threshold=_threshold(qa, threshold))


def ask_corpus(
    questions: Sequence[GoldenQuestion],
    qa: QA,
    *,
    top_k: int = 10,
    threshold: float | None = None,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Ask every question of an index; the answer shown is one at or above the threshold."""
    outcomes = []
    for question in questions:
        outcomes.append(_ask(question, qa, top_k, _threshold(qa, threshold)))
        if progress is not None:
            progress(len(outcomes))
    return outcomes


def retrieve_corpus(
    questions: Sequence[GoldenQuestion],
    qa: QA,
    *,
    top_k: int = 50,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Look for the passages of every answerable question, and read none of them."""
    answerable = [question for question in questions if question.answers]
    if not answerable:
        raise DatasetError("no question has an accepted answer: add some that are in the documents")
    outcomes = []
    for question in answerable:
        began = time.perf_counter()
        hits = qa.search(question.question, top_k=top_k)
        elapsed = {"retrieve": 1000 * (time.perf_counter() - began)}
        outcomes.append(
            Outcome(
                question.id,
                question.question,
                question.answers,
                (),
                found=False,
                confidence=0.0,
                calibrated=False,
                relevant=relevant_passages(hits, question),
                source=_source(hits[0]) if hits else "",
                passage=hits[0].passage.text if hits else "",
                tags=question.tags,
                timings_ms=elapsed,
            )
        )
        if progress is not None:
            progress(len(outcomes))
    return outcomes


def corpus_scores(outcomes: Sequence[Outcome], *, top_k: int, threshold: float) -> dict[str, Any]:
    """Return what :func:`~qa.evaluation.scores.answer_scores` and ``retrieval_scores`` do.

    ``ms`` holds median and 95th percentile by stage, ``ms_median`` and ``ms_p95``
    those of the whole question; ``misses`` the ids of questions without an exact match.
    """
    answers, retrieval = answer_scores(outcomes), retrieval_scores(outcomes, top_k=top_k)
    milliseconds = [outcome.timings_ms["total"] for outcome in outcomes]
    return {
        **answers,
        **retrieval,
        "intervals": {**answers["intervals"], **retrieval["intervals"]},
        "threshold": round(threshold, 4),
        "ms_median": round(median(milliseconds), 2),
        "ms_p95": round(percentile_95(milliseconds), 2),
        "ms": stage_milliseconds(outcomes),
        "misses": [outcome.id for outcome in outcomes if not outcome.em],
    }


def retrieve_scores(outcomes: Sequence[Outcome], *, top_k: int) -> dict[str, Any]:
    """Return the scores of retrieval alone; ``misses`` are the ids of what was not found."""
    return {
        "questions": len(outcomes),
        **retrieval_scores(outcomes, top_k=top_k),
        "ms": stage_milliseconds(outcomes),
        "misses": [outcome.id for outcome in outcomes if not any(outcome.relevant)],
    }


def relevant_passages(hits: Sequence[Hit], question: GoldenQuestion) -> tuple[bool, ...]:
    """Return of each passage whether it holds an accepted answer.

    It has to stand in one of the question's documents where these are named. Texts
    are compared after the normalisation of SQuAD.
    """
    wanted = [f" {words} " for text in question.answers if (words := normalize(text))]
    return tuple(
        (not question.documents or hit.passage.document_id in question.documents)
        and any(words in f" {normalize(hit.passage.text)} " for words in wanted)
        for hit in hits
    )


def _ask(question: GoldenQuestion, qa: QA, top_k: int, threshold: float) -> Outcome:
    prediction = qa.ask(question.question, top_k=top_k, threshold=0.0)
    outcome = Outcome(
        question.id,
        question.question,
        question.answers,
        tuple(answer.text for answer in prediction.answers),
        found=False,
        confidence=0.0,
        calibrated=True,
        relevant=relevant_passages(prediction.passages, question),
        tags=question.tags,
        timings_ms=prediction.timings_ms,
    )
    if prediction.answers:
        best = prediction.answers[0]
        return replace(
            outcome,
            found=best.probability >= threshold,
            confidence=best.probability,
            source=best.source,
            passage=best.passage.text,
        )
    if prediction.passages:
        hit = prediction.passages[0]
        return replace(outcome, source=_source(hit), passage=hit.passage.text)
    return outcome


def _source(hit: Hit) -> str:
    return f"{hit.passage.document_id}:{hit.passage.start}-{hit.passage.end}"


def _threshold(qa: QA, threshold: float | None) -> float:
    return qa.threshold if threshold is None else threshold
