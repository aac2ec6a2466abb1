"""Questions read to the end, and what is learnt from them: when reading on changes nothing."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.best_first import FIRST, features
from qa.builder import build
from qa.candidates import rank_candidates
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
# After how many of the nearest passages those left are looked at. Reading takes the likeliest
# after the first two, so that from the second round on this is only near to what happens.
_ROUNDS = (FIRST, 2 * FIRST, 4 * FIRST)


@dataclass(frozen=True, slots=True)
class WholeReading:
    """A question, its accepted answers, and the spans of every passage found for it."""

    accepted: tuple[str, ...]
    hits: list[Hit]
    spans: list[list[Span]]


def read_whole(
    paragraphs: Sequence[Paragraph], reader: OnnxReader, *, sample: int, seed: int
) -> list[WholeReading]:
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
            readings.append(WholeReading(golden.answers, hits, spans))
        return readings


def fit_change(readings: Sequence[WholeReading]) -> Logistic:
    """Fit the chance that a passage brings a better answer or another place that says the same.

    One row for each passage that is left after each round of the nearest.
    """
    rows, changed = [], []
    for reading in readings:
        for number in _ROUNDS:
            best = rank_candidates(reading.hits[:number], reading.spans[:number], limit=1)
            if not best:
                continue
            for hit, spans in zip(reading.hits[number:], reading.spans[number:], strict=True):
                rows.append(features(hit, best[0], reading.hits[0]))
                changed.append(any(changes(span, best[0].span) for span in spans))
    return fit_logistic(rows, changed)


def changes(span: Span, best: Span) -> bool:
    """Tell whether a span is a better answer than the best until then, or says it elsewhere.

    Elsewhere counts where the reader holds that the passage answers the question too, as
    in :func:`qa.candidates.rank_candidates`.
    """
    if normalize(span.text) != normalize(best.text):
        return span.score > best.score
    again = span.start < best.end and best.start < span.end
    if again and span.passage.document_id == best.passage.document_id:
        return False  # the same place in another passage: they overlap
    return span.score > min(best.score, span.null_score)
