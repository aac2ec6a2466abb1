"""What stopping early would save and lose: ``python -m benchmarks.early_stop QA_DATA``.

The pipeline reads on. On 110 golden questions and 80 of five pooled articles of SQuAD v1.1
no rule lost EM or F1, and a margin of 6 spared 12 to 27 % of the passages; but the rules that
spare any drop further places that say the answer, and move the probability, since two of its
features (how far ahead of the next answer, how many places) mean less after fewer passages.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.saved import commit, save
from qa.calibration import Calibration
from qa.candidates import Candidate, rank_candidates
from qa.evaluation.datasets import read_paragraphs
from qa.evaluation.golden import GoldenQuestion, read_golden
from qa.evaluation.metrics import best_over_references, exact_match, f1
from qa.evaluation.pool import write_pool
from qa.pipeline import QA
from qa.reader import OnnxReader
from qa.types import Hit, Span

TOP_K = 10
# Read together before it is asked whether to go on; the same on any number of cores.
GROUP = 2
# Logits by which the best span must beat "no answer in this passage" to be decisive. A
# second condition is tried with each: that it beats the best other answer by as much.
MARGINS = (4.0, 6.0, 8.0, 10.0, 12.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """A question read to the end: what each passage gave, and the milliseconds of each group."""

    accepted: tuple[str, ...]
    hits: tuple[Hit, ...]
    spans: tuple[Sequence[Span], ...]
    group_ms: tuple[float, ...]


def read_all(questions: Sequence[GoldenQuestion], qa: QA, reader: OnnxReader) -> list[Reading]:
    """Read each question's passages group by group; a passage reads the same in any."""
    readings = []
    for golden in questions:
        hits = qa.search(golden.question, top_k=TOP_K)
        spans: list[Sequence[Span]] = []
        group_ms = []
        for first in range(0, len(hits), GROUP):
            began = time.perf_counter()
            group = [hit.passage for hit in hits[first : first + GROUP]]
            spans += reader.read(golden.question, group)
            group_ms.append(1000 * (time.perf_counter() - began))
        readings.append(Reading(golden.answers, tuple(hits), tuple(spans), tuple(group_ms)))
    return readings


def judge(
    readings: Sequence[Reading], calibration: Calibration, margin: float, *, lead: bool
) -> dict[str, Any]:
    """Return what a rule saves and loses, in percent unless the name says otherwise.

    ``changed``: another answer comes first. ``moved``: the shown probability of the same
    answer moves by more than 0.05. ``places``: further ones that say it, counted, and those kept.
    ``crossed``: questions that go over or under the threshold.
    """

    def best(count: int, reading: Reading) -> tuple[Candidate | None, float]:
        ranked = rank_candidates(reading.hits[:count], reading.spans[:count], limit=3)
        scored = [(each, calibration.probability(each.features)) for each in ranked]
        return max(scored, key=lambda pair: pair[1], default=(None, 0.0))

    def stop(reading: Reading) -> int:
        for count in range(GROUP, len(reading.hits), GROUP):
            ranked = rank_candidates(reading.hits[:count], reading.spans[:count], limit=1)
            features = ranked[0].features if ranked else {"margin": -inf}
            # The feature "lead" is cut off at 10.
            if features["margin"] >= margin and (not lead or features["lead"] >= min(margin, 10.0)):
                return count
        return len(reading.hits)

    def score(metric: Callable[[str, str], float], found: Candidate | None, to: Reading) -> float:
        return 100 * best_over_references(metric, found.span.text if found else "", to.accepted)

    read = [stop(each) for each in readings]
    pairs = [
        (best(len(each.hits), each), best(count, each), each)
        for count, each in zip(read, readings, strict=True)
    ]
    there = [pair for pair in pairs if pair[2].accepted]
    same = [(a, b) for a, b, _ in pairs if a[0] and b[0] and a[0].span.text == b[0].span.text]
    places = sum(len(a[0].also) for a, _ in same if a[0])
    kept = sum(len(b[0].also) for _, b in same if b[0])
    spent = [sum(r.group_ms[: -(-n // GROUP)]) for n, r in zip(read, readings, strict=True)]
    over = calibration.threshold
    return {
        "margin": margin,
        "lead_too": lead,
        "passages_not_read": _percent(1 - sum(read) / sum(len(each.hits) for each in readings)),
        "ms_all": round(mean(sum(each.group_ms) for each in readings), 1),
        "ms_stopping": round(mean(spent), 1),
        "em_lost": round(
            mean(score(exact_match, a[0], r) - score(exact_match, b[0], r) for a, b, r in there), 2
        ),
        "f1_lost": round(mean(score(f1, a[0], r) - score(f1, b[0], r) for a, b, r in there), 2),
        "changed": _percent(1 - len(same) / len(pairs)),
        "moved": _percent(mean(abs(a[1] - b[1]) > 0.05 for a, b in same)),
        "crossed": _percent(mean((a[1] >= over) != (b[1] >= over) for a, b, _ in pairs)),
        "places": places,
        "places_kept": kept,
    }


def _percent(share: float) -> float:
    return round(100 * share, 1)


def measure(questions: Sequence[GoldenQuestion], qa: QA) -> dict[str, Any]:
    """Return the scores of every rule on the questions of one index."""
    reader = OnnxReader()
    calibration = Calibration.load(reader=reader.fingerprint)
    readings = read_all(questions, qa, reader)
    return {
        "questions": len(readings),
        "rules": [
            judge(readings, calibration, margin, lead=lead)
            for lead in (False, True)
            for margin in MARGINS
        ],
    }


def main() -> None:
    """Measure on ``seeds/`` and on pooled articles of SQuAD v1.1; write the results by commit."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.early_stop", description=main.__doc__
    )
    parser.add_argument("data", type=Path, help="folder that holds test/squad-v1.1-dev.jsonl.gz")
    parser.add_argument("--sample", type=int, default=200, help="questions of the pooled articles")
    parser.add_argument("--articles", type=int, default=48, help="how many articles are pooled")
    options = parser.parse_args()
    paragraphs = list(read_paragraphs(options.data / "test/squad-v1.1-dev.jsonl.gz"))
    titles = sorted({paragraph.title for paragraph in paragraphs})[: options.articles]
    results: dict[str, Any] = {"commit": commit(), "group": GROUP, "articles": len(titles)}
    with tempfile.TemporaryDirectory() as temporary:
        seeds = QA.build("seeds", Path(temporary, "seeds"))
        results["seeds"] = measure(read_golden("tests/golden/seeds.jsonl"), seeds)
        pool = Path(temporary, "pool")
        questions = write_pool((p for p in paragraphs if p.title in titles), pool)
        random.Random(1).shuffle(questions)
        pooled = QA.build(pool, Path(temporary, "index"))
        results["pooled"] = measure(questions[: options.sample], pooled)
    save("early-stop", results)


if __name__ == "__main__":
    main()
