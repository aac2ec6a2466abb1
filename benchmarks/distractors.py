"""The cost of other documents: SQuAD's questions among 100,000 paragraphs that are not SQuAD's.

``python -m benchmarks.distractors TEXT QA_DATA --folder DIR``: TEXT and DIR are those of
``benchmarks.scale``, whose index is used where it is there.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.saved import commit, save
from benchmarks.scale import write_documents
from benchmarks.squad import V1, pooled_questions
from qa.evaluation.corpus import evaluate_corpus
from qa.evaluation.golden import GoldenQuestion
from qa.evaluation.reader import ask_reader
from qa.evaluation.scores import answer_scores
from qa.networks.reader import OnnxReader
from qa.pipeline import QA

_POOL = "squad"


def given(file: Path, questions: Sequence[GoldenQuestion]) -> dict[str, Any]:
    """Return the scores of the reader when each question's paragraph is given."""
    wanted = {question.id for question in questions}
    outcomes = [each for each in ask_reader(file, OnnxReader()) if each.id in wanted]
    return answer_scores(outcomes)


def asked(questions: Sequence[GoldenQuestion], folder: Path, index: Path) -> dict[str, Any]:
    """Return the scores end to end over the documents of a folder."""
    qa = QA.build(folder, index)
    scores = evaluate_corpus(list(questions), qa)
    scores.pop("misses")
    return {"documents": len(qa.manifest.documents), "passages": qa.manifest.passages, **scores}


def measure(text: Path, data: Path, place: Path, passages: int, sample: int) -> dict[str, Any]:
    """Return the scores with the paragraph given, over the pool, and with the other paragraphs."""
    with tempfile.TemporaryDirectory() as temporary:
        pool = Path(temporary, "pool")
        questions, _ = pooled_questions(data, pool)
        random.Random(1).shuffle(questions)
        questions = questions[:sample]
        results = {
            "given": given(data / V1, questions),
            "pooled": asked(questions, pool, Path(temporary, "index")),
        }
        documents = place / "documents"
        write_documents(text, documents, passages)
        shutil.copytree(pool, documents / _POOL, dirs_exist_ok=True)
        moved = [
            replace(each, documents=tuple(f"{_POOL}/{name}" for name in each.documents))
            for each in questions
        ]
        try:
            results["among others"] = asked(moved, documents, place / "index")
        finally:
            shutil.rmtree(documents / _POOL)
    return results


def main() -> None:
    """Measure, and write the results by commit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distractors", description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--passages", type=int, default=100_000, help="default: %(default)s")
    parser.add_argument("--sample", type=int, default=1000, help="questions (default: %(default)s)")
    options = parser.parse_args()
    results = {
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "reader": OnnxReader().fingerprint,
        **measure(options.text, options.data, options.folder, options.passages, options.sample),
    }
    save("distractors", results)


if __name__ == "__main__":
    main()
