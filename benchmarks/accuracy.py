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
from benchmarks.squad import V1, V2, pooled_questions, reporting
from qa.evaluation.confidence import reliability, risk_coverage
from qa.evaluation.corpus import ask_corpus, evaluate_corpus
from qa.evaluation.datasets import read_paragraphs
from qa.evaluation.golden import read_golden
from qa.evaluation.outcomes import Outcome
from qa.evaluation.pool import held_out_titles
from qa.evaluation.reader import ask_reader, reader_scores
from qa.evaluation.scores import answer_scores, confidences_of
from qa.networks.reader import OnnxReader
from qa.networks.weights import MODELS, SECOND_READER
from qa.pipeline import QA


def given(data: Path, reader: OnnxReader, *, sample: int | None = None) -> dict[str, Any]:
    """Return the scores of a reader that is given each question's paragraph.

    With ``sample``, of so many questions of v1.1, of the first and of the second half of v2.0.
    ``reported`` are those of the questions on which nothing was chosen. Of v2.0's they are
    scored at the null threshold that is best on the first half of the articles.
    """
    kept = [
        {question.id for each in paragraphs for question in each.questions}
        for paragraphs in reporting(data)
    ]
    v1, v2 = (
        ask_reader(data / file, reader, only=chosen)
        for file, chosen in zip((V1, V2), _samples(data, sample), strict=True)
    )
    second = held_out_titles(each.source for each in v2)
    unseen = [each for each in v2 if each.source not in second or each.id in kept[1]]
    return {
        "squad_v1": {
            **reader_scores(v1, file=V1),
            "reported": answer_scores([each for each in v1 if each.id in kept[0]]),
        },
        "squad_v2": {
            **reader_scores(v2, file=V2),
            "reported": reader_scores(unseen, file=V2)["second_half"],
        },
    }


def _samples(data: Path, size: int | None) -> tuple[set[str] | None, set[str] | None]:
    """Return the ids of a sample of each file; None for all."""
    if size is None:
        return None, None
    kept = reporting(data)
    every = list(read_paragraphs(data / V2))
    second = held_out_titles(each.title for each in every)
    first = [each for each in every if each.title not in second]
    v1, v2, others = (
        random.Random(2).sample([q.id for each in paragraphs for q in each.questions], size)
        for paragraphs in (*kept, first)
    )
    return set(v1), {*v2, *others}


def pooled(data: Path, *, sample: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask all articles of SQuAD v1.1 dev, pooled as documents; return two scores.

    The first are those of a sample of its own questions, the second those of a sample of v2.0's,
    half of them unanswerable, with the curves of ``benchmarks.pictures``. Both are of
    :func:`benchmarks.squad.reporting`.
    """
    with tempfile.TemporaryDirectory() as temporary:
        own, others = pooled_questions(data, Path(temporary, "pool"))
        qa = QA.build(Path(temporary, "pool"), Path(temporary, "index"))
        random.Random(1).shuffle(own)
        random.Random(1).shuffle(others)
        scores = evaluate_corpus(own[:sample], qa)
        scores.pop("misses")
        outcomes = ask_corpus(others[:sample], qa)
        return {
            "documents": len(qa.manifest.documents),
            "of_questions": len(own),
            **scores,
        }, {**answer_scores(outcomes), **curves(outcomes)}


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
    parser.add_argument("data", type=Path, help="folder that contains test/squad-v1.1-dev.jsonl.gz")
    parser.add_argument("--sample", type=int, default=1000, help="questions of each pooled sample")
    options = parser.parse_args()
    reader, second = OnnxReader(), OnnxReader(name=SECOND_READER)
    with tempfile.TemporaryDirectory() as temporary:
        qa = QA.build("seeds", temporary)
        seeds = evaluate_corpus(read_golden("tests/golden/seeds.jsonl"), qa)
    own, held_out = pooled(options.data, sample=options.sample)
    results = {
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "reader": reader.fingerprint,
        **given(options.data, reader),
        "second_reader": {
            "reader": second.fingerprint,
            **given(options.data, second, sample=options.sample),
        },
        "pooled": own,
        "held_out": held_out,
        "seeds": seeds,
        "calibration": json.loads((MODELS / "calibration.json").read_text("utf-8"))["left_out"][
            "all"
        ],
    }
    save("accuracy", results)


if __name__ == "__main__":
    main()
