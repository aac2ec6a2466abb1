"""Natural questions over everyday documents: ``python -m benchmarks.natural [CORPUS…]``.

A corpus is a folder with ``docs/`` and ``questions.jsonl``, asked as a whole; without any, those
in ``everyday/`` are asked.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

from benchmarks.saved import commit, save
from qa.evaluation.confidence import auc, calibration_error
from qa.evaluation.corpus import ask_corpus
from qa.evaluation.golden import read_golden
from qa.evaluation.outcomes import Outcome
from qa.evaluation.scores import percentile_95
from qa.pipeline import QA

EVERYDAY = Path(__file__).parent / "everyday"


def scores(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the scores of some questions, in percent unless stated otherwise.

    ``recall_at_5`` and ``recall_at_20``: a passage with the answer is among the first. An
    answer is right by ``qa.evaluation.metrics.is_right``. ``auc`` is that of right answers
    against those to questions without one, ``ece`` the calibration error, both from 0 to 1.
    """
    there = [each for each in outcomes if each.answerable]
    absent = [each for each in outcomes if not each.answerable]
    right = [each.confidence for each in there if each.best_right]
    false = [each.confidence for each in absent]
    probability = np.array([each.confidence for each in outcomes])
    is_right = np.array([each.best_right for each in outcomes], dtype=float)
    milliseconds = [each.timings_ms["total"] for each in outcomes]
    return {
        "answerable": len(there),
        "absent": len(absent),
        "recall_at_5": _percent([any(each.relevant_deep[:5]) for each in there]),
        "recall_at_20": _percent([any(each.relevant_deep[:20]) for each in there]),
        "best_right": _percent([each.best_right for each in there]),
        "right_shown": _percent([each.found and each.best_right for each in there]),
        "wrong_shown": _percent([each.found and not each.best_right for each in there]),
        "refused": _percent([not each.found for each in there]),
        "absent_answered": _percent([each.found for each in absent]),
        "auc": round(
            auc(np.array([*right, *false]), np.array([1.0] * len(right) + [0.0] * len(false))), 3
        ),
        "ece": round(calibration_error(probability, is_right), 4),
        "ms_median": round(median(milliseconds), 1),
        "ms_p95": round(percentile_95(milliseconds), 1),
    }


def _percent(flags: Sequence[bool]) -> float | None:
    return round(100 * mean(flags), 1) if flags else None


def measure(corpora: Sequence[Path]) -> dict[str, Any]:
    """Ask every question of every corpus; return the scores of all, by corpus and by tag."""
    by_corpus: dict[str, list[Outcome]] = {}
    for corpus in corpora:
        with tempfile.TemporaryDirectory() as index:
            qa = QA.build(corpus / "docs", Path(index, "index"))
            by_corpus[corpus.name] = ask_corpus(read_golden(corpus / "questions.jsonl"), qa)
        print(corpus.name, scores(by_corpus[corpus.name]), flush=True)
    everything = [each for outcomes in by_corpus.values() for each in outcomes]
    absent = [each for each in everything if not each.answerable]
    tags = sorted({tag for each in everything if each.answerable for tag in each.tags})
    return {
        "all": scores(everything),
        "corpora": {name: scores(outcomes) for name, outcomes in by_corpus.items()},
        # The questions without an answer have tags of their own: all of them are compared with.
        "tags": {
            tag: scores([*(e for e in everything if e.answerable and tag in e.tags), *absent])
            for tag in tags
        },
    }


def chosen(given: Sequence[Path], everyday: Path = EVERYDAY) -> tuple[str, list[Path]]:
    """Return the kind of results and the corpora to ask: those given, or all in ``everyday``.

    Results of the corpora in ``everyday`` are a kind of their own, so that they do not replace
    those of the corpora outside the repository in the tables.
    """
    own = sorted(path.parent for path in everyday.resolve().glob("*/questions.jsonl"))
    corpora = [path.resolve() for path in given] or own
    return "everyday" if set(corpora) <= set(own) else "natural", corpora


def main() -> None:
    """Measure on the corpora given, or on those of this repository; write results by commit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.natural", description=main.__doc__)
    parser.add_argument(
        "corpora", type=Path, nargs="*", help="folders: docs/, questions.jsonl (all in everyday/)"
    )
    kind, corpora = chosen(parser.parse_args().corpora)
    head = {"commit": commit(), "date": datetime.now(UTC).isoformat(timespec="seconds")}
    save(kind, head | measure(corpora))


if __name__ == "__main__":
    main()
