"""What early stopping saves and loses: ``python -m benchmarks.early_stop QA_DATA``.

Every passage of every question is read once; the results are then judged as if reading had
stopped at each pair of limits. The probability is the shipped one for all limits.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.saved import commit, save
from benchmarks.squad import pooled_questions
from qa.answers.calibration import Calibration
from qa.answers.candidates import Candidate, rank_candidates
from qa.answers.early_stop import MIN_CHANGE, MIN_GAIN
from qa.answers.reading import FIRST, read
from qa.answers.selection import Evidence
from qa.evaluation.golden import GoldenQuestion, read_golden
from qa.evaluation.metrics import RIGHT_FROM_F1, best_over_references, exact_match, f1
from qa.networks.reader import OnnxReader
from qa.pipeline import QA
from qa.types import Hit, Span
from training.reading import SHOWN, RecordedReader

TOP_K = 10
# What is tried in place of `MIN_CHANGE` and `MIN_GAIN` of `qa.answers.early_stop`, which come
# first; 0 leaves one of them out.
LIMITS = (
    (MIN_CHANGE, MIN_GAIN),
    *((MIN_CHANGE, gain) for gain in (0.0, 0.001, 0.003, 0.004, 0.005, 0.0075)),
    *((change, MIN_GAIN) for change in (0.0, 0.005, 0.01, 0.015, 0.03, 0.05, 0.08)),
)


@dataclass(frozen=True, slots=True)
class TimedReading:
    """A question with every passage read: the spans of each, and the milliseconds it took."""

    question: str
    accepted: tuple[str, ...]
    hits: tuple[Hit, ...]
    spans: tuple[Sequence[Span], ...]
    passage_ms: tuple[float, ...]


def read_all(questions: Sequence[GoldenQuestion], qa: QA, reader: OnnxReader) -> list[TimedReading]:
    """Read each question's passages one by one; the spans do not depend on the batch."""
    readings = []
    for golden in questions:
        hits = qa.search(golden.question, top_k=TOP_K).passages
        spans: list[Sequence[Span]] = []
        passage_ms = []
        for hit in hits:
            began = time.perf_counter()
            spans += reader.read(golden.question, [hit.passage])
            passage_ms.append(1000 * (time.perf_counter() - began))
        readings.append(
            TimedReading(golden.question, golden.answers, hits, tuple(spans), tuple(passage_ms))
        )
    return readings


