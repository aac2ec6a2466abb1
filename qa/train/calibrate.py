"""Fit the probabilities: ``python -m qa.train.calibrate squad-v2.0-dev.jsonl.gz``.

The articles of the file, sorted by title, are halved: the first half is fitted
to, the second is only reported on. Fitted first is when to read on, then, on what is
read so, whether an answer is right.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from qa.best_first import LEAST_CHANCE
from qa.calibration import Calibration
from qa.candidates import FEATURES, rank_candidates
from qa.evaluation.confidence import RIGHT_FROM_F1, calibration_error, coverage_at_80
from qa.evaluation.datasets import read_paragraphs
from qa.evaluation.metrics import best_over_references, f1
from qa.evaluation.pool import held_out_titles
from qa.logistic import Logistic
from qa.reader import OnnxReader
from qa.train.logistic import fit_logistic
from qa.train.reading import Reading, fit_reading, read_all, stop_early
from qa.weights import MODELS

# Shares of absent answers refused, for which the threshold is counted.
STRICTNESS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
# The share at which `qa ask` stands unless told otherwise. SQuAD's unanswerable questions
# were written to look answerable; of those that people ask, far more are refused.
OPERATING_POINT = 0.7


@dataclass(frozen=True, slots=True)
class Judged:
    """The best candidates of one question.

    ``features`` has shape ``(candidates, features)``, ``right`` ``(candidates,)``.
    """

    answerable: bool
    features: np.ndarray
    right: np.ndarray


def judge(reading: Reading, *, chance: Logistic) -> Judged:
    """Judge the candidates of a question among what is read where reading may stop."""
    spans = stop_early(reading.hits, reading.spans, chance=chance, least=LEAST_CHANCE)
    candidates = rank_candidates(reading.hits, [each or () for each in spans], limit=3)
    features = np.array([[c.features[name] for name in FEATURES] for c in candidates])
    right = np.array(
        [
            bool(reading.accepted)
            and best_over_references(f1, c.span.text, reading.accepted) >= RIGHT_FROM_F1
            for c in candidates
        ]
    )
    return Judged(bool(reading.accepted), features.reshape(-1, len(FEATURES)), right)


def fit(judged: Sequence[Judged], *, reader: str, reading: Logistic) -> Calibration:
    """Fit a logistic regression to the candidates, and count the thresholds on the same ones."""
    rows = [
        dict(zip(FEATURES, row, strict=True)) for question in judged for row in question.features
    ]
    right = [bool(each) for question in judged for each in question.right]
    fitted = Calibration(fit_logistic(rows, right, FEATURES), reading, 0.0, reader)
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
    """Return the highest probability among the candidates, and whether that one is right."""
    scored = [
        (calibration.probability(dict(zip(FEATURES, row, strict=True))), bool(right))
        for row, right in zip(question.features, question.right, strict=True)
    ]
    return max(scored, key=lambda pair: pair[0], default=(0.0, False))


def report(judged: Sequence[Judged], calibration: Calibration) -> dict[str, object]:
    """Return how the probability fares on questions, in percent unless it says otherwise.

    ``ece``, from 0 to 1, and ``coverage_at_80`` are those of
    :mod:`qa.evaluation.confidence`; ``absent_answered_at_strict`` is what became of
    each point of ``strictness``.
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


def main() -> None:
    """Fit on the first half of a file's articles, report on the second, write the result."""
    parser = argparse.ArgumentParser(prog="python -m qa.train.calibrate", description=main.__doc__)
    parser.add_argument("file", type=Path, help="paragraphs with questions, some unanswerable")
    parser.add_argument("--models", type=Path, default=MODELS, help="where the reader lies")
    parser.add_argument("--sample", type=int, default=2500, help="questions of each half")
    options = parser.parse_args()
    paragraphs = list(read_paragraphs(options.file))
    held_out = held_out_titles(paragraph.title for paragraph in paragraphs)
    reader = OnnxReader(options.models)
    halves = [
        read_all(
            [p for p in paragraphs if (p.title in held_out) == is_held_out],
            reader,
            sample=options.sample,
            seed=1,
        )
        for is_held_out in (False, True)
    ]
    reading = fit_reading(halves[0])
    judged = [[judge(each, chance=reading) for each in half] for half in halves]
    calibration = fit(judged[0], reader=reader.fingerprint, reading=reading)
    scores = {
        "fitted_on": report(judged[0], calibration),
        "held_out": report(judged[1], calibration),
    }
    stored = {
        "answer": asdict(calibration.answer),
        "reading": asdict(calibration.reading),
        "threshold": calibration.threshold,
        "strictness": calibration.strictness,
        "reader": calibration.reader,
        "data": f"{options.file.name}, first half of the articles by title",
        **scores,
    }
    (options.models / "calibration.json").write_text(
        json.dumps(stored, indent=2) + "\n", encoding="utf-8"
    )
    json.dump(stored, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
