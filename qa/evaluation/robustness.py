"""Measure what the reader loses when questions are reworded."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from statistics import mean

from qa.errors import DatasetError
from qa.evaluation.datasets import read_paragraphs
from qa.evaluation.metrics import best_over_references, exact_match, f1
from qa.evaluation.perturbations import PERTURBATIONS
from qa.types import Passage, Reader

# Printed with the scores.
NOTE = (
    "The shipped reader was trained on questions reworded by these rules: "
    "these losses are lower bounds for other rewordings."
)


def evaluate_robustness(
    path: str | Path,
    reader: Reader,
    *,
    sample: int = 1000,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, dict[str, float]]:
    """Return, for each rule of rewording, EM and F1 in percent and their losses.

    A sample of the answerable questions of a file is asked of their own paragraphs, as
    written and reworded. A rule is measured on the questions that it changes, against the
    same questions unchanged.
    """
    asked = [
        (Passage("", 0, len(paragraph.context), paragraph.context), question)
        for paragraph in read_paragraphs(path)
        for question in paragraph.questions
        if question.references
    ]
    if not asked:
        raise DatasetError(f"{path} contains no answerable question", "name another file")
    asked = random.Random(seed).sample(asked, min(sample, len(asked)))

    def score(question: str, passage: Passage, references: tuple[str, ...]) -> tuple[float, float]:
        (spans,) = reader.read(question, [passage])
        text = spans[0].text if spans else ""
        return (
            best_over_references(exact_match, text, references),
            best_over_references(f1, text, references),
        )

    before: list[tuple[float, float]] = []
    after: dict[str, list[tuple[tuple[float, float], tuple[float, float]]]] = {
        name: [] for name in PERTURBATIONS
    }
    for passage, question in asked:
        plain = score(question.question, passage, question.texts)
        before.append(plain)
        for name, reword in PERTURBATIONS.items():
            reworded = reword(question.question)
            if reworded != question.question:
                after[name].append((plain, score(reworded, passage, question.texts)))
        if progress is not None:
            progress(len(before), len(asked))
    return {
        "as written": {
            "questions": len(before),
            "em": _percent([em for em, _ in before]),
            "f1": _percent([overlap for _, overlap in before]),
        },
        **{
            name: {
                "questions": len(pairs),
                "em": _percent([em for _, (em, _) in pairs]),
                "f1": _percent([overlap for _, (_, overlap) in pairs]),
                "em_lost": _percent([old[0] - new[0] for old, new in pairs]),
                "f1_lost": _percent([old[1] - new[1] for old, new in pairs]),
            }
            for name, pairs in after.items()
            if pairs
        },
    }


def _percent(values: list[float]) -> float:
    return round(100 * mean(values), 2)
