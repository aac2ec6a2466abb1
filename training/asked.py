"""Questions asked of the folders that they belong to, every passage read; kept, if wanted."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from collections.abc import Sequence, Set
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qa.builder import build
from qa.errors import DatasetError
from qa.evaluation.golden import GoldenQuestion, read_golden
from qa.evaluation.metrics import best_over_references, is_right
from qa.evaluation.places import in_right_row
from qa.index import StoredIndex, open_index
from qa.networks.encoder import SentenceEncoder
from qa.networks.reader import OnnxReader
from qa.retrieval.hybrid import HybridSearch
from qa.types import Hit, Passage, Span, View
from training.reading import WholeReading


def read_corpus(
    folder: Path, reader: OnnxReader, *, sample: int, top_k: int, keep: Path | None = None
) -> list[WholeReading]:
    """Ask a sample of ``folder/questions.jsonl`` of ``folder/docs``, and read to the end.

    The sample is drawn with a fixed seed. An answer is right if its text is, in a document
    named, and in a table in the right row. ``keep`` is a folder where the readings of a reader
    are stored, and taken from the next time; None to read anew.
    """
    questions = read_golden(folder / "questions.jsonl")
    random.Random(1).shuffle(questions)
    return ask(folder.name, folder / "docs", questions[:sample], reader, top_k=top_k, keep=keep)


def ask(
    name: str,
    documents: Path,
    questions: Sequence[GoldenQuestion],
    reader: OnnxReader,
    *,
    top_k: int,
    keep: Path | None = None,
) -> list[WholeReading]:
    """Ask questions of a folder of documents; see :func:`read_corpus`."""
    stored = keep and keep / f"{name}-{reader.fingerprint[:12]}-{len(questions)}-{top_k}.jsonl.gz"
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
            right = _right(golden, named, spans, index)
            readings.append(
                WholeReading(golden.answers, hits, spans, golden.question, right, name, named)
            )
    if stored:
        stored.parent.mkdir(parents=True, exist_ok=True)
        _save(stored, readings)
    return readings


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
                "spans": [
                    [(span.start, span.end, span.score, span.null_score) for span in found]
                    for found in reading.spans
                ],
                "right": sorted(reading.right or ()),
                "documents": sorted(reading.documents),
            }
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def _load(path: Path, name: str) -> list[WholeReading]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_reading(json.loads(line), name) for line in lines]


def _reading(row: dict[str, Any], name: str) -> WholeReading:
    hits = [Hit(**{**hit, "passage": _passage(hit["passage"])}) for hit in row["hits"]]
    spans = [
        [Span(hit.passage, *span) for span in found]
        for hit, found in zip(hits, row["spans"], strict=True)
    ]
    right = frozenset((document, start, end) for document, start, end in row["right"])
    named = frozenset(row["documents"])
    return WholeReading(tuple(row["accepted"]), hits, spans, row["question"], right, name, named)


def _passage(stored: dict[str, Any]) -> Passage:
    view = stored["view"] and View(
        stored["view"]["text"], tuple(map(tuple, stored["view"]["pieces"]))
    )
    quoted = tuple((start, end) for start, end in stored.get("quoted", ()))
    return Passage(**{**stored, "view": view, "quoted": quoted})
