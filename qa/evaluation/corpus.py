"""Measure the whole pipeline: each question is asked of an index, without its paragraph."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from qa.answers.verdict import judge
from qa.errors import DatasetError
from qa.evaluation.golden import GoldenQuestion
from qa.evaluation.metrics import contains_answer
from qa.evaluation.outcomes import Outcome
from qa.evaluation.places import in_right_row
from qa.evaluation.scores import (
    answer_scores,
    percentile_95,
    retrieval_scores,
    stage_milliseconds,
)
from qa.pipeline import QA
from qa.types import Hit, Passage, Place, Prediction

Progress = Callable[[int], None]
# Passages retrieved for recall; those beyond the ``top_k`` of a question are not read.
DEPTH = 20


def evaluate_corpus(
    questions: Sequence[GoldenQuestion], qa: QA, *, top_k: int = 10
) -> dict[str, Any]:
    """Ask every question and return :func:`corpus_scores`."""
    outcomes = ask_corpus(questions, qa, top_k=top_k)
    return corpus_scores(outcomes, top_k=top_k, threshold=qa.threshold)


def ask_corpus(
    questions: Sequence[GoldenQuestion],
    qa: QA,
    *,
    top_k: int = 10,
    threshold: float | None = None,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Ask every question of an index; an answer at or above the threshold counts as shown.

    A question that follows up another one must come after it.
    """
    threshold = qa.threshold if threshold is None else threshold
    outcomes = []
    # What was shown of each question, and of those that it follows up.
    conversations: dict[str, tuple[Prediction, ...]] = {}
    for question in questions:
        history = conversations.get(question.after, ())
        prediction = qa.ask(question.question, top_k=top_k, threshold=0.0, history=history)
        shown = judge(prediction, threshold=threshold, possible=qa.possible)
        conversations[question.id] = (*history, shown)
        outcomes.append(_outcome(question, prediction, qa, top_k, threshold))
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
    """Search the passages of every answerable question, and read none of them.

    Follow-ups are left out: what they mean depends on what was read before.
    """
    answerable = [question for question in questions if question.answers and not question.after]
    if not answerable:
        raise DatasetError(
            "no question has an accepted answer", "add some that are in the documents"
        )
    outcomes = []
    for question in (_of_originals(question, qa) for question in answerable):
        began = time.perf_counter()
        hits = qa.search(question.question, top_k=top_k).passages
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
                relevant_total=_relevant_total(question, qa),
                is_read=False,
            )
        )
        if progress is not None:
            progress(len(outcomes))
    return outcomes


def check_current(qa: QA) -> None:
    """Raise :class:`~qa.errors.DatasetError` where documents changed since the build.

    Such documents are never quoted: each question about them would count as not retrieved.
    """
    if outdated := qa.outdated():
        named = ", ".join(outdated[:5]) + (" …" if len(outdated) > 5 else "")
        raise DatasetError(
            f"changed or missing since the build: {named}",
            f"run {qa.build_command()} first",
        )


def corpus_scores(outcomes: Sequence[Outcome], *, top_k: int, threshold: float) -> dict[str, Any]:
    """Return the scores of answers, of retrieval, and of time.

    See :func:`~qa.evaluation.scores.answer_scores` and ``retrieval_scores``. ``ms`` contains
    median and 95th percentile by stage, ``ms_median`` and ``ms_p95`` those of the whole
    question; ``misses`` lists the ids of questions without an exact match.
    """
    answers, retrieval = (
        answer_scores(outcomes),
        retrieval_scores(outcomes, depth=max(top_k, DEPTH)),
    )
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
    """Return the scores of retrieval alone; ``misses`` lists the ids not retrieved."""
    return {
        "questions": len(outcomes),
        **retrieval_scores(outcomes, depth=top_k),
        "ms": stage_milliseconds(outcomes),
        "misses": [outcome.id for outcome in outcomes if not any(outcome.relevant)],
    }


def relevant_passages(hits: Sequence[Hit], question: GoldenQuestion) -> tuple[bool, ...]:
    """Return, for each passage, whether it contains an accepted answer.

    If the question names its documents, only their passages count.
    """
    return tuple(
        (not question.documents or hit.passage.document_id in question.documents)
        and _answers(hit.passage, question)
        for hit in hits
    )


def _answers(passage: Passage, question: GoldenQuestion) -> bool:
    return any(contains_answer(passage.text, answer) for answer in question.answers)


def _relevant_total(question: GoldenQuestion, qa: QA) -> int:
    """Return how many passages of the documents named contain an accepted answer."""
    if not question.answers:
        return 0
    return sum(
        _answers(passage, question)
        for document_id in question.documents
        for passage in qa.passages_of(document_id)
    )


def _of_originals(question: GoldenQuestion, qa: QA) -> GoldenQuestion:
    """Return the question with each copy that it names replaced by its original."""
    try:
        named = dict.fromkeys(qa.original_of(document_id) for document_id in question.documents)
    except KeyError as error:
        raise DatasetError(
            f"{question.id}: there is no document {error} in the index", "build the index with it"
        ) from error
    return replace(question, documents=tuple(named))


def _right_place(place: Place, question: GoldenQuestion, qa: QA) -> bool:
    """Return whether a place is in a document named and, in a table, in the right row."""
    if question.documents and qa.original_of(place.document_id) not in question.documents:
        return False
    text = qa.document(place.document_id).text
    return in_right_row(text, place.start, place.end, question.question)


def _outcome(
    question: GoldenQuestion, prediction: Prediction, qa: QA, top_k: int, threshold: float
) -> Outcome:
    asked = prediction.resolved_question if question.after else question.question
    deep = qa.search(asked, top_k=DEPTH).passages if top_k < DEPTH else ()
    question = _of_originals(question, qa)
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
        relevant_total=_relevant_total(question, qa),
        relevant_deep=relevant_passages(deep, question),
    )
    if prediction.answers:
        best = prediction.answers[0]
        return replace(
            outcome,
            found=best.probability >= threshold,
            confidence=best.probability,
            source=best.source,
            passage=best.passage.text,
            place_right=any(
                _right_place(place, replace(question, question=asked), qa)
                for place in (best.place, *best.also_at)
            ),
        )
    if prediction.passages:
        hit = prediction.passages[0]
        return replace(outcome, source=_source(hit), passage=hit.passage.text)
    return outcome


def _source(hit: Hit) -> str:
    return f"{hit.passage.document_id}:{hit.passage.start}-{hit.passage.end}"
