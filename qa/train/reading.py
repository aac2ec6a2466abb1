"""Questions read to the end, and what is learnt from them: when reading on changes nothing."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qa import best_first
from qa.builder import build
from qa.encoder import SentenceEncoder
from qa.evaluation.datasets import Paragraph
from qa.evaluation.metrics import normalize
from qa.evaluation.pool import write_pool
from qa.index import open_index
from qa.logistic import Logistic
from qa.reader import OnnxReader
from qa.retriever import Retriever
from qa.train.logistic import fit_logistic
from qa.types import Hit, Span

TOP_K = 10
# How many passages have been read where reading may stop, unless it left some out before.
_ROUNDS = (2, 4, 8)


@dataclass(frozen=True, slots=True)
class Reading:
    """A question, its accepted answers, and what every passage found for it says."""

    accepted: tuple[str, ...]
    hits: list[Hit]
    spans: list[list[Span]]


def read_all(
    paragraphs: Sequence[Paragraph], reader: OnnxReader, *, sample: int, seed: int
) -> list[Reading]:
    """Ask a sample of the questions of all the paragraphs pooled, and read to the end."""
    encoder = SentenceEncoder()
    with tempfile.TemporaryDirectory() as temporary:
        folder, index = Path(temporary) / "pool", Path(temporary) / "index"
        questions = write_pool(paragraphs, folder)
        build(folder, index, encoder=encoder)
        random.Random(seed).shuffle(questions)
        retriever = Retriever(open_index(index, encoder_fingerprint=encoder.fingerprint), encoder)
        readings = []
        for golden in questions[:sample]:
            hits = retriever.search(golden.question, TOP_K)
            spans = reader.read(golden.question, [hit.passage for hit in hits])
            readings.append(Reading(golden.answers, hits, spans))
        return readings


def fit_reading(readings: Sequence[Reading]) -> Logistic:
    """Fit the chance that a passage changes what is shown, to those not read at each round.

    It does so with a better answer than that of the passages before it, or with another
    place that says the same (:func:`qa.candidates.rank_candidates`).
    """
    rows, changed = [], []
    for reading in readings:
        for number in _ROUNDS:
            best = best_first.best_so_far(reading.hits[:number], reading.spans[:number])
            if best is None:
                continue
            for hit, spans in zip(reading.hits[number:], reading.spans[number:], strict=True):
                rows.append(best_first.features(hit, best, reading.hits[0]))
                changed.append(any(_changes(span, best.span) for span in spans))
    return fit_logistic(rows, changed, best_first.FEATURES)


def _changes(span: Span, best: Span) -> bool:
    same = normalize(span.text) == normalize(best.text)
    return span.score > best.score or (same and span.score > span.null_score)


def stop_early(
    hits: Sequence[Hit], spans: Sequence[list[Span]], *, chance: Logistic, least: float
) -> list[list[Span] | None]:
    """Return the spans of the passages that are read where reading may stop, None for others.

    ``spans`` are those of all passages: a passage reads the same beside any others.
    """
    seen: list[list[Span] | None] = [None for _ in hits]
    while positions := best_first.read_next(hits, seen, chance=chance, least=least):
        for position in positions:
            seen[position] = spans[position]
    return seen
