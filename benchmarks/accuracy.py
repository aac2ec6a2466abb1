"""Accuracy on labelled data: ``python -m benchmarks.accuracy QA_DATA`` (half an hour)."""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.saved import commit, save
from qa.evaluation.confidence import reliability, risk_coverage
from qa.evaluation.corpus import ask_corpus, evaluate_corpus
from qa.evaluation.datasets import read_paragraphs
from qa.evaluation.golden import read_golden
from qa.evaluation.outcomes import Outcome
from qa.evaluation.pool import held_out_titles, write_pool
from qa.evaluation.reader import evaluate_reader
from qa.evaluation.scores import answer_scores, confidences_of
from qa.networks.reader import OnnxReader
from qa.networks.weights import MODELS
from qa.pipeline import QA

V1, V2 = "test/squad-v1.1-dev.jsonl.gz", "test/squad-v2.0-dev.jsonl.gz"


def pooled(data: Path, *, sample: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask all paragraphs of SQuAD v1.1 dev, pooled as documents; return two scores.

    The first are those of a sample of its own questions. The second are those of
    a sample of v2.0's, written over the same paragraphs, half of them unanswerable
    and all of articles to which no probability was fitted: with the curves of
    ``benchmarks.pictures``.
    """
    with tempfile.TemporaryDirectory() as temporary:
        questions = write_pool(read_paragraphs(data / V1), Path(temporary, "pool"))
        qa = QA.build(Path(temporary, "pool"), Path(temporary, "index"))
        random.Random(1).shuffle(questions)
        scores = evaluate_corpus(questions[:sample], qa)
        scores.pop("misses")
        v2 = list(read_paragraphs(data / V2))
        titles = held_out_titles(p.title for p in v2)
        questions = write_pool([p for p in v2 if p.title in titles], Path(temporary, "others"))
        random.Random(1).shuffle(questions)
        outcomes = ask_corpus(questions[:sample], qa)
        return {"documents": len(qa.manifest.documents), **scores}, {
            **answer_scores(outcomes),
            **curves(outcomes),
        }


def curves(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the bins of the reliability diagram, and the risk at each hundredth of coverage."""
    confidences, right = confidences_of(outcomes)
    coverage, risk = risk_coverage(confidences, right)
    at = np.searchsorted(coverage, np.arange(1, 101) / 100 - 1e-9)
    return {
        "reliability": [asdict(bin) for bin in reliability(confidences, right)],
        "coverage": [round(float(share), 4) for share in coverage[at]],
        "risk": [round(float(share), 4) for share in risk[at]],
    }


def main() -> None:
    """Measure the reader, the pooled corpus and ``seeds/``; write the results by commit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=main.__doc__)
    parser.add_argument("data", type=Path, help="folder that holds test/squad-v1.1-dev.jsonl.gz")
    parser.add_argument("--sample", type=int, default=1000, help="questions of each pooled sample")
    options = parser.parse_args()
    reader = OnnxReader()
    with tempfile.TemporaryDirectory() as temporary:
        qa = QA.build("seeds", temporary)
        seeds = evaluate_corpus(read_golden("tests/golden/seeds.jsonl"), qa)
    own, held_out = pooled(options.data, sample=options.sample)
    results = {
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "reader": reader.fingerprint,
        "squad_v1": evaluate_reader(options.data / V1, reader),
        "squad_v2": evaluate_reader(options.data / V2, reader),
        "pooled": own,
        "held_out": held_out,
        "seeds": seeds,
        "calibration": json.loads((MODELS / "calibration.json").read_text("utf-8"))["held_out"],
    }
    save("accuracy", results)


if __name__ == "__main__":
    main()
