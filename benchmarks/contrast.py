"""Contrast pairs, both right: ``python -m benchmarks.contrast FOLDER`` (a minute).

FOLDER contains ``CORPUS/docs`` for each corpus that the pairs name.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.saved import commit, save
from qa.evaluation.contrast import ContrastPair, pair_scores, read_pairs
from qa.evaluation.corpus import ask_corpus
from qa.evaluation.outcomes import Outcome
from qa.networks.reader import OnnxReader
from qa.pipeline import QA

# Pairs over corpora on which nothing is trained.
PAIRS = Path("training/data/contrast-validation.jsonl")


def ask_pairs(pairs: Sequence[ContrastPair], folder: Path) -> dict[str, Outcome]:
    """Ask each question of its whole corpus; return the outcomes by the ids of the questions."""
    outcomes: dict[str, Outcome] = {}
    for corpus in dict.fromkeys(pair.corpus for pair in pairs):
        questions = [each for pair in pairs if pair.corpus == corpus for each in pair.questions]
        with tempfile.TemporaryDirectory() as index:
            qa = QA.build(folder / corpus / "docs", index)
            outcomes |= {outcome.id: outcome for outcome in ask_corpus(questions, qa)}
    return outcomes


def main() -> None:
    """Ask the pairs, print the scores by what the questions differ in, and save them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contrast", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="folder that contains CORPUS/docs")
    parser.add_argument("--pairs", type=Path, default=PAIRS, help=f"default: {PAIRS}")
    options = parser.parse_args()
    pairs = read_pairs(options.pairs)
    results = {
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "reader": OnnxReader().fingerprint,
        "scores": pair_scores(pairs, ask_pairs(pairs, options.folder)),
    }
    save("contrast", results)


if __name__ == "__main__":
    main()
