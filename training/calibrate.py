"""Fit the probabilities: ``python -m training.calibrate CORPUS… --paragraphs FILE``.

A corpus is a folder with ``docs/`` and ``questions.jsonl``. Of a file of paragraphs, the first
half of the articles, sorted by title, is pooled and asked as one more corpus. The same number of
questions is asked of each, so that none weighs more than another; contrast pairs, which have
questions about headings, are added to their corpora. Fitted are the ranking while
passages are read, when to stop reading, the selection of answers, and the probability that one
is right. Each question of a corpus is asked of one document alone as well
(:mod:`training.alone`), and the probabilities are fitted to both: many people ask one document.
Everything reported is leave-one-corpus-out: the selection and the probability of a corpus are
those fitted to the others.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from qa.answers.calibration import Calibration
from qa.answers.candidates import Candidate, Ranking
from qa.answers.early_stop import EarlyStopping
from qa.answers.logistic import Logistic
from qa.answers.reading import read
from qa.answers.second_look import LOOK_FEATURES, WORTH_IT, distinct, look_again
from qa.answers.selection import ANSWER_FEATURES, CONSIDERED, Evidence, Selection
from qa.errors import DatasetError
from qa.evaluation.confidence import auc
from qa.evaluation.contrast import read_pairs
from qa.evaluation.datasets import read_paragraphs
from qa.evaluation.pool import held_out_titles, write_pool
from qa.networks.reader import OnnxReader
from qa.networks.weights import MODELS, SECOND_READER
from qa.types import Passage
from training.alone import asked_alone
from training.asked import ask, read_corpus
from training.checkpoint import replace_file
from training.command import at_least_one, run
from training.fit_logistic import fit_logistic
from training.fit_ranking import fit_ranking
from training.fit_selection import fit_selection
from training.operating_point import (
    PARAGRAPHS,
    Outcomes,
    possible_of,
    report,
    strictness_of,
    threshold_of,
)
from training.reading import (
    SHOWN,
    RecordedReader,
    WholeReading,
    early_stopping_rows,
    fit_early_stopping,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """The candidates of one question, in the order of reading, with the features of each.

    ``second`` replays what the second reader found in their passages, ``right`` are the places,
    ``(document, start, end)``, that answer rightly, and ``helpful`` the passages that contain
    the answer.
    """

    corpus: str
    answerable: bool
    evidence: Evidence
    candidates: tuple[Candidate, ...]
    second: RecordedReader
    right: frozenset[tuple[str, int, int]]
    helpful: frozenset[Passage]

    def is_right(self, candidate: Candidate) -> bool:
        """Return whether a candidate answers rightly."""
        span = candidate.span
        return (span.passage.document_id, span.start, span.end) in self.right

    def rows(self) -> list[tuple[Mapping[str, float], bool]]:
        """Return the features of each candidate, and whether it is right."""
        return [(each.features, self.is_right(each)) for each in self.candidates]

    def ordered(self, selection: Selection) -> list[Candidate]:
        """Return the candidates, best first, with the features of their comparison."""
        return selection.ordered(self.candidates)

    def looked_at(self, selection: Selection) -> list[Candidate]:
        """Return those that the second look takes in, and those that it adds."""
        found = look_again(self.second, self.evidence, self.ordered(selection))
        return [each for each in found if each.features.keys() >= LOOK_FEATURES]

    def helps(self, shown: Sequence[Candidate]) -> bool:
        """Return whether the answer stands in one of the passages that are shown."""
        return any(each.hit.passage in self.helpful for each in shown[:SHOWN])


def judge(reading: WholeReading, *, ranking: Ranking, early_stopping: EarlyStopping) -> Judged:
    """Judge the candidates of a question among what is read when reading may stop early."""
    recorded = RecordedReader(reading.hits, reading.spans)
    seen = read(recorded, "", reading.hits, ranking=ranking, early_stopping=early_stopping)
    evidence = Evidence.of(reading.question, reading.hits)
    considered = seen.candidates[:CONSIDERED]
    spans = [span for found in (*reading.spans, *reading.second) for span in found]
    passages = [hit.passage for hit in reading.hits]
    return Judged(
        reading.corpus,
        bool(reading.accepted),
        evidence,
        tuple(replace(each, features=evidence.features(each)) for each in considered),
        RecordedReader(reading.hits, reading.second),
        frozenset(
            (span.passage.document_id, span.start, span.end)
            for span in spans
            if reading.is_right(span)
        ),
        frozenset(passage for passage in passages if reading.is_in(passage)),
    )


@dataclass(frozen=True, slots=True)
class Answering:
    """What is fitted to candidates: their order, and the probability after either look."""

    selection: Selection
    answer: Logistic
    looked: Logistic


def fit_answer(judged: Sequence[Judged], alone: Sequence[Judged] = ()) -> Answering:
    """Fit the order of the candidates, then the probabilities of those shown or looked at.

    The probabilities are fitted to the questions asked of one document ``alone`` as well.
    """
    selection = fit_selection([each.rows() for each in judged])
    both = [*judged, *alone]
    answer, looked = (
        fit_logistic(
            [{name: each.features[name] for name in names} for each, _ in found],
            [is_right for _, is_right in found],
        )
        for names, found in (
            (
                ANSWER_FEATURES,
                [(c, j.is_right(c)) for j in both for c in j.ordered(selection)[:SHOWN]],
            ),
            (
                ANSWER_FEATURES | LOOK_FEATURES,
                [(c, j.is_right(c)) for j in both for c in j.looked_at(selection)],
            ),
        )
    )
    return Answering(selection, answer, looked)


def outcomes(judged: Sequence[Judged], fitted: Answering, *, quick: bool = False) -> Outcomes:
    """Return what comes of questions; with ``quick``, without the second look."""
    rows = []
    for each in judged:
        found = each.ordered(fitted.selection)
        if quick or not found or fitted.answer.probability(found[0].features) < WORTH_IT:
            scored = [(c, fitted.answer.probability(c.features)) for c in found]
        else:
            found = each.looked_at(fitted.selection)
            scored = [(c, fitted.looked.probability(c.features)) for c in found]
            scored = distinct(sorted(scored, key=lambda pair: -pair[1]))
        first, probability = scored[0] if scored else (None, 0.0)
        right = first is not None and each.is_right(first)
        helps = each.helps([candidate for candidate, _ in scored])
        rows.append((each.answerable, probability, right, helps))
    columns = np.array(rows, dtype=float).reshape(-1, 4).T
    return Outcomes(np.array([each.corpus for each in judged], dtype=np.str_), *columns)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What comes of each corpus with the models fitted to the others.

    ``alone``: of its questions asked of one document; ``quick``: without the second look.
    """

    whole: Outcomes
    alone: Outcomes
    quick: Outcomes


