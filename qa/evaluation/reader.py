"""The reader alone: each question is asked of the paragraph it belongs to."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median

from qa.errors import DatasetError
from qa.evaluation.datasets import LabelledQuestion, Paragraph, read_paragraphs
from qa.evaluation.metrics import best_over_references, exact_match, f1
from qa.types import Passage, Reader


def evaluate_reader(
    path: str | Path,
    reader: Reader,
    *,
    limit: int | None = None,
    null_threshold: float = 0.0,
    progress: Callable[[int], None] | None = None,
) -> dict[str, object]:
    """Return EM and F1 in percent, counts and milliseconds over a file of paragraphs.

    A file without unanswerable questions is scored as SQuAD v1.1: the best span
    always counts. With some, as SQuAD v2.0: a question is left unanswered where
    the best span does not beat the null by ``null_threshold`` logits, and
    ``answerable_f1`` still gives the score of the spans on answerable questions.
    """
    items = _questions(path, limit)
    asked: list[tuple[LabelledQuestion, str, float]] = []
    milliseconds = []
    for paragraph, question in items:
        passage = Passage("", 0, len(paragraph.context), paragraph.context, paragraph.title)
        began = time.perf_counter()
        spans = reader.read(question.question, [passage])[0]
        milliseconds.append(1000 * (time.perf_counter() - began))
        text, margin = "", float("-inf")
        if spans:
            text, margin = spans[0].text, spans[0].score - spans[0].null_score
        asked.append((question, text, margin))
        if progress is not None:
            progress(len(asked))
    unanswerable = [margin for question, _, margin in asked if not question.references]
    answerable = [(q.texts, text, margin) for q, text, margin in asked if q.references]
    forced = [_score(text, texts) for texts, text, _ in answerable]
    result: dict[str, object] = {
        "file": Path(path).name,
        "questions": len(asked),
        "answerable": len(answerable),
        "unanswerable": len(unanswerable),
    }
    if unanswerable:
        kept = [
            score if margin > null_threshold else (0.0, 0.0)
            for score, (_, _, margin) in zip(forced, answerable, strict=True)
        ]
        refused = [float(margin <= null_threshold) for margin in unanswerable]
        scores = kept + [(right, right) for right in refused]
        result["null_threshold"] = null_threshold
        result["answerable_em"] = _percent([em for em, _ in forced])
        result["answerable_f1"] = _percent([overlap for _, overlap in forced])
        result["answered_but_absent"] = _percent([1 - right for right in refused])
        result["refused_but_there"] = _percent(
            [float(margin <= null_threshold) for _, _, margin in answerable]
        )
    else:
        scores = forced
    result["em"] = _percent([em for em, _ in scores])
    result["f1"] = _percent([overlap for _, overlap in scores])
    result["ms_median"] = round(median(milliseconds), 2)
    result["ms_total"] = round(sum(milliseconds))
    return result


def _questions(path: str | Path, limit: int | None) -> list[tuple[Paragraph, LabelledQuestion]]:
    pairs = (
        (paragraph, question)
        for paragraph in read_paragraphs(path)
        for question in paragraph.questions
    )
    items = list(itertools.islice(pairs, limit))
    if not items:
        raise DatasetError(f"{path} holds no question: an empty set proves nothing, add some")
    return items


def _score(text: str, references: tuple[str, ...]) -> tuple[float, float]:
    return (
        best_over_references(exact_match, text, references),
        best_over_references(f1, text, references),
    )


def _percent(values: list[float]) -> float | None:
    return round(100 * mean(values), 2) if values else None