def judge(
    readings: Sequence[TimedReading],
    calibration: Calibration,
) -> dict[str, Any]:
    """Return what limits save and lose, in percent unless the name says otherwise.

    ``passages_absent``: passages read, on average, for a question without an answer.
    ``changed``: another answer comes first. ``moved``: the probability of the same answer
    changes by more than 0.05. ``places``: further places that say it, and those kept.
    ``crossed``: questions that cross the threshold. ``top3_lost``: of the questions with an
    answer, those that no longer have a right one among three.
    """

    def ranked(
        spans: Sequence[Sequence[Span]], reading: TimedReading
    ) -> list[tuple[Candidate, float]]:
        found = rank_candidates(reading.hits, spans, ranking=calibration.ranking)
        selected = calibration.selection.select(
            Evidence.of(reading.question, reading.hits), found, SHOWN
        )
        return calibration.calibrate(selected)

    def kept_of(reading: TimedReading) -> list[bool]:
        seen = read(
            RecordedReader(reading.hits, reading.spans),
            "",
            reading.hits,
            ranking=calibration.ranking,
            early_stopping=calibration.early_stopping,
        )
        return [each is not None for each in seen.spans]

    def score(
        metric: Callable[[str, str], float], found: list[tuple[Candidate, float]], to: TimedReading
    ) -> float:
        texts = [each.span.text for each, _ in found] or [""]
        return 100 * max(best_over_references(metric, text, to.accepted) for text in texts)

    masks = [kept_of(each) for each in readings]
    results = [
        (
            ranked(each.spans, each),
            ranked([s if r else () for s, r in zip(each.spans, kept, strict=True)], each),
            each,
        )
        for each, kept in zip(readings, masks, strict=True)
    ]
    there = [result for result in results if result[2].accepted]
    firsts = [(a[0], b[0]) for a, b, _ in results if a and b]
    same = [(a, b) for a, b in firsts if a[0].span.text == b[0].span.text]
    spent = [
        (sum(each.passage_ms), sum(ms for ms, r in zip(each.passage_ms, kept, strict=True) if r))
        for each, kept in zip(readings, masks, strict=True)
    ]
    absent = [sum(kept) for each, kept in zip(readings, masks, strict=True) if not each.accepted]
    over, right = calibration.threshold, 100 * RIGHT_FROM_F1
    return {
        "min_change": calibration.early_stopping.min_change,
        "min_gain": calibration.early_stopping.min_gain,
        "stopped": _percent(mean(not all(kept) for kept in masks)),
        "first_round_alone": _percent(mean(sum(kept) <= FIRST for kept in masks)),
        "passages_not_read": _percent(1 - sum(map(sum, masks)) / sum(map(len, masks))),
        "passages_absent": round(mean(absent), 2) if absent else None,
        "time": round(sum(b for _, b in spent) / sum(a for a, _ in spent), 3),
        "em_lost": round(
            mean(score(exact_match, a[:1], r) - score(exact_match, b[:1], r) for a, b, r in there),
            2,
        ),
        "f1_lost": round(mean(score(f1, a[:1], r) - score(f1, b[:1], r) for a, b, r in there), 2),
        "top3_lost": _percent(
            mean((score(f1, a, r) >= right) - (score(f1, b, r) >= right) for a, b, r in there)
        ),
        "changed": _percent(1 - len(same) / len(firsts)),
        "moved": _percent(mean(abs(a[1] - b[1]) > 0.05 for a, b in same)),
        "crossed": _percent(mean((a[1] >= over) != (b[1] >= over) for a, b in firsts)),
        "places": sum(len(a[0].also) for a, _ in same),
        "places_kept": sum(len(b[0].also) for _, b in same),
    }


def with_limits(calibration: Calibration, min_change: float, min_gain: float) -> Calibration:
    """Return the calibration with other limits of early stopping."""
    early_stopping = replace(calibration.early_stopping, min_change=min_change, min_gain=min_gain)
    return replace(calibration, early_stopping=early_stopping)


def _percent(share: float) -> float:
    return round(100 * share, 1)


def measure(questions: Sequence[GoldenQuestion], qa: QA) -> dict[str, Any]:
    """Return the scores of all limits on the questions of one index."""
    reader = OnnxReader()
    calibration = Calibration.load(reader=reader.fingerprint)
    readings = read_all(questions, qa, reader)
    return {
        "questions": len(readings),
        "limits": [
            judge(readings, with_limits(calibration, change, gain)) for change, gain in LIMITS
        ],
    }


def main() -> None:
    """Measure on ``seeds/`` and on pooled articles of SQuAD v1.1; write the results by commit."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.early_stop", description=main.__doc__
    )
    parser.add_argument("data", type=Path, help="folder that contains test/squad-v1.1-dev.jsonl.gz")
    parser.add_argument(
        "--sample", type=int, default=1000, help="of the pooled articles' questions"
    )
    options = parser.parse_args()
    results: dict[str, Any] = {
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with tempfile.TemporaryDirectory() as temporary:
        seeds = QA.build("seeds", Path(temporary, "seeds"))
        results["seeds"] = measure(read_golden("tests/golden/seeds.jsonl"), seeds)
        pool = Path(temporary, "pool")
        questions, _ = pooled_questions(options.data, pool)
        random.Random(1).shuffle(questions)
        pooled = QA.build(pool, Path(temporary, "index"))
        results["pooled"] = measure(questions[: options.sample], pooled)
    save("early-stop", results)


if __name__ == "__main__":
    main()
