"""The reader alone: each question is asked of the paragraph it belongs to."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from qa.errors import DatasetError
from qa.evaluation.confidence import agreement, calibration_error
from qa.evaluation.datasets import LabelledQuestion, Paragraph, read_paragraphs
from qa.evaluation.outcomes import Outcome
from qa.evaluation.pool import held_out_titles
from qa.evaluation.scores import (
    add_paired,
    answer_scores,
    confidences_of,
    stage_milliseconds,
)
from qa.types import Passage, Reader

# How many of a paragraph's spans say how sure the best one is; the odds of later ones are small.
RIVALS = 20


def evaluate_reader(
    path: str | Path,
    reader: Reader,
    *,
    limit: int | None = None,
    null_threshold: float = 0.0,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Ask every question of a file of paragraphs and return :func:`reader_scores`."""
    outcomes = ask_reader(
        path, reader, limit=limit, null_threshold=null_threshold, progress=progress
    )
    return reader_scores(outcomes, file=Path(path).name, null_threshold=null_threshold)


def ask_reader(
    path: str | Path,
    reader: Reader,
    *,
    limit: int | None = None,
    null_threshold: float = 0.0,
    progress: Callable[[int], None] | None = None,
) -> list[Outcome]:
    """Ask every question of its paragraph.

    A file without unanswerable questions is read as SQuAD v1.1: the best span
    always counts, and ``confidence`` is the
    :func:`~qa.evaluation.confidence.agreement` of the spans that rival it. With some, as SQuAD
    v2.0: ``confidence`` is by how many logits the best span beats the null, and a question is
    left unanswered where that is not over ``null_threshold``.
    """
    outcomes: list[Outcome] = []
    questions = _questions(path, limit)
    all_answerable = all(question.texts for _, question in questions)
    for paragraph, question in questions:
        # Without its title: the scores of others are measured on the paragraph alone.
        passage = Passage("", 0, len(paragraph.context), paragraph.context)
        began = time.perf_counter()
        spans = reader.read(question.question, [passage], n=RIVALS)[0]
        elapsed = 1000 * (time.perf_counter() - began)
        if all_answerable:
            found = bool(spans)
            confidence = agreement([each.text for each in spans], [each.score for each in spans])
        else:
            # Without any span the reader is as sure as it can be that there is no answer.
            confidence = spans[0].score - spans[0].null_score if spans else -1e3
            found = bool(spans) and confidence > null_threshold
        outcomes.append(
            Outcome(
                question.id,
                question.question,
                question.texts,
                tuple(span.text for span in spans[:3]),
                found=found,
                confidence=confidence,
                calibrated=False,
                relevant=(True,),
                source=paragraph.title,
                passage=paragraph.context,
                timings_ms={"read": elapsed},
            )
        )
        if progress is not None:
            progress(len(outcomes))
    return outcomes


def reader_scores(
    outcomes: Sequence[Outcome], *, file: str, null_threshold: float = 0.0
) -> dict[str, Any]:
    """Return :func:`~qa.evaluation.scores.answer_scores`, milliseconds, and what confidence is.

    ``answerable_em`` and ``answerable_f1`` score the spans on answerable questions
    where the file has others too; with these, ``second_half`` holds EM and F1 of
    SQuAD v2.0 on the second half of the titles, at the null threshold that is best
    on the first, and ``sigmoid_ece`` is the calibration error of
    ``1 / (1 + exp(-margin))``, the reader's own odds of its best span against null:
    nothing is fitted, so that it shows what the fitted probability makes good.
    """
    from scipy.special import expit

    scores = {"file": file, **answer_scores(outcomes)}
    scores["confidence"] = "margin over null" if scores["unanswerable"] else "agreement"
    if scores["unanswerable"]:
        margins, right = confidences_of(outcomes)
        add_paired(scores, "sigmoid_ece", calibration_error, expit(margins), right)
        scores["null_threshold"] = null_threshold
        scores["answerable_em"] = scores["best_em"]
        scores["answerable_f1"] = scores["best_f1"]
        scores["second_half"] = _second_half(outcomes)
    milliseconds = [outcome.timings_ms["read"] for outcome in outcomes]
    scores["ms_median"] = round(median(milliseconds), 2)
    scores["ms_total"] = round(sum(milliseconds))
    scores["ms"] = stage_milliseconds(outcomes)
    return scores


def best_null_threshold(outcomes: Sequence[Outcome]) -> float:
    """Return by how many logits a span should beat the null for the highest mean F1.

    What SQuAD v2.0's own script finds, the middle between two margins (Rajpurkar et
    al., 2018); 0 for no outcomes.
    """
    if not outcomes:
        return 0.0
    ranked = sorted(outcomes, key=lambda outcome: -outcome.confidence)
    gains = [each.best_f1 if each.answerable else -1.0 for each in ranked]
    answered = int(np.argmax(np.cumsum([0.0, *gains])))
    margins = [each.confidence for each in ranked]
    margins = [margins[0] + 1, *margins, margins[-1] - 1]
    return (margins[answered] + margins[answered + 1]) / 2


def _second_half(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    held_out = held_out_titles(outcome.source for outcome in outcomes)
    threshold = best_null_threshold([each for each in outcomes if each.source not in held_out])
    second = [
        replace(each, found=each.confidence > threshold)
        for each in outcomes
        if each.source in held_out
    ]
    scores = answer_scores(second)
    names = ("questions", "em", "f1", "answered_but_absent", "refused_but_there")
    return {"null_threshold": round(threshold, 4), **{name: scores[name] for name in names}}


def _questions(path: str | Path, limit: int | None) -> list[tuple[Paragraph, LabelledQuestion]]:
    pairs = (
        (paragraph, question)
        for paragraph in read_paragraphs(path)
        for question in paragraph.questions
    )
    items = list(itertools.islice(pairs, limit))
    if not items:
        raise DatasetError(f"{path} contains no question", "add some")
    ids = Counter(question.id for _, question in items)
    if twice := [question_id for question_id, count in ids.items() if count > 1]:
        raise DatasetError(f"{path}: the id {twice[0]!r} occurs twice", "rename one")
    return items
