"""The texts and passages of an index, in SQLite."""

from __future__ import annotations

import json
import sqlite3
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from qa.text import cells_of
from qa.types import Block, BlockKind, Document, Passage, Pieces, ScannedLine, View

FOLDER = "documents"
# A document and its passages.
Contents = tuple[Document, Sequence[Passage]]
# Documents kept in memory, each a file of some megabytes at most.
_RECENT = 32

# Kibibytes that SQLite may keep of all shards together, and at least of each.
_CACHE, _LEAST_CACHE = 64_000, 64

_SCHEMA = """
CREATE TABLE document (
    position   INTEGER PRIMARY KEY,  -- order in the shard, from 0
    id         TEXT NOT NULL UNIQUE,
    first_row  INTEGER NOT NULL,     -- of its passages, whose rows are consecutive
    passages   INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    sha256     TEXT NOT NULL,
    title      TEXT NOT NULL,
    date       TEXT NOT NULL,
    source     TEXT NOT NULL,
    author     TEXT NOT NULL,
    language   TEXT NOT NULL,        -- ISO 639-1, or empty
    pages      TEXT NOT NULL,        -- JSON: [offset, ...]
    blocks     TEXT NOT NULL,        -- JSON: [[start, end, kind, level, ...], ...]
    scanned    TEXT NOT NULL,        -- JSON: [[start, end, page, corners, confidences, edges], ...]
    text       TEXT NOT NULL         -- last, so that the others are read without it
) STRICT;
CREATE TABLE passage (
    row        INTEGER PRIMARY KEY,  -- in the shard, from 0
    document   TEXT NOT NULL,
    start      INTEGER NOT NULL,
    "end"      INTEGER NOT NULL,
    text       TEXT NOT NULL,
    heading    TEXT NOT NULL,
    view       TEXT NOT NULL,        -- JSON: [text, [[start, source, length], ...]], or empty
    quoted     TEXT NOT NULL         -- JSON: [[start, end], ...], or empty
) STRICT;
"""
_DOCUMENT = (
    "SELECT id, text, sha256, title, date, source, author, language, blocks, pages, scanned "
    "FROM document"
)
_PASSAGE = 'SELECT row, document, start, "end", text, heading, view, quoted FROM passage'


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document in a list; ``characters`` is the length of its text."""

    id: str
    title: str
    date: str
    source: str
    characters: int
    passages: int
    author: str
    language: str


def write_documents(path: Path, documents: Iterable[Contents]) -> None:
    """Write the documents of a shard; rows number their passages in the order given."""
    with closing(DocumentWriter(path)) as writer:
        for document, passages in documents:
            writer.add(document, passages)
        writer.finish(with_lengths=True)


class DocumentWriter:
    """Writes the documents of a shard one by one, so that none has to be kept in memory."""

    def __init__(self, path: Path) -> None:
        # The generation is synced as a whole before it is used, so no journal is needed.
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA
        )
        self._connection.execute("BEGIN")
        self._documents = self._rows = 0

    def add(self, document: Document, passages: Sequence[Passage]) -> None:
        """Write a document and its passages, as the next rows."""
        blocks = [stored_block(block, document.text) for block in document.blocks]
        self._connection.execute(
            f"INSERT INTO document VALUES ({', '.join('?' * 15)})",
            (
                self._documents,
                document.id,
                self._rows,
                len(passages),
                len(document.text),
                document.sha256,
                document.title,
                document.date,
                document.source,
                document.author,
                document.language,
                json.dumps(document.pages),
                json.dumps(blocks),
                json.dumps([astuple(line) for line in document.scanned]),
                document.text,
            ),
        )
        self._connection.executemany(
            "INSERT INTO passage VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    number,
                    document.id,
                    each.start,
                    each.end,
                    each.text,
                    each.heading,
                    _written(each.view),
                    json.dumps(each.quoted) if each.quoted else "",
                )
                for number, each in enumerate(passages, start=self._rows)
            ),
        )
        self._documents += 1
        self._rows += len(passages)

    def finish(self, *, with_lengths: bool = False) -> None:
        """Complete the file, with an index of lengths; before, nothing may be read from it."""
        if with_lengths:  # a build then finds texts that it knows without reading all
            self._connection.execute('CREATE INDEX passage_length ON passage ("end" - start)')
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; closing twice is allowed."""
        self._connection.close()


