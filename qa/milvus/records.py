"""Passages, documents and the manifest as rows of Milvus, and back."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexCorrupt, IndexMismatch
from qa.index.documents import DocumentSummary, block_of, scanned_line, stored_block
from qa.index.manifest import FORMAT_VERSION, Manifest
from qa.milvus.address import StoreAddress, store_command
from qa.milvus.collections import CHECKSUM, TEXT_BYTES, VECTOR, WORDS
from qa.types import Document, Passage, Pieces, View

FORMAT = 3
# Keys of the collection of texts: documents from 0, then the header, then terms.
HEADER, TERMS = 2**40, 2**62
# A code point has at most four bytes.
_PIECE = TEXT_BYTES // 4
_UNUSED = [0.0, 0.0]


@dataclass(frozen=True, slots=True)
class StoredText:
    """Where a document is: its first key and number of pieces, its rows, and its hash."""

    first: int
    pieces: int
    first_row: int
    passages: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Header:
    """What is read of a generation when it is opened.

    ``summaries`` and ``places`` are those of the documents that are no copies, in the order of
    their numbers. ``written_ns`` is when the builder wrote the generation, in nanoseconds.
    ``index`` is the folder of the index that it is a copy of, empty if that is not known.
    """

    manifest: Manifest
    summaries: tuple[DocumentSummary, ...]
    places: tuple[StoredText, ...]
    written_ns: int
    index: str = ""

    def to_json(self) -> str:
        """Return the header as it is stored."""
        manifest = {**self.manifest.to_dict(), "folder": str(Path(self.manifest.folder).resolve())}
        return json.dumps(
            {
                "format": FORMAT,
                "manifest": manifest,
                "summaries": [astuple(each) for each in self.summaries],
                "places": [astuple(each) for each in self.places],
                "written_ns": self.written_ns,
                "index": self.index,
            }
        )

    @classmethod
    def from_json(cls, text: str, checksum: str, where: StoreAddress) -> Header:
        """Read a stored header, and compare it with its hash.

        Raises :class:`~qa.errors.IndexMismatch` for another format and
        :class:`~qa.errors.IndexCorrupt` for what is no header, or not as it was written.
        """
        remedy = f"run {store_command(where, 'build', 'FOLDER')}"
        try:
            values = json.loads(text)
            for found, wanted in _formats(values):
                if found != wanted:
                    raise IndexMismatch(
                        f"the index in {where} has format {found}, not {wanted}", remedy
                    )
            if digest(text) != checksum:
                raise ValueError("the header differs from its hash")
            data = json.dumps(values["manifest"]).encode("ascii")
            return cls(
                Manifest.from_json(data, Path("/")),
                tuple(DocumentSummary(*each) for each in values["summaries"]),
                tuple(StoredText(*each) for each in values["places"]),
                int(values["written_ns"]),
                str(values.get("index", "")),
            )
        except (IndexCorrupt, ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexCorrupt(f"the index in {where} cannot be read", remedy) from error


def _formats(values: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """Yield the formats in a header, each with the one that is read here."""
    yield int(values["format"]), FORMAT
    yield int(values["manifest"]["format"]), FORMAT_VERSION


def passage_row(
    row: int,
    document: int,
    passage: Passage,
    vector: NDArray[np.float32],
    dimension: int,
    words: Mapping[int, float],
    *,
    body: str,
) -> dict[str, Any]:
    """Return a passage as a row; ``vector`` is its row of the encoder.

    ``body`` is :func:`body_of` the passage, or what :func:`body_elsewhere` returns.
    """
    values = {
        "row": row,
        "document": document,
        "start": passage.start,
        "end": passage.end,
        VECTOR: vector[:dimension],
        "parts": base64.b64encode(vector[dimension:].astype(np.uint8).tobytes()).decode("ascii"),
        WORDS: words,
        "body": body,
    }
    return {**values, CHECKSUM: checksum(values)}


def checksum(values: Mapping[str, Any]) -> str:
    """Return the hash of what is read of a passage's row: all of it but its words."""
    said = [values[name] for name in ("row", "document", "start", "end", "parts", "body")]
    vector = np.asarray(values[VECTOR], "<f4").tobytes()
    return hashlib.blake2b(vector + json.dumps(said).encode("ascii"), digest_size=16).hexdigest()


def body_elsewhere(first: int, pieces: int, body: str) -> str:
    """Return the place and the hash of a body that is stored as a text, in rows from a key on."""
    return json.dumps({"at": [first, pieces], "sha256": digest(body)})


def body_of(passage: Passage) -> str:
    """Return the texts of a passage as JSON."""
    view = passage.view and [passage.view.text, list(passage.view.pieces)]
    return json.dumps([passage.text, passage.heading, view, passage.quoted], ensure_ascii=False)


def passage_of(values: Mapping[str, Any], document_id: str, body: str) -> Passage:
    """Return the passage of a row."""
    text, heading, view, quoted = json.loads(body)
    return Passage(
        document_id,
        int(values["start"]),
        int(values["end"]),
        text,
        heading,
        View(view[0], Pieces((a, b, c) for a, b, c in view[1])) if view else None,
        tuple((start, end) for start, end in quoted),
    )


def vector_of(values: Mapping[str, Any]) -> NDArray[np.float32]:
    """Return the row of the encoder of a passage's row."""
    parts = np.frombuffer(base64.b64decode(values["parts"], validate=True), np.uint8)
    return np.concatenate([np.asarray(values[VECTOR], np.float32), parts.astype(np.float32)])


def document_text(document: Document) -> str:
    """Return a document as JSON; its notes are in the manifest."""
    blocks = [stored_block(each, document.text) for each in document.blocks]
    values = {
        "id": document.id,
        "text": document.text,
        "sha256": document.sha256,
        "title": document.title,
        "date": document.date,
        "source": document.source,
        "blocks": blocks,
        "pages": document.pages,
        "author": document.author,
        "language": document.language,
        "scanned": [astuple(line) for line in document.scanned],
    }
    return json.dumps(values, ensure_ascii=False)


def document_of(text: str) -> Document:
    """Return the document in such a text."""
    values = json.loads(text)
    blocks = tuple(block_of(*each) for each in values.pop("blocks"))
    scanned = tuple(scanned_line(*line) for line in values.pop("scanned"))
    return Document(**{**values, "pages": tuple(values["pages"])}, blocks=blocks, scanned=scanned)


def text_rows(first: int, text: str) -> Iterator[dict[str, Any]]:
    """Yield a text as rows with keys from ``first`` on."""
    for number, start in enumerate(range(0, max(1, len(text)), _PIECE)):
        piece = text[start : start + _PIECE]
        yield {"row": first + number, "text": piece, "passages": 0, "unused": _UNUSED}


def header_rows(header: Header) -> Iterator[dict[str, Any]]:
    """Yield the header as rows: the number of its pieces and its hash, then these."""
    text = header.to_json()
    rows = list(text_rows(HEADER + 1, text))
    yield from text_rows(HEADER, f"{len(rows)} {digest(text)}")
    yield from rows


def term_row(term: int, passages: int) -> dict[str, Any]:
    """Return the row of a term: how many passages contain it."""
    return {"row": TERMS + term, "text": "", "passages": passages, "unused": _UNUSED}


def digest(text: str) -> str:
    """Return the hexadecimal SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