def leave_one_out(judged: Sequence[Judged], alone: Sequence[Judged] = ()) -> LeftOut:
    """Fit to all corpora but one, for each, and return what comes of that one."""
    parts = []
    for name in dict.fromkeys(each.corpus for each in judged):
        asked, others = _parted(judged, name)
        asked_of_one, others_of_one = _parted(alone, name)
        fitted = fit_answer(others, others_of_one)
        parts.append(
            (
                outcomes(asked, fitted),
                outcomes(asked_of_one, fitted),
                outcomes(asked, fitted, quick=True),
            )
        )
    return LeftOut(*map(Outcomes.joined, zip(*parts, strict=True)))


def _parted(judged: Sequence[Judged], corpus: str) -> tuple[list[Judged], list[Judged]]:
    """Return the questions of a corpus, and the others."""
    own = [each for each in judged if each.corpus == corpus]
    return own, [each for each in judged if each.corpus != corpus]


def fit(
    judged: Sequence[Judged],
    alone: Sequence[Judged] = (),
    *,
    reader: str,
    second: str,
    ranking: Ranking,
    early_stopping: EarlyStopping,
) -> tuple[Calibration, LeftOut]:
    """Fit a calibration to all questions; the thresholds are those of corpora left out."""
    kinds = {(each.corpus, each.answerable) for each in judged if each.corpus != PARAGRAPHS}
    if len({corpus for corpus, _ in kinds}) < 2 or len({there for _, there in kinds}) < 2:
        raise DatasetError(
            "too few corpora, or no question of theirs is unanswerable", "give two or more"
        )
    found = leave_one_out(judged, alone)
    asked = found.whole.of(found.whole.corpus != PARAGRAPHS)
    threshold = threshold_of(asked)
    parts = fit_answer(judged, alone)
    fitted = Calibration(
        *(ranking, parts.selection, parts.answer, parts.looked),
        *(early_stopping, threshold, reader, second),
    )
    possible = possible_of(asked, threshold)
    return replace(fitted, strictness=strictness_of(asked), possible=possible), found