class DocumentStore:
    """Reads the documents and passages of all shards; safe to share between threads.

    ``paths`` are the shards in order; a row counts passages through all of them.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._connections: list[sqlite3.Connection] = []
        self._lock, self._recent_lock = threading.Lock(), threading.Lock()
        # For each document: its shard, the first of its rows there, and their number.
        self._places: dict[str, tuple[int, int, int]] = {}
        self._first_rows = [0]
        # Not the cache of functools: on a bound method it keeps the store, until a collection of
        # cycles, from being freed when nobody uses it any more.
        self._recent: OrderedDict[str, Document] = OrderedDict()
        for shard, path in enumerate(paths):
            # Immutable: a generation never changes, so SQLite needs no lock file beside it.
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            connection.execute(f"PRAGMA cache_size = -{max(_LEAST_CACHE, _CACHE // len(paths))}")
            self._connections.append(connection)
            for name, first, count in self._select(
                shard, "SELECT id, first_row, passages FROM document"
            ):
                self._places[name] = shard, first, count
            ((last,),) = self._select(shard, "SELECT ifnull(max(row), -1) FROM passage")
            self._first_rows.append(self._first_rows[-1] + last + 1)

    def __len__(self) -> int:
        return self._first_rows[-1]

    def document(self, document_id: str) -> Document:
        """Return one document whole, those asked for last from memory; KeyError if unknown."""
        with self._recent_lock:
            if document_id in self._recent:
                self._recent.move_to_end(document_id)
                return self._recent[document_id]
        found = self._document(document_id)
        with self._recent_lock:
            self._recent[document_id] = found
            while len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
        return found

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Return the passages at these rows, in this order; KeyError for an unknown row."""
        by_shard: dict[int, list[int]] = {}
        for row in rows:
            if not 0 <= row < len(self):
                raise KeyError(row)
            by_shard.setdefault(bisect_right(self._first_rows, row) - 1, []).append(row)
        found = {}
        for shard, wanted in by_shard.items():
            first = self._first_rows[shard]
            marks = ", ".join("?" * len(wanted))
            for row, *values in self._select(
                shard, f"{_PASSAGE} WHERE row IN ({marks})", *(row - first for row in wanted)
            ):
                found[first + row] = _passage(values)
        return [found[row] for row in rows]

    def passages_of(self, document_id: str) -> list[Passage]:
        """Return the passages of one document in order; KeyError for an unknown id."""
        shard, first, count = self._places[document_id]
        rows = self._select(
            shard, f"{_PASSAGE} WHERE row >= ? AND row < ? ORDER BY row", first, first + count
        )
        return [_passage(values) for _, *values in rows]

    def contents(self, document_id: str) -> Contents:
        """Return one document whole, and its passages in order; KeyError for an unknown id."""
        return self._document(document_id), self.passages_of(document_id)

    def names(self) -> Set[str]:
        """Return the ids of the documents."""
        return self._places.keys()

    def rows_of(self, document_id: str) -> range:
        """Return the rows of one document's passages; KeyError for an unknown id."""
        shard, first, count = self._places[document_id]
        first += self._first_rows[shard]
        return range(first, first + count)

    def all_passages(self) -> Iterator[Passage]:
        """Yield every passage in the order of rows."""
        for shard in range(len(self._connections)):
            for _, *values in self._select(shard, f"{_PASSAGE} ORDER BY row"):
                yield _passage(values)

    def passages_as_long_as(self, lengths: Collection[int]) -> Iterator[tuple[int, Passage]]:
        """Yield ``(row, passage)`` where the text has one of these lengths.

        These are the candidates for equal texts, found without reading all passages.
        """
        query = f'{_PASSAGE} WHERE "end" - start IN (SELECT value FROM json_each(?)) ORDER BY row'
        wanted = json.dumps(sorted(lengths))
        for shard, first in enumerate(self._first_rows[:-1]):
            for row, *values in self._select(shard, query, wanted):
                yield first + row, _passage(values)

    def summaries(self) -> list[DocumentSummary]:
        """Return one summary per document, in the order of the index."""
        query = (
            "SELECT id, title, date, source, characters, passages, author, language "
            "FROM document ORDER BY position"
        )
        return [
            DocumentSummary(*row)
            for shard in range(len(self._connections))
            for row in self._select(shard, query)
        ]

    def check(self) -> None:
        """Raise ValueError for a damaged database or a passage that differs from its document."""
        for shard in range(len(self._connections)):
            ((verdict,),) = self._select(shard, "PRAGMA integrity_check(1)")
            if verdict != "ok":
                raise ValueError(verdict)
        for summary in self.summaries():
            text = self._document(summary.id).text
            for passage in self.passages_of(summary.id):
                if text[passage.start : passage.end] != passage.text:
                    raise ValueError(f"a passage of {summary.id} differs from its text")
                if passage.view and any(
                    text[source : source + length] != passage.view.text[start : start + length]
                    for start, source, length in passage.view.pieces
                ):
                    raise ValueError(f"what is read of {summary.id} differs from its text")

    def close(self) -> None:
        """Close the databases; what they returned stays valid."""
        for connection in self._connections:
            connection.close()

    def _document(self, document_id: str) -> Document:
        """Return one document whole; KeyError for an unknown id."""
        shard, _, _ = self._places[document_id]
        (found,) = self._select(shard, f"{_DOCUMENT} WHERE id = ?", document_id)
        *values, roles, begins, lines = found
        name, text, sha256, title, date, source, author, language = values
        blocks = tuple(block_of(*block) for block in json.loads(roles))
        pages = tuple(json.loads(begins))
        scanned = tuple(scanned_line(*line) for line in json.loads(lines))
        return Document(
            name,
            text,
            sha256,
            title,
            date,
            source,
            blocks,
            pages,
            author,
            language,
            scanned=scanned,
        )

    def _select(self, shard: int, query: str, *parameters: object) -> list[Any]:
        with self._lock:
            return self._connections[shard].execute(query, parameters).fetchall()


