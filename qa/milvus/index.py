"""An open index in Milvus."""

from __future__ import annotations

import json
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from functools import lru_cache, partial
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexCorrupt
from qa.index import OpenIndex
from qa.index.documents import DocumentSummary
from qa.milvus.address import store_command
from qa.milvus.bm25 import (
    EXACT,
    PRESENT,
    Analyzer,
    Near,
    Question,
    close_to,
    dimension,
    surplus,
    term_id,
)
from qa.milvus.client import MOST_ROWS, Client
from qa.milvus.collections import CHECKSUM, VECTOR, WORDS, generation_of, texts_of
from qa.milvus.records import (
    TERMS,
    Header,
    checksum,
    digest,
    document_of,
    passage_of,
    vector_of,
)
from qa.networks.parts import unpacked
from qa.types import Document, Passage

_FIELDS = (VECTOR, "parts", "document", "start", "end", "body", CHECKSUM)
# Rows kept from scoring a question until its passages are read.
_KEPT = 4096


class MilvusIndex(OpenIndex):
    """One generation in Milvus, open for reading; safe to share between threads.

    What is read from it is compared with its hashes: a document with that in the header, a passage
    with its own, and a quotation with its document. Each call raises
    :class:`~qa.errors.StoreUnreachable` where the store fails, and
    :class:`~qa.errors.IndexNotFound` where the generation was dropped after two newer ones.
    """

    def __init__(self, client: Client, collection: str, header: Header) -> None:
        generation = generation_of(client.address.name, collection)
        super().__init__(generation, header.manifest, header.written_ns)
        self._client, self._collection, self._header = client, collection, header
        self._texts = texts_of(collection)
        self._split = Analyzer()
        self._numbers = {each.id: number for number, each in enumerate(header.summaries)}
        self._kept: dict[int, dict[str, Any]] = {}
        self._lock = Lock()
        # The cache must not keep the index: that is closed once nobody reads it any more.
        self._document = lru_cache(maxsize=32)(partial(_read, weakref.ref(self)))
        self._closing = weakref.finalize(self, client.close)
        self._closing.atexit = False

    def __len__(self) -> int:
        return self.manifest.passages

    def document_ids(self) -> Set[str]:
        """Return the ids of the documents that passages are of."""
        return self._numbers.keys()

    def search_by_vector(
        self,
        vector: NDArray[np.float32],
        top_k: int,
        *,
        only: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> list[tuple[int, float]]:
        """Return ``(row, cosine)`` of the nearest passages, as the protocol says."""
        top_k = min(top_k, len(self))
        if top_k < 1:
            return []
        where = self._where(only, exclude)
        return self._search(VECTOR, vector, top_k, where)

    def search_by_words(
        self,
        question: str,
        top_k: int,
        *,
        only: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> list[tuple[int, float]]:
        """Return ``(row, score)`` of passages with words of a question, as the protocol says."""
        top_k = min(top_k, len(self))
        vector, too_much = self._asked(question)
        if top_k < 1 or not vector:
            return []
        where = self._where(only, exclude)
        # Those with too high a score may have taken the places of so many others.
        depth = min(top_k + len(too_much), len(self), max(top_k, MOST_ROWS))
        found = self._search(WORDS, vector, depth, where)
        scores = [(row, score - too_much.get(row, 0.0)) for row, score in found]
        return sorted(scores, key=lambda pair: (-pair[1], pair[0]))[:top_k]

    def words_vector(self, question: str) -> dict[int, float]:
        """Return the sparse vector of a question; empty if none of its words is stored."""
        return self._asked(question)[0]

    def _asked(self, question: str) -> tuple[dict[int, float], dict[int, float]]:
        """Return the sparse vector of a question, and what it gives too much to some rows."""
        asked = Question.of(question, self._split)
        known = self.frequencies(asked.terms())
        near = [self._near(word) for word in asked.misspelt(known)]
        return asked.vector(known, near, len(self)), surplus(near, len(self))

    def _near(self, word: str) -> Near:
        """Return the stored words that a misspelt one may stand for."""
        others = {term_id(EXACT, other): other for other in close_to(word)}
        found = {others[term]: count for term, count in self.frequencies(others).items()}
        if len(found) < 2:
            return Near(tuple(found), sum(found.values()), {})
        vector = {dimension(PRESENT, other): 1.0 for other in found}
        rows = self._search(WORDS, vector, min(len(self), MOST_ROWS), "")
        counts = {row: round(count) for row, count in rows}
        most = max(len(counts), *found.values())
        return Near(tuple(found), most, {row: n for row, n in counts.items() if n > 1})

    def frequencies(self, terms: Iterable[int]) -> dict[int, int]:
        """Return how many passages contain each of the terms that are in any."""
        keys = [TERMS + term for term in dict.fromkeys(terms)]
        found = self._client.get(self._texts, keys, ("passages",)) if keys else {}
        counts = {key - TERMS: int(values["passages"]) for key, values in found.items()}
        if not all(0 < count <= len(self) for count in counts.values()):
            raise self.damaged("it has terms that no build wrote")
        return counts

    def nearness(
        self, rows: Sequence[int], vector: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return each row's cosine and that of its nearest part, as the protocol says."""
        found = self._read(rows)
        size = self.manifest.dimension
        if not rows:
            return np.empty(0, np.float32), np.empty(0, np.float32)
        with self._as_written():
            stored = np.stack([vector_of(found[row]) for row in rows])
            cosines = np.sum(stored[:, :size] * vector, axis=1)
            if stored.shape[1] == size:
                return cosines, cosines
            parts = unpacked(stored[:, size:], size)
            return cosines, np.sum(parts * vector, axis=2).max(axis=1)

    def vectors(self, rows: Sequence[int]) -> list[NDArray[np.float32]]:
        """Return the unit vectors of passages."""
        found = self._read(rows)
        return [found[row][VECTOR] for row in rows]

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Return the passages at these rows, in this order; KeyError for an unknown row."""
        found = self._read(rows)
        return [self._passage(found[row]) for row in rows]

    def passages_of(self, document_id: str) -> list[Passage]:
        """Return the passages of a document that is no copy, in order; KeyError for another id."""
        return self.passages(self.rows_of(document_id))

    def all_passages(self) -> Iterator[Passage]:
        """Yield every passage in the order of rows."""
        for document_id in self._numbers:
            yield from self.passages_of(document_id)

    def close(self) -> None:
        """Close the connection; what was returned stays valid."""
        self._closing()

    def check_passages(self, passages: Iterable[Passage]) -> None:
        """Raise IndexCorrupt for a passage that is not in its document, whose hash is checked."""
        for passage in passages:
            text = self.document(passage.document_id).text
            if text[passage.start : passage.end] != passage.text:
                raise self.damaged(f"a passage of {passage.document_id} differs from its text")

    def live(self) -> str:
        """Return the name of the generation that the alias points to now; empty for none."""
        return generation_of(self._client.address.name, self._client.target())

    def command(self, *words: str) -> str:
        """Return a command of ``qa`` about this index in backticks, quoted for a shell."""
        is_build = words[:1] == ("build",)
        index = self._header.index if is_build else ""  # others ask the store
        return store_command(self._client.address, *words, index=index)

    def _stored_rows(self, document_id: str) -> range:
        place = self._header.places[self._numbers[document_id]]
        return range(place.first_row, place.first_row + place.passages)

    def _stored_summaries(self) -> Sequence[DocumentSummary]:
        return self._header.summaries

    def _stored_document(self, document_id: str) -> Document:
        return self._document(document_id)

    def _read_document(self, document_id: str) -> Document:
        place = self._header.places[self._numbers[document_id]]
        text = self._text(place.first, place.pieces)
        if digest(text) != place.sha256:
            raise self.damaged(f"the text of {document_id} is damaged")
        return document_of(text)

    def _search(self, field: str, vector: Any, top_k: int, where: str) -> list[tuple[int, float]]:
        found = self._client.search(self._collection, field, vector, top_k, where=where)
        if not all(0 <= row < len(self) for row, _ in found):
            raise self.damaged("it has passages that no build wrote")
        # Counted after the search, so that no row that was deleted before it goes unnoticed.
        if (rows := self._client.count(self._collection, at_once=True)) != len(self):
            raise self.damaged(f"it has {rows:,} passages, not {len(self):,}")
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def _where(self, only: Collection[str], exclude: Collection[str]) -> str:
        """Return the condition on the number of a document, the shorter of its two forms."""
        if not only and not exclude:
            return ""
        chosen = set(only or self._numbers).intersection(self._numbers) - set(exclude)
        others = self._numbers.keys() - chosen
        word, names = ("in", chosen) if len(chosen) <= len(others) else ("not in", others)
        return f"document {word} {sorted(self._numbers[name] for name in names)}"

    def _read(self, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return these rows; they are kept for a while, since a question reads them twice."""
        with self._lock:
            found = {row: self._kept[row] for row in rows if row in self._kept}
        missing = [row for row in dict.fromkeys(rows) if row not in found]
        if missing:
            read = self._client.get(self._collection, missing, _FIELDS)
            if lost := set(missing) - read.keys():
                if not 0 <= min(lost) <= max(lost) < len(self):
                    raise KeyError(min(lost))
                raise self.damaged(f"{len(lost)} of its passages are missing")
            for row, values in read.items():
                values[VECTOR] = np.asarray(values[VECTOR], np.float32)
                if values[CHECKSUM] != checksum(values):
                    raise self.damaged(f"passage {row} is not as it was written")
            found.update(read)
            with self._lock:
                if len(self._kept) > _KEPT:
                    self._kept.clear()
                self._kept.update(read)
        return found

    def _passage(self, values: Mapping[str, Any]) -> Passage:
        with self._as_written():
            summary = self._header.summaries[int(values["document"])]
            body = str(values["body"])
            if body.startswith("{"):  # too long for its field
                place = json.loads(body)
                body = self._text(*place["at"])
                if digest(body) != place["sha256"]:
                    raise self.damaged(f"a passage of {summary.id} is not as it was written")
            return passage_of(values, summary.id, body)

    def _text(self, first: int, pieces: int) -> str:
        try:
            return self._client.text(self._texts, first, pieces)
        except LookupError as error:
            raise self.damaged("a part of its texts is missing") from error

    @contextmanager
    def _as_written(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, TypeError, LookupError) as error:
            raise self.damaged("a passage of it cannot be read") from error

    def damaged(self, problem: str) -> IndexCorrupt:
        """Return the error of what is not as it was written."""
        return IndexCorrupt(
            f"the index in {self._client.address} is damaged: {problem}",
            f"run {self.command('build', self.manifest.folder)}",
        )


def _read(index: weakref.ref[MilvusIndex], document_id: str) -> Document:
    opened = index()
    if opened is None:
        raise ReferenceError("nobody has the index any more")
    return opened._read_document(document_id)
