"""Documents that contradict each other: ``python -m benchmarks.disagreement CORPUS…``.

A corpus is a folder with ``docs/`` and ``questions.jsonl``; its pairs are in
``disagreements.jsonl``, or in the file of its name in the folder of ``--pairs``. Each line is
``{"id", "question", "sides": [[{"document", "answers"}]]}``: a question that is answered
differently by several sides, each told by one or more documents.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.saved import commit, save
from qa.evaluation.datasets import read_rows
from qa.evaluation.golden import read_golden
from qa.evaluation.metrics import contains_answer
from qa.pipeline import QA
from qa.types import Answer, Prediction

Sides = tuple[dict[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, and the answers of each side by document."""

    id: str
    question: str
    sides: Sides

    def is_shown(self, prediction: Prediction) -> bool:
        """Return whether every side stands among the answers that contradict each other."""
        found = prediction.disagreement.answers if prediction.disagreement else ()
        return all(any(_says(side, answer) for answer in found) for side in self.sides)

    def is_answered(self, prediction: Prediction) -> bool:
        """Return whether the best answer, shown or possible, is that of a side."""
        best = (*prediction.answers, *prediction.candidates)[:1]
        return any(_says(side, answer) for side in self.sides for answer in best)


def _says(side: dict[str, tuple[str, ...]], answer: Answer) -> bool:
    accepted = side.get(answer.document_id, ())
    return any(contains_answer(answer.text, each) for each in accepted)


def read_pairs(path: Path) -> list[Pair]:
    """Return the pairs of a file."""
    return [
        Pair(
            row["id"],
            row["question"],
            tuple(
                {each["document"]: tuple(each["answers"]) for each in side} for side in row["sides"]
            ),
        )
        for _, row in read_rows(path)
    ]


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted: pairs and answers, each with those where a disagreement is shown.

    ``shown`` of the ``pairs`` are shown as such, ``settled`` have the answer of a side and no
    word of the other. Of ``answers`` to other questions ``alarms`` are shown as contradicted by
    something that is no side of a pair.
    """

    pairs: int = 0
    shown: int = 0
    settled: int = 0
    answers: int = 0
    alarms: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.pairs + other.pairs,
            self.shown + other.shown,
            self.settled + other.settled,
            self.answers + other.answers,
            self.alarms + other.alarms,
        )

    def scores(self) -> dict[str, Any]:
        """Return the counts, and the shares in percent; None of nothing."""
        return {
            "pairs": self.pairs,
            "shown": _percent(self.shown, self.pairs),
            "settled": _percent(self.settled, self.pairs),
            "answers": self.answers,
            "alarms": _percent(self.alarms, self.answers),
        }


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def count(qa: QA, pairs: Sequence[Pair], questions: Sequence[str]) -> tuple[Counts, list[str]]:
    """Return the counts of a corpus; and the ids of pairs not shown, with the alarms."""
    asked = {pair.id: qa.ask(pair.question) for pair in pairs}
    missed = [pair.id for pair in pairs if not pair.is_shown(asked[pair.id])]
    answered = [found for found in map(qa.ask, questions) if found.found]
    alarms = [
        found
        for found in answered
        if found.disagreement and not any(pair.is_shown(found) for pair in pairs)
    ]
    settled = sum(pair.is_answered(asked[pair.id]) for pair in pairs if pair.id in missed)
    counts = Counts(len(pairs), len(pairs) - len(missed), settled, len(answered), len(alarms))
    return counts, [*missed, *(found.question for found in alarms)]


def measure(corpora: Sequence[Path], pairs: Path | None, *, listing: bool) -> dict[str, Any]:
    """Ask the pairs and the questions of every corpus; return the scores of all and by corpus."""
    total = Counts()
    by_corpus = {}
    for corpus in corpora:
        file = pairs / f"{corpus.name}.jsonl" if pairs else corpus / "disagreements.jsonl"
        questions = [each.question for each in read_golden(corpus / "questions.jsonl")]
        with tempfile.TemporaryDirectory() as index:
            qa = QA.build(corpus / "docs", Path(index, "index"))
            counts, misses = count(qa, read_pairs(file), questions)
        by_corpus[corpus.name] = counts.scores()
        print(corpus.name, by_corpus[corpus.name], *(misses if listing else ()), sep="\n  ")
        total += counts
    return {"all": total.scores(), "corpora": by_corpus}


def main() -> None:
    """Measure on the corpora given; write the results by commit."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.disagreement", description=main.__doc__
    )
    parser.add_argument("corpora", type=Path, nargs="+", help="folders with docs/, questions.jsonl")
    parser.add_argument("--pairs", type=Path, help="a folder with CORPUS.jsonl for each corpus")
    parser.add_argument("--list", action="store_true", help="print the misses, on corpora to fit")
    options = parser.parse_args()
    head = {"commit": commit(), "date": datetime.now(UTC).isoformat(timespec="seconds")}
    save("disagreement", head | measure(options.corpora, options.pairs, listing=options.list))


if __name__ == "__main__":
    main()