def scanned_line(
    start: int,
    end: int,
    page: int,
    corners: list[list[int]],
    confidences: list[int],
    edges: Iterable[Sequence[int]] = (),  # an index of before has none
) -> ScannedLine:
    """Return what was stored as the list of its fields."""
    points = tuple((x, y) for x, y in corners)
    words = tuple((first, last) for first, last in edges)
    return ScannedLine(start, end, page, points, tuple(confidences), words)


def stored_block(block: Block, text: str) -> list[Any]:
    """Return a block as it is stored: the cells only if they are not those that the row tells."""
    stored = [block.start, block.end, block.kind, block.level]
    cells = (
        () if block.cells == cells_of(text[block.start : block.end], block.start) else block.cells
    )
    return [*stored, cells, block.depth, block.number] if cells or block.depth else stored


def block_of(
    start: int,
    end: int,
    kind: BlockKind,
    level: int,
    cells: Sequence[tuple[int, int]] = (),
    depth: int = 0,
    number: int = 0,
) -> Block:
    """Return a block as it is stored in a list of these values."""
    places = tuple((begin, finish) for begin, finish in cells)
    return Block(start, end, kind, level, places, depth, number)


def _written(view: View | None) -> str:
    return json.dumps([view.text, list(view.pieces)], ensure_ascii=False) if view else ""


def _passage(values: Sequence[Any]) -> Passage:
    """Return the passage of a row of the database, its number left out."""
    document_id, start, end, text, heading, written, places = values
    view = None
    if written:
        words, pieces = json.loads(written)
        view = View(words, Pieces((begin, source, length) for begin, source, length in pieces))
    quoted = tuple((begin, finish) for begin, finish in json.loads(places)) if places else ()
    return Passage(document_id, start, end, text, heading, view, quoted)
