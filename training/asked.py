"""Questions asked of the folders that they belong to, every passage read; kept, if wanted."""

from __future__ import annotations

import gzip
import json
import math
import random
import tempfile
from collections.abc import Sequence, Set
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qa.answers.second_look import COMPARED
from qa.answers.selection import CONSIDERED
from qa.builder import build
from qa.errors import DatasetError
from qa.evaluation.contrast import ContrastPair
from qa.evaluation.golden import GoldenQuestion, read_golden
from qa.evaluation.metrics import best_over_references, is_right
from qa.evaluation.places import in_right_row
from qa.index import StoredIndex, open_index
from qa.networks.encoder import SentenceEncoder
from qa.networks.reader import OnnxReader
from qa.retrieval.hybrid import HybridSearch
from qa.types import Hit, Passage, Pieces, Span, View
from training.reading import WholeReading


def read_corpus(
    folder: Path,
    reader: OnnxReader,
    second: OnnxReader,
    *,
    sample: int,
    top_k: int,
    keep: Path | None = None,
    pairs: Sequence[ContrastPair] = (),
) -> list[WholeReading]:
    """Ask a sample of ``folder/questions.jsonl`` of ``folder/docs``, and read to the end.

    The sample is drawn with a fixed seed; the questions of the ``pairs`` about the corpus are
    asked as well. An answer is right if its text is, in a document
    named, and in a table in the right row. ``keep`` is a folder where the readings of a reader
    are stored, and taken from the next time; None to read anew.
    """
    questions = read_golden(folder / "questions.jsonl")
    random.Random(1).shuffle(questions)
    of_pairs = [each for pair in pairs if pair.corpus == folder.name for each in pair.questions]
    asked = [*questions[:sample], *of_pairs]
    limits: dict[str, Any] = {"top_k": top_k, "keep": keep}
    return ask(folder.name, folder / "docs", asked, reader, second, **limits)


def ask(
    name: str,
    documents: Path,
    questions: Sequence[GoldenQuestion],
    reader: OnnxReader,
    second: OnnxReader,
    *,
    top_k: int,
    keep: Path | None = None,
) -> list[WholeReading]:
    """Ask questions of a folder of documents; see :func:`read_corpus`."""
    both = f"{reader.fingerprint[:12]}-{second.fingerprint[:12]}"
    stored = keep and keep / f"{name}-{both}-{len(questions)}-{top_k}.jsonl.gz"
    if stored and stored.is_file():
        return _load(stored, name)
    encoder = SentenceEncoder()
    with tempfile.TemporaryDirectory() as temporary:
        build(documents, Path(temporary, "index"), encoder=encoder)
        index = open_index(Path(temporary, "index"), encoder_fingerprint=encoder.fingerprint)
        search = HybridSearch(index, encoder)
        readings = []
        for golden in questions:
            hits = search.search(golden.question, top_k)
            spans = reader.read(golden.question, [hit.passage for hit in hits])
            named = _named(golden, index)
            again = _again(second, golden.question, hits, spans)
            right = _right(golden, named, [*spans, *again], index)
            about = golden.question, right, name, named
            readings.append(WholeReading(golden.answers, hits, spans, *about, again))
    if stored:
        stored.parent.mkdir(parents=True, exist_ok=True)
        _save(stored, readings)
    return readings


def _again(
    second: OnnxReader, question: str, hits: Sequence[Hit], spans: Sequence[Sequence[Span]]
) -> list[list[Span]]:
    """Return what the second reader finds in the passages that it may be asked to read."""
    best = [found[0].score if found else -math.inf for found in spans]
    order = sorted(range(len(hits)), key=lambda at: -best[at])[:CONSIDERED]
    found = second.read(question, [hits[at].passage for at in order], n=COMPARED)
    again: list[list[Span]] = [[] for _ in hits]
    for at, each in zip(order, found, strict=True):
        again[at] = each
    return again


def _named(golden: GoldenQuestion, index: StoredIndex) -> frozenset[str]:
    """Return the documents that a question names, each copy replaced by its original."""
    try:
        return frozenset(index.places_of(document_id)[0] for document_id in golden.documents)
    except KeyError as error:
        raise DatasetError(f"{golden.id}: there is no document {error}", "correct it") from error


def _right(
    golden: GoldenQuestion,
    named: Set[str],
    spans: Sequence[Sequence[Span]],
    index: StoredIndex,
) -> frozenset[tuple[str, int, int]]:
    """Return the places of the spans that answer a question rightly."""
    if not golden.answers:
        return frozenset()
    return frozenset(
        (span.passage.document_id, span.start, span.end)
        for found in spans
        for span in found
        if best_over_references(is_right, span.text, golden.answers)
        and (not named or span.passage.document_id in named)
        and in_right_row(
            index.document(span.passage.document_id).text, span.start, span.end, golden.question
        )
    )


def _save(path: Path, readings: Sequence[WholeReading]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        for reading in readings:
            row = {
                "question": reading.question,
                "accepted": reading.accepted,
                "hits": [asdict(hit) for hit in reading.hits],
                "spans": _stored(reading.spans),
                "second": _stored(reading.second),
                "right": sorted(reading.right or ()),
                "documents": sorted(reading.documents),
            }
            lines.write(json.dumps(row, ensure_ascii=False, default=list) + "\n")


def _stored(spans: Sequence[Sequence[Span]]) -> list[list[tuple[int, int, float, float]]]:
    return [
        [(span.start, span.end, span.score, span.null_score) for span in found] for found in spans
    ]


def _load(path: Path, name: str) -> list[WholeReading]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_reading(json.loads(line), name) for line in lines]


def _reading(row: dict[str, Any], name: str) -> WholeReading:
    hits = [Hit(**{**hit, "passage": _passage(hit["passage"])}) for hit in row["hits"]]
    spans, second = (
        [
            [Span(hit.passage, *span) for span in found]
            for hit, found in zip(hits, row[name], strict=True)
        ]
        for name in ("spans", "second")
    )
    right = frozenset((document, start, end) for document, start, end in row["right"])
    named = frozenset(row["documents"])
    about = row["question"], right, name, named
    return WholeReading(tuple(row["accepted"]), hits, spans, *about, second)


def _passage(stored: dict[str, Any]) -> Passage:
    view = stored["view"] and View(
        stored["view"]["text"], Pieces(map(tuple, stored["view"]["pieces"]))
    )
    quoted = tuple((start, end) for start, end in stored.get("quoted", ()))
    return Passage(**{**stored, "view": view, "quoted": quoted})
