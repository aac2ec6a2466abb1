"""Judge a reader on held-out made corpora: ``python -m training.synthetic.measure HELD``.

Right is the best span of the five passages that retrieval returns, if it is at the right place:
the same words in another row are wrong.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qa.evaluation.confidence import auc
from qa.evaluation.metrics import is_right
from qa.networks.reader import OnnxReader
from qa.networks.weights import MODELS
from qa.pipeline import QA
from training.command import run

TOP_K = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with its tags; ``margin`` is that of its best span over "no answer here"."""

    tags: tuple[str, ...]
    has_answer: bool
    found: bool
    right: bool
    margin: float


def judge(folder: Path, index: Path, reader: OnnxReader) -> Iterator[Judged]:
    """Yield the questions of a corpus, judged; "found" is that a passage has the place."""
    qa = QA.build(folder / "docs", index)
    for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        passages = [hit.passage for hit in qa.search(row["question"], top_k=TOP_K).passages]
        places = [
            (start, end, passage)
            for start, end in row.get("places", ())
            for passage in passages
            if passage.document_id == row["document"] and passage.start <= start < passage.end
        ]
        spans = [span for each in reader.read(row["question"], passages) for span in each]
        best = max(spans, key=lambda span: span.margin, default=None)
        right = best is not None and any(
            best.passage.document_id == row["document"]
            and best.start < end
            and start < best.end
            and is_right(best.text, row["answers"][0]) > 0
            for start, end in row.get("places", ())
        )
        margin = best.margin if best else -np.inf
        yield Judged(tuple(row["tags"]), bool(row["answers"]), bool(places), right, margin)


def scores(judged: Sequence[Judged]) -> Mapping[str, object]:
    """Return shares in per cent of the questions with an answer, by form and by kind."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        suffix, form = each.tags[2].split("-", 1)
        for name in ("all", f"format {suffix}", f"form {form}", f"kind {each.tags[3]}"):
            if each.has_answer:
                groups[name].append(each)
    table = {
        name: {
            "questions": len(group),
            "found": round(100 * sum(each.found for each in group) / len(group), 1),
            "right": round(100 * sum(each.right for each in group) / len(group), 1),
        }
        for name, group in sorted(groups.items())
    }
    decided = [each for each in judged if each.right or not each.has_answer]
    return {
        **table,
        "absent": sum(not each.has_answer for each in judged),
        "auc": round(
            auc(
                np.array([each.margin for each in decided]),
                np.array([float(each.right) for each in decided]),
            ),
            3,
        ),
    }


def main() -> None:
    """Print what share of the questions a reader answers rightly, as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m training.synthetic.measure", description=main.__doc__
    )
    parser.add_argument("held", type=Path, help="the folder held/ that training.synthetic writes")
    parser.add_argument("--indexes", type=Path, required=True, help="where corpora are indexed")
    parser.add_argument("--reader", type=Path, default=MODELS, help="folder of the reader")
    options = parser.parse_args()
    reader = OnnxReader(options.reader)
    judged = [
        each
        for folder in sorted(path for path in options.held.iterdir() if path.is_dir())
        for each in judge(folder, options.indexes / folder.name, reader)
    ]
    for name, value in scores(judged).items():
        print(json.dumps({name: value}))


if __name__ == "__main__":
    run(main)
