"""Fit the probabilities: ``python -m training.calibrate squad-v2.0-dev.jsonl.gz``.

The articles of the file, sorted by title, are halved: the models are fitted to the first half,
and the second is only reported on. Fitted are the ranking of answers, then when to stop
reading, then, on what is read with both, the probability that an answer is right.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from qa.answers.calibration import Calibration
from qa.answers.candidates import Ranking
from qa.answers.early_stop import EarlyStopping
from qa.answers.reading import read
from qa.errors import DatasetError
from qa.evaluation.confidence import calibration_error, coverage_at_80
from qa.evaluation.datasets import Paragraph, read_paragraphs
from qa.evaluation.pool import held_out_titles
from qa.networks.reader import OnnxReader
from qa.networks.weights import MODELS
from training.checkpoint import replace_file
from training.command import at_least_one, run
from training.fit_logistic import fit_logistic
from training.fit_ranking import fit_ranking
from training.reading import (
    SHOWN,
    RecordedReader,
    WholeReading,
    early_stopping_rows,
    fit_early_stopping,
    is_right,
    read_whole,
)

# Shares of unanswerable questions refused, for each of which a threshold is determined.
STRICTNESS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
# The default share of `qa ask`. SQuAD's unanswerable questions were written to look answerable;
# of those that people ask, far more are refused.
OPERATING_POINT = 0.7


@dataclass(frozen=True, slots=True)
class Judged:
    """The best candidates of one question: the features of each, and whether it is right."""

    answerable: bool
    candidates: tuple[tuple[Mapping[str, float], bool], ...]


def judge(reading: WholeReading, *, ranking: Ranking, early_stopping: EarlyStopping) -> Judged:
    """Judge the candidates of a question among what is read when reading may stop early."""
    recorded = RecordedReader(reading.hits, reading.spans)
    seen = read(recorded, "", reading.hits, ranking=ranking, early_stopping=early_stopping)
    found = seen.select(SHOWN)
    return Judged(
        bool(reading.accepted),
        tuple((each.features, is_right(each.span.text, reading.accepted)) for each in found),
    )


def fit(
    judged: Sequence[Judged], *, reader: str, ranking: Ranking, early_stopping: EarlyStopping
) -> Calibration:
    """Fit a logistic regression to the candidates, and determine the thresholds on the same."""
    rows, right = zip(*(pair for question in judged for pair in question.candidates), strict=True)
    fitted = Calibration(ranking, fit_logistic(rows, right), early_stopping, 0.0, reader)
    best = [_best(question, fitted) for question in judged]
    absent = [p for question, (p, _) in zip(judged, best, strict=True) if not question.answerable]
    # The next larger probability: at that threshold the quantile itself is refused too.
    points = [float(np.quantile(absent, share, method="higher")) + 1e-4 for share in STRICTNESS]
    return replace(
        fitted,
        threshold=round(points[STRICTNESS.index(OPERATING_POINT)], 4),
        strictness=tuple(zip(STRICTNESS, (round(p, 4) for p in points), strict=True)),
    )


def _best(question: Judged, calibration: Calibration) -> tuple[float, bool]:
    """Return the probability of the first candidate, and whether it is right."""
    if not question.candidates:
        return 0.0, False
    features, right = question.candidates[0]
    return calibration.answer.probability(features), right


def report(judged: Sequence[Judged], calibration: Calibration) -> dict[str, object]:
    """Return the scores of the probability on questions, in percent unless stated otherwise.

    ``ece``, from 0 to 1, and ``coverage_at_80`` are those of
    :mod:`qa.evaluation.confidence`; ``absent_answered_at_strict`` is the share of unanswerable
    questions that get an answer at each point of ``strictness``.
    """
    best = [_best(question, calibration) for question in judged]
    probability = np.array([p for p, _ in best])
    right = np.array([r for _, r in best], dtype=float)
    answerable = np.array([question.answerable for question in judged])
    shown = probability >= calibration.threshold
    return {
        "questions": len(judged),
        "answerable": int(answerable.sum()),
        "threshold": calibration.threshold,
        "right_of_shown": round(100 * right[shown].mean(), 1) if shown.any() else 0.0,
        "shown": round(100 * shown.mean(), 1),
        "answered_but_absent": round(100 * shown[~answerable].mean(), 1),
        "refused_but_there": round(100 * (~shown[answerable]).mean(), 1),
        "right_best_of_answerable": round(100 * right[answerable].mean(), 1),
        "ece": round(calibration_error(probability, right), 4),
        "coverage_at_80": round(100 * coverage_at_80(probability, right), 1),
        "absent_answered_at_strict": {
            str(share): round(100 * float((probability[~answerable] >= threshold).mean()), 1)
            for share, threshold in calibration.strictness
        },
    }


def report_early_stopping(
    readings: Sequence[WholeReading], calibration: Calibration
) -> dict[str, float]:
    """Return the area under the ROC curve of both chances, 0.5 to 1."""
    from sklearn.metrics import roc_auc_score

    rows, changed, gained = early_stopping_rows(readings, calibration.ranking)
    stopping = calibration.early_stopping
    return {
        name: round(float(roc_auc_score(came, [chance.probability(row) for row in rows])), 3)
        for name, chance, came in (
            ("change_auc", stopping.change, changed),
            ("gain_auc", stopping.gain, gained),
        )
    }


def check_halves(paragraphs: Sequence[Paragraph], held_out: Set[str]) -> None:
    """Raise :class:`~qa.errors.DatasetError` where a half lacks a kind of question."""
    for is_held_out in (False, True):
        kinds = {
            bool(question.texts)
            for paragraph in paragraphs
            if (paragraph.title in held_out) == is_held_out
            for question in paragraph.questions
        }
        if kinds != {True, False}:
            raise DatasetError(
                "each half of the articles, sorted by title, needs questions that have an answer "
                "and questions that have none",
                "take a file such as squad-v2.0-dev.jsonl.gz",
            )


def main() -> None:
    """Fit on the first half of a file's articles, report on the second, write the result."""
    parser = argparse.ArgumentParser(prog="python -m training.calibrate", description=main.__doc__)
    parser.add_argument("file", type=Path, help="paragraphs with questions, some unanswerable")
    parser.add_argument("--models", type=Path, default=MODELS, help="the folder of the reader")
    parser.add_argument("--sample", type=at_least_one, default=2500, help="questions of each half")
    options = parser.parse_args()
    paragraphs = list(read_paragraphs(options.file))
    held_out = held_out_titles(paragraph.title for paragraph in paragraphs)
    check_halves(paragraphs, held_out)
    reader = OnnxReader(options.models)
    halves = [
        read_whole(
            [p for p in paragraphs if (p.title in held_out) == is_held_out],
            reader,
            sample=options.sample,
            seed=1,
        )
        for is_held_out in (False, True)
    ]
    ranking = fit_ranking(halves[0])
    early_stopping = fit_early_stopping(halves[0], ranking)
    judged = [
        [judge(each, ranking=ranking, early_stopping=early_stopping) for each in half]
        for half in halves
    ]
    calibration = fit(
        judged[0], reader=reader.fingerprint, ranking=ranking, early_stopping=early_stopping
    )
    scores = {
        "fitted_on": report(judged[0], calibration),
        "held_out": report(judged[1], calibration) | report_early_stopping(halves[1], calibration),
    }
    stored = {
        "retrieval_weight": calibration.ranking.retrieval_weight,
        "answer": asdict(calibration.answer),
        "change": asdict(calibration.early_stopping.change),
        "gain": asdict(calibration.early_stopping.gain),
        "threshold": calibration.threshold,
        "strictness": calibration.strictness,
        "reader": calibration.reader,
        "data": f"{options.file.name}, first half of the articles by title",
        **scores,
    }
    written = json.dumps(stored, indent=2)
    replace_file(options.models / "calibration.json", f"{written}\n".encode())
    print(written)


if __name__ == "__main__":
    run(main)
