"""A generation of the index into Milvus: written whole, then shown by one move of an alias."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from qa.errors import IndexCorrupt, IndexLocked, IndexMismatch, IndexNotFound
from qa.index import StoredIndex
from qa.index.generation import MANIFEST
from qa.milvus.address import StoreAddress
from qa.milvus.bm25 import Analyzer, Statistics
from qa.milvus.client import BUILD_S, Client
from qa.milvus.collections import (
    TEXT_BYTES,
    collection_of,
    generation_of,
    passages_schema,
    texts_of,
    texts_schema,
)
from qa.milvus.opening import check_name, verify_store
from qa.milvus.records import (
    Header,
    StoredText,
    body_elsewhere,
    body_of,
    digest,
    document_text,
    header_rows,
    passage_row,
    term_row,
    text_rows,
)

WRITING = "writing to the store"
# Rows in one message: some megabytes, where Milvus accepts 64.
_BATCH = 500
# Vectors are compared one by one: the same passages as on one machine.
EXACT = "FLAT"

Progress = Callable[[str, int, int], None]


def publish(
    source: StoredIndex,
    address: StoreAddress,
    *,
    kind: str = EXACT,
    progress: Progress | None = None,
    timeout_s: float = BUILD_S,
) -> bool:
    """Make a generation the live one of a store; return whether it was not so already.

    It is written into collections of its own, and readers see nothing of it before the alias
    moves. One that is live already is checked, and written again where it is damaged. What an
    interrupted call wrote is kept, and the next one goes on from there. The
    generation before stays for its readers, older ones are dropped. ``kind`` is the index of the
    vectors. ``progress`` is called with ``WRITING``, the rows written, and their total. No call of
    the store may take longer than ``timeout_s``.

    Raises :class:`~qa.errors.StoreUnreachable` where the store fails, and
    :class:`~qa.errors.IndexLocked` where another build moved the alias meanwhile; the live
    generation then stays live.
    """
    client = Client(address, timeout_s=timeout_s)
    try:
        before = check_name(client)
        wanted = collection_of(address.name, source.generation)
        if before == wanted:
            if _is_intact(address):
                return False
            client.forget(wanted)
            before = ""
        other = IndexLocked(f"another build is writing {address}", "wait until it ends and repeat")
        try:
            _Writer(client, wanted, source, progress).write(kind)
            if client.target() != before:
                raise other
            client.point_to(wanted)
        except IndexNotFound as error:  # the other dropped what this one was writing
            raise other from error
        _sweep(client, keep={wanted, before})
        if client.target() != wanted:  # two ended at once
            raise other
        return True
    finally:
        client.close()


def _is_intact(address: StoreAddress) -> bool:
    try:
        verify_store(address)
    except (IndexCorrupt, IndexMismatch, IndexNotFound):
        return False
    return True


def _sweep(client: Client, keep: set[str]) -> None:
    """Drop the collections of other generations, but none that is live by now."""
    alias = client.address.name
    kept = {generation_of(alias, each) for each in keep}
    for name in client.collections():
        if not (generation := generation_of(alias, name)) or generation in kept:
            continue
        if generation != generation_of(alias, client.target()):
            client.drop(name)


class _Writer:
    """Writes the two collections of one generation."""

    def __init__(
        self, client: Client, collection: str, source: StoredIndex, progress: Progress | None
    ) -> None:
        self._client, self._source, self._progress = client, source, progress
        self._passages, self._texts = collection, texts_of(collection)
        self._split = Analyzer()
        self._statistics = Statistics()
        self._places: list[StoredText] = []
        # By the row of each passage that is too long for a field, where its body is.
        self._elsewhere: dict[int, str] = {}
        self._done = 0

    def write(self, kind: str) -> None:
        """Write all rows, or those that are missing."""
        source, client = self._source, self._client
        present = set(client.collections())
        dimension = source.manifest.dimension
        if self._passages not in present:
            client.create(self._passages, *passages_schema(dimension, kind))
        if self._texts not in present:
            client.create(self._texts, *texts_schema())
        for row, passage in enumerate(source.all_passages()):
            self._statistics.add(self._split.terms(passage))
            if len(body_of(passage).encode("utf-8")) > TEXT_BYTES:
                self._elsewhere[row] = ""
        self._fill(self._texts, self._text_rows())
        self._fill(self._passages, self._passage_rows(dimension))
        total = {self._passages: len(source.vectors), self._texts: self._done - len(source.vectors)}
        for name, rows in total.items():
            client.flush(name)
            client.load(name)
            if (found := client.count(name)) != rows:
                # Another build of the same may have made it live meanwhile; the next mends it.
                if client.target() != self._passages:
                    client.drop(self._passages)
                    client.drop(self._texts)
                raise IndexLocked(
                    f"{name} has {found:,} rows, not the {rows:,} written",
                    "let nobody else write to it, and repeat",
                )

    def _fill(self, collection: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows in their order, except whole batches that an earlier call wrote."""
        written = self._client.count(collection)
        each, end = iter(rows), 0
        while batch := list(islice(each, _BATCH)):
            first, end = end, end + len(batch)
            self._done += len(batch)
            if end > written:
                # Not all of the last batch may have been written.
                self._client.write(collection, batch, again=first < written)
            if self._progress is not None:
                self._progress(WRITING, self._done, max(self._done, self._expected()))

    def _expected(self) -> int:
        return len(self._source.vectors) + len(self._statistics.frequencies)

    def _passage_rows(self, dimension: int) -> Iterator[dict[str, Any]]:
        source, row = self._source, 0
        for number, summary in enumerate(source.texts.summaries()):
            passages = source.texts.passages_of(summary.id)
            vectors = source.vectors.reconstruct(range(row, row + len(passages)))
            for passage, vector in zip(passages, vectors, strict=True):
                words = self._statistics.vector(self._split.terms(passage))
                body = self._elsewhere.get(row) or body_of(passage)
                yield passage_row(row, number, passage, vector, dimension, words, body=body)
                row += 1

    def _text_rows(self) -> Iterator[dict[str, Any]]:
        """Yield the documents, the bodies that are too long, the terms, and last the header."""
        source, key, row = self._source, 0, 0
        summaries = source.texts.summaries()
        for summary in summaries:
            text = document_text(source.texts.document(summary.id))
            rows = list(text_rows(key, text))
            yield from rows
            self._places.append(StoredText(key, len(rows), row, summary.passages, digest(text)))
            key, row = key + len(rows), row + summary.passages
        long = list(self._elsewhere)
        for row, passage in zip(long, source.passages(long), strict=True):
            body = body_of(passage)
            rows = list(text_rows(key, body))
            yield from rows
            self._elsewhere[row] = body_elsewhere(key, len(rows), body)
            key += len(rows)
        frequencies = self._statistics.frequencies
        yield from (term_row(term, frequencies[term]) for term in sorted(frequencies))
        header = Header(
            source.manifest,
            tuple(summaries),
            tuple(self._places),
            (source.path / source.generation / MANIFEST).stat().st_mtime_ns,
            str(source.path.resolve()),
        )
        yield from header_rows(header)
