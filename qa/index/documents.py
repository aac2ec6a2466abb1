"""The texts and passages of an index, in SQLite."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from qa.types import Block, Document, Passage

NAME = "documents.sqlite"

_SCHEMA = """
CREATE TABLE document (
    position   INTEGER PRIMARY KEY,  -- order in the index, from 0
    id         TEXT NOT NULL UNIQUE,
    text       TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    title      TEXT NOT NULL,
    date       TEXT NOT NULL,
    source     TEXT NOT NULL,
    blocks     TEXT NOT NULL,        -- JSON: [[start, end, kind, level], ...]
    pages      TEXT NOT NULL,        -- JSON: [offset, ...]
    author     TEXT NOT NULL,
    language   TEXT NOT NULL,        -- ISO 639-1, or empty
    characters INTEGER NOT NULL,
    first_row  INTEGER NOT NULL,     -- of its passages, whose rows follow one another
    passages   INTEGER NOT NULL
) STRICT;
CREATE TABLE passage (
    row        INTEGER PRIMARY KEY,  -- from 0, the same in all three stores
    document   TEXT NOT NULL,
    start      INTEGER NOT NULL,
    "end"      INTEGER NOT NULL,
    text       TEXT NOT NULL,
    heading    TEXT NOT NULL
) STRICT;
"""
_DOCUMENT = (
    "SELECT id, text, sha256, title, date, source, blocks, pages, author, language FROM document"
)
_PASSAGE = 'SELECT row, document, start, "end", text, heading FROM passage'


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """What a list of documents shows; ``characters`` is the length of the text."""

    id: str
    title: str
    date: str
    source: str
    characters: int
    passages: int


def write_documents(path: Path, documents: Iterable[tuple[Document, Sequence[Passage]]]) -> None:
    """Write documents with their passages; rows are numbered in the order given."""
    # The generation is synced as a whole before it is used, so no journal is needed.
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
        connection.execute("BEGIN")
        row = 0
        for position, (document, passages) in enumerate(documents):
            blocks = [
                [block.start, block.end, block.kind, block.level] for block in document.blocks
            ]
            connection.execute(
                f"INSERT INTO document VALUES ({', '.join('?' * 14)})",
                (
                    position,
                    document.id,
                    document.text,
                    document.sha256,
                    document.title,
                    document.date,
                    document.source,
                    json.dumps(blocks),
                    json.dumps(document.pages),
                    document.author,
                    document.language,
                    len(document.text),
                    row,
                    len(passages),
                ),
            )
            connection.executemany(
                "INSERT INTO passage VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (number, document.id, each.start, each.end, each.text, each.heading)
                    for number, each in enumerate(passages, start=row)
                ),
            )
            row += len(passages)
        connection.execute("COMMIT")
    finally:
        connection.close()


class DocumentStore:
    """Reads stored documents and passages; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        # Immutable: a generation never changes, so SQLite needs no lock file beside it.
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        self.document = lru_cache(maxsize=32)(self._document)

    def __len__(self) -> int:
        ((count,),) = self._select("SELECT count(*) FROM passage")
        return int(count)

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Return the passages at these rows, in this order; KeyError for an unknown row."""
        marks = ", ".join("?" * len(rows))
        found = {
            row: Passage(*values)
            for row, *values in self._select(f"{_PASSAGE} WHERE row IN ({marks})", *rows)
        }
        return [found[row] for row in rows]

    def passages_of(self, document_id: str) -> list[Passage]:
        """Return the passages of one document in order; KeyError for an unknown id."""
        return self.passages(self.rows_of(document_id))

    def rows_of(self, document_id: str) -> range:
        """Return the rows of one document's passages; KeyError for an unknown id."""
        for first, count in self._select(
            "SELECT first_row, passages FROM document WHERE id = ?", document_id
        ):
            return range(first, first + count)
        raise KeyError(document_id)

    def all_passages(self) -> Iterator[Passage]:
        """Yield every passage in the order of rows."""
        for _, *values in self._select(f"{_PASSAGE} ORDER BY row"):
            yield Passage(*values)

    def summaries(self) -> list[DocumentSummary]:
        """Return one summary per document, in the order of the index."""
        rows = self._select(
            "SELECT id, title, date, source, characters, passages FROM document ORDER BY position"
        )
        return [DocumentSummary(*row) for row in rows]

    def check(self) -> None:
        """Raise ValueError when the database, or a passage in it, is not as it should be."""
        ((verdict,),) = self._select("PRAGMA integrity_check(1)")
        if verdict != "ok":
            raise ValueError(verdict)
        for summary in self.summaries():
            text = self._document(summary.id).text
            for passage in self.passages_of(summary.id):
                if text[passage.start : passage.end] != passage.text:
                    raise ValueError(f"a passage of {summary.id} does not stand in it")

    def close(self) -> None:
        """Close the database; what was returned stays valid."""
        self._connection.close()

    def _document(self, document_id: str) -> Document:
        """Return one document whole; KeyError for an unknown id."""
        for row in self._select(f"{_DOCUMENT} WHERE id = ?", document_id):
            name, text, sha256, title, date, source, blocks, pages, author, language = row
            roles = tuple(Block(*block) for block in json.loads(blocks))
            begins = tuple(json.loads(pages))
            return Document(
                name, text, sha256, title, date, source, roles, begins, author, language
            )
        raise KeyError(document_id)

    def _select(self, query: str, *parameters: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()
