"""Questions read to the end, and what is learnt from them: when reading on is worth it."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.best_first import FIRST, features
from qa.builder import build
from qa.candidates import Candidate, rank_candidates
from qa.encoder import SentenceEncoder
from qa.evaluation.confidence import RIGHT_FROM_F1
from qa.evaluation.datasets import Paragraph
from qa.evaluation.metrics import best_over_references, f1, normalize
from qa.evaluation.pool import write_pool
from qa.index import open_index
from qa.prospects import Prospects
from qa.reader import OnnxReader
from qa.retriever import Retriever
from qa.train.logistic import fit_logistic
from qa.types import Hit, Span

TOP_K = 10
# How many answers are shown.
SHOWN = 3
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


def fit_prospects(readings: Sequence[WholeReading]) -> Prospects:
    """Fit the chances that a passage changes the answer, and that the answer gains by it.

    One row for each passage that is left after each round of the nearest.
    """
    rows, changed, gained = [], [], []
    for reading in readings:
        for number in _ROUNDS:
            shown = rank_candidates(reading.hits[:number], reading.spans[:number], limit=SHOWN)
            if not shown:
                continue
            for hit, spans in zip(reading.hits[number:], reading.spans[number:], strict=True):
                rows.append(features(hit, shown[0], reading.hits[0]))
                changed.append(any(changes(span, shown[0].span) for span in spans))
                gained.append(any(gains(span, shown, reading.accepted) for span in spans))
    return Prospects(fit_logistic(rows, changed), fit_logistic(rows, gained))


def changes(span: Span, best: Span) -> bool:
    """Tell whether a span is a better answer than the best until then, or says it elsewhere."""
    return says_elsewhere(span, best) or (
        normalize(span.text) != normalize(best.text) and span.score > best.score
    )


def gains(span: Span, shown: Sequence[Candidate], accepted: tuple[str, ...]) -> bool:
    """Tell whether a span puts a right answer where none was, or says the best one elsewhere.

    That is first, where another one is right, or among those shown, where none is.
    """
    if says_elsewhere(span, shown[0].span):
        return True
    right = [is_right(each.span.text, accepted) for each in shown]
    if right[0] or not is_right(span.text, accepted):
        return False
    if any(right):
        return span.score > shown[0].span.score
    return len(shown) < SHOWN or span.score > shown[-1].span.score


def says_elsewhere(span: Span, best: Span) -> bool:
    """Tell whether a span says in another place what the best one says.

    It counts where the reader holds that the passage answers the question too, as in
    :func:`qa.candidates.rank_candidates`.
    """
    if normalize(span.text) != normalize(best.text):
        return False
    again = span.start < best.end and best.start < span.end
    if again and span.passage.document_id == best.passage.document_id:
        return False  # the same place in another passage: they overlap
    return span.score > min(best.score, span.null_score)


def is_right(text: str, accepted: tuple[str, ...]) -> bool:
    """Tell whether an answer counts as right; to a question without accepted ones none does."""
    return bool(accepted) and best_over_references(f1, text, accepted) >= RIGHT_FROM_F1
