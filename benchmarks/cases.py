"""Small folders of documents, each with its questions: ``python -m benchmarks.cases FOLDER``.

A case is a folder with ``docs/`` and ``questions.jsonl``, and is indexed by itself. Cases are kept
outside this repository; each is an example of a fault that readers of documents have.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.saved import commit, save
from qa.evaluation.corpus import ask_corpus
from qa.evaluation.golden import GoldenQuestion
from qa.evaluation.outcomes import Outcome
from qa.pipeline import QA


def questions(case: Path) -> list[GoldenQuestion]:
    """Return the questions of a case; they need no ids."""
    lines = (case / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    return [
        GoldenQuestion(f"{case.name}-{number}", row["question"], tuple(row["answers"]))
        for number, row in enumerate(rows, start=1)
    ]


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return how many questions there are, and how many have the right best answer.

    A question without an answer is right if none is shown. ``shown`` are the right answers that
    are shown, ``wrong shown`` the others that are.
    """
    right = [each.best_right if each.answerable else not each.found for each in outcomes]
    return {
        "questions": len(outcomes),
        "right": sum(right),
        "shown": sum(each.best_right and each.found for each in outcomes),
        "wrong shown": sum(each.found and not each.best_right for each in outcomes),
    }


def measure(folder: Path) -> dict[str, Any]:
    """Ask the questions of every case; return the counts of all and of each, and the misses."""
    by_case = {}
    for case in sorted(path.parent for path in folder.glob("*/questions.jsonl")):
        with tempfile.TemporaryDirectory() as index:
            qa = QA.build(case / "docs", Path(index, "index"))
            by_case[case.name] = ask_corpus(questions(case), qa)
    everything = [each for outcomes in by_case.values() for each in outcomes]
    return {
        "all": counts(everything),
        "cases": {name: counts(outcomes) for name, outcomes in by_case.items()},
        "misses": {
            each.id: each.best
            for each in everything
            if not (each.best_right if each.answerable else not each.found)
        },
    }


def main() -> None:
    """Measure, and write the results by commit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cases", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of the cases")
    folder = parser.parse_args().folder
    head = {"commit": commit(), "date": datetime.now(UTC).isoformat(timespec="seconds")}
    save("cases", head | measure(folder))


if __name__ == "__main__":
    main()