def report_early_stopping(
    readings: Sequence[WholeReading], calibration: Calibration
) -> dict[str, float]:
    """Return the area under the ROC curve of both chances, 0.5 to 1."""
    rows, changed, gained = early_stopping_rows(readings, calibration.ranking)
    stopping = calibration.early_stopping
    return {
        name: round(auc(np.array([chance.probability(row) for row in rows]), np.array(came)), 3)
        for name, chance, came in (
            ("change_auc", stopping.change, changed),
            ("gain_auc", stopping.gain, gained),
        )
    }


def read_first_half(
    file: Path,
    reader: OnnxReader,
    second: OnnxReader,
    *,
    sample: int,
    top_k: int,
    keep: Path | None,
) -> list[WholeReading]:
    """Ask a sample of the questions of the first half of a file's articles, pooled."""
    paragraphs = list(read_paragraphs(file))
    held_out = held_out_titles(paragraph.title for paragraph in paragraphs)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "pool")
        questions = write_pool([p for p in paragraphs if p.title not in held_out], folder)
        random.Random(1).shuffle(questions)
        limits: dict[str, Any] = {"top_k": top_k, "keep": keep}
        return ask(PARAGRAPHS, folder, questions[:sample], reader, second, **limits)


def main() -> None:
    """Fit to corpora, report on each with the others' models, and write ``calibration.json``."""
    parser = argparse.ArgumentParser(prog="python -m training.calibrate", description=main.__doc__)
    parser.add_argument("corpora", type=Path, nargs="+", help="folders: docs/, questions.jsonl")
    parser.add_argument("--paragraphs", type=Path, help="a file such as squad-v2.0-dev.jsonl.gz")
    parser.add_argument("--pairs", type=Path, help="contrast pairs about some of the corpora")
    parser.add_argument("--models", type=Path, default=MODELS, help="the folder of the reader")
    parser.add_argument("--sample", type=at_least_one, default=300, help="questions of each corpus")
    parser.add_argument("--top-k", type=at_least_one, default=10, help="passages of each question")
    parser.add_argument("--keep", type=Path, help="folder of readings, to fit again without them")
    options = parser.parse_args()
    reader = OnnxReader(options.models)
    second = OnnxReader(options.models, name=SECOND_READER)
    size: dict[str, Any] = {"sample": options.sample, "top_k": options.top_k, "keep": options.keep}
    pairs = read_pairs(options.pairs) if options.pairs else ()
    readings = []
    for corpus in options.corpora:
        readings += read_corpus(corpus, reader, second, pairs=pairs, **size)
        print(f"{corpus.name}: {len(readings)} questions so far", flush=True)
    if options.paragraphs:
        readings += read_first_half(options.paragraphs, reader, second, **size)
    ranking = fit_ranking(readings)
    early_stopping = fit_early_stopping(readings, ranking)
    single = [asked_alone(each) for each in readings if each.corpus != PARAGRAPHS]
    judged, alone = (
        [judge(each, ranking=ranking, early_stopping=early_stopping) for each in asked if each]
        for asked in (readings, single)
    )
    calibration, found = fit(
        judged,
        alone,
        reader=reader.fingerprint,
        second=second.fingerprint,
        ranking=ranking,
        early_stopping=early_stopping,
    )
    limits = {"threshold": calibration.threshold, "possible": calibration.possible}
    left_out = report(found.whole, **limits)
    left_out["alone"] = report(found.alone, **limits)["all"]
    left_out["quick"] = report(found.quick, **limits)["all"]
    left_out["all"] |= report_early_stopping(readings, calibration)
    stored = {
        "retrieval_weight": calibration.ranking.retrieval_weight,
        "selection": calibration.selection.weights,
        "answer": asdict(calibration.answer),
        "looked": asdict(calibration.looked),
        "change": asdict(calibration.early_stopping.change),
        "gain": asdict(calibration.early_stopping.gain),
        "threshold": calibration.threshold,
        "possible": calibration.possible,
        "strictness": calibration.strictness,
        "reader": calibration.reader,
        "second_reader": calibration.second,
        "left_out": left_out,
    }
    written = json.dumps(stored, indent=2)
    replace_file(options.models / "calibration.json", f"{written}\n".encode())
    print(written)


if __name__ == "__main__":
    run(main)
