"""Accuracy on labelled data: ``python -m benchmarks.accuracy QA_DATA`` (half an hour)."""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.__main__ import RESULTS, commit
from qa.evaluation.corpus import evaluate_corpus
from qa.evaluation.datasets import read_paragraphs
from qa.evaluation.golden import read_golden
from qa.evaluation.pool import write_pool
from qa.evaluation.reader import evaluate_reader
from qa.pipeline import QA
from qa.reader import OnnxReader
from qa.weights import MODELS


def pooled(file: Path, *, sample: int) -> dict[str, Any]:
    """Ask a sample of a file's questions of all its paragraphs, pooled as documents."""
    with tempfile.TemporaryDirectory() as temporary:
        questions = write_pool(read_paragraphs(file), Path(temporary, "pool"))
        qa = QA.build(Path(temporary, "pool"), Path(temporary, "index"))
        random.Random(1).shuffle(questions)
        scores = evaluate_corpus(questions[:sample], qa)
        scores.pop("misses")
        return {"documents": len(qa.manifest.documents), **scores}


def main() -> None:
    """Measure the reader, the pooled corpus and ``seeds/``; write the results by commit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=main.__doc__)
    parser.add_argument("data", type=Path, help="folder that holds test/squad-v1.1-dev.jsonl.gz")
    parser.add_argument("--sample", type=int, default=2000, help="questions of the pooled corpus")
    options = parser.parse_args()
    reader = OnnxReader()
    v1 = options.data / "test/squad-v1.1-dev.jsonl.gz"
    with tempfile.TemporaryDirectory() as temporary:
        qa = QA.build("seeds", temporary)
        seeds = evaluate_corpus(read_golden("tests/golden/seeds.jsonl"), qa)
    results = {
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "reader": reader.fingerprint,
        "squad_v1": evaluate_reader(v1, reader),
        "squad_v2": evaluate_reader(options.data / "test/squad-v2.0-dev.jsonl.gz", reader),
        "pooled": pooled(v1, sample=options.sample),
        "seeds": seeds,
        "calibration": json.loads((MODELS / "calibration.json").read_text("utf-8"))["held_out"],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"accuracy-{results['commit']}.json"
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(path.read_text("utf-8"))


if __name__ == "__main__":
    main()
