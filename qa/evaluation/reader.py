"""Measure the reader alone: each question is asked of its own paragraph."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Collection, Sequence
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

# Spans compared with the best one to estimate its confidence; later ones have small odds.
RIVALS = 20


def evaluate_reader(path: str | Path, reader: Reader) -> dict[str, Any]:
    """Ask every question of a file of paragraphs and return :func:`reader_scores`."""
    return reader_scores(ask_reader(path, reader), file=Path(path).name)


def ask_reader(
    path: str | Path,
    reader: Reader,
    *,
    limit: int | None = None,
    only: Collection[str] | None = None,
) -> list[Outcome]:
    """Ask every question of its paragraph, or the first ``limit``, or those with ids in ``only``.

    Without unanswerable questions, as in SQuAD v1.1, the best span always counts as shown and
    ``confidence`` is the :func:`~qa.evaluation.confidence.agreement` of the best spans. With
    some, as in SQuAD v2.0, ``confidence`` is the margin of the best span over null, in
    logits, and a margin of 0 or less is "not found".
    """
    outcomes: list[Outcome] = []
    questions = _questions(path, limit)
    if only is not None:
        questions = [(paragraph, each) for paragraph, each in questions if each.id in only]
    all_answerable = all(question.texts for _, question in questions)
    for paragraph, question in questions:
        # Without its title: published scores are measured on the paragraph alone.
        passage = Passage("", 0, len(paragraph.context), paragraph.context)
        began = time.perf_counter()
        spans = reader.read(question.question, [passage], n=RIVALS)[0]
        elapsed = 1000 * (time.perf_counter() - began)
        if all_answerable:
            found = bool(spans)
            confidence = agreement([each.text for each in spans], [each.score for each in spans])
        else:
            # Without a span, the margin is as low as it can be.
            confidence = spans[0].margin if spans else -1e3
            found = bool(spans) and confidence > 0
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
    return outcomes


def reader_scores(outcomes: Sequence[Outcome], *, file: str) -> dict[str, Any]:
    """Return :func:`~qa.evaluation.scores.answer_scores`, milliseconds, and the confidence used.

    With unanswerable questions there are more: ``answerable_em`` and ``answerable_f1`` score
    the spans of the answerable ones; ``second_half`` has EM and F1 of SQuAD v2.0 on the
    second half of the titles, at the null threshold that is best on the first; and
    ``sigmoid_ece`` is the calibration error of ``1 / (1 + exp(-margin))``, the baseline
    without fitting.
    """
    from scipy.special import expit

    scores = {"file": file, **answer_scores(outcomes)}
    scores["confidence"] = "margin over null" if scores["unanswerable"] else "agreement"
    if scores["unanswerable"]:
        margins, right = confidences_of(outcomes)
        add_paired(scores, "sigmoid_ece", calibration_error, expit(margins), right)
        scores["null_threshold"] = 0.0
        scores["answerable_em"] = scores["best_em"]
        scores["answerable_f1"] = scores["best_f1"]
        scores["second_half"] = _second_half(outcomes)
    milliseconds = [outcome.timings_ms["read"] for outcome in outcomes]
    scores["ms_median"] = round(median(milliseconds), 2)
    scores["ms_total"] = round(sum(milliseconds))
    scores["ms"] = stage_milliseconds(outcomes)
    return scores


def best_null_threshold(outcomes: Sequence[Outcome]) -> float:
    """Return the threshold of the margin over null, in logits, with the highest mean F1.

    The middle between two margins, as in the official script of SQuAD v2.0 (Rajpurkar et
    al., 2018); 0 without outcomes.
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
