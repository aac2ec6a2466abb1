"""The vectors of passages: stored ones, those of an interrupted build, and new ones."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from qa.builder.fingerprint import vector_key
from qa.builder.workers import Encoded, Texts, Workers
from qa.index import SHORT, Contents, Journal, Manifest, StoredIndex
from qa.types import Encoder, Passage

# Called with the stage of a build, the number of items done, and their total.
Progress = Callable[[str, int, int], None]
# Returns the rows of vectors of all passages of some documents: ``(passages, row_size)``.
RowsOf = Callable[[Sequence[Contents]], NDArray[np.float32]]
ENCODING = "encoding passages"
_CHUNK = 32


def encoded_text(passage: Passage) -> str:
    """Return the text that a passage's vector is made from: its heading, then what is read."""
    return f"{passage.heading}\n{passage.read_text}" if passage.heading else passage.read_text


def embed(
    documents: Sequence[str],
    contents_of: Callable[[str], Contents],
    unchanged: Collection[str],
    previous: StoredIndex | None,
    manifest: Manifest,
    encoder: Encoder,
    journal: Journal,
    progress: Progress | None,
    workers: Workers | None = None,
) -> tuple[RowsOf, int]:
    """Encode what has no vector; return where all vectors are from, and how many were encoded.

    ``documents`` are ids, whose contents ``contents_of`` returns. ``unchanged`` ones keep their
    vectors. The passages of the others are looked up by their text, since a file may have been
    renamed or changed in part. ``workers`` encode in place of ``encoder``, if there are any.

    No text and no vector is kept in memory: of each passage that is looked up, some 60 bytes are.
    """
    if previous and vector_key(previous.manifest) != vector_key(manifest):
        previous = None
    kept = frozenset(unchanged if previous else ())
    new = [each for each in documents if each not in kept]
    digests, lengths = bytearray(), set()
    for each in new:
        for passage in contents_of(each)[1]:
            digests += _digest(passage)[:SHORT]
            lengths.add(passage.end - passage.start)
    texts, counts = np.unique(_shorts(digests), return_counts=True)
    rows = _stored_rows(texts, lengths, previous)
    journal.open()
    waiting = (rows < 0) & (_records(journal, texts) < 0)
    total, count, done = int(waiting.sum()), int(counts[waiting].sum()), 0
    if total:
        unseen = _unseen(waiting, texts, new, contents_of)
        for chunk in (workers.encode if workers else _encode)(unseen, encoder, total):
            journal.add(chunk)
            done += len(chunk)
            if progress is not None:
                progress(ENCODING, done, total)
    records = _records(journal, texts)
    if lost := int(((rows < 0) & (records < 0)).sum()):
        raise RuntimeError(f"{lost:,} texts have no vector")

    def rows_of(held: Sequence[Contents]) -> NDArray[np.float32]:
        stored, recorded = [], []
        for document, passages in held:
            if previous and document.id in kept:
                stored += list(previous.rows_of(document.id))
                recorded += [-1] * len(passages)
            else:
                places = _places(texts, _shorts(b"".join(_digest(p)[:SHORT] for p in passages)))
                stored += rows[places].tolist()
                recorded += records[places].tolist()
        is_stored = np.array(stored, np.int64) >= 0
        vectors = np.empty((len(stored), encoder.row_size), np.float32)
        if previous:
            vectors[is_stored] = previous.vectors.reconstruct([row for row in stored if row >= 0])
        vectors[~is_stored] = journal.read(np.array(recorded, np.int64)[~is_stored].tolist())
        return vectors

    return rows_of, count


def _stored_rows(
    texts: NDArray[np.bytes_], lengths: Collection[int], previous: StoredIndex | None
) -> NDArray[np.int64]:
    """Return the row of each text in the previous index; -1 where it has none."""
    rows = np.full(len(texts), -1, np.int64)
    if previous and len(texts):
        digests, found = bytearray(), array("q")
        for row, passage in previous.texts.passages_as_long_as(lengths):
            digests += _digest(passage)[:SHORT]
            found.append(row)
        places = _places(texts, _shorts(digests))
        rows[places[places >= 0]] = np.array(found, np.int64)[places >= 0]
    return rows


def _unseen(
    waiting: NDArray[np.bool_],
    texts: NDArray[np.bytes_],
    documents: Sequence[str],
    contents_of: Callable[[str], Contents],
) -> Iterator[tuple[bytes, str]]:
    """Yield each text that waits for its vector once, with its digest."""
    waiting = waiting.copy()
    for each in documents:
        _, passages = contents_of(each)
        digests = [_digest(passage) for passage in passages]
        places = _places(texts, _shorts(b"".join(digest[:SHORT] for digest in digests)))
        for passage, digest, place in zip(passages, digests, places.tolist(), strict=True):
            if waiting[place]:
                waiting[place] = False
                yield digest, encoded_text(passage)


def _encode(texts: Texts, encoder: Encoder, total: int) -> Encoded:
    """Encode texts in this process."""
    while chunk := list(islice(texts, _CHUNK)):
        vectors = encoder.encode([text for _, text in chunk])
        yield [(digest, vector) for (digest, _), vector in zip(chunk, vectors, strict=True)]


def _digest(passage: Passage) -> bytes:
    return hashlib.sha256(encoded_text(passage).encode("utf-8")).digest()


def _shorts(digests: bytes | bytearray) -> NDArray[np.bytes_]:
    return np.frombuffer(bytes(digests), f"S{SHORT}")


def _places(ordered: NDArray[np.bytes_], wanted: NDArray[np.bytes_]) -> NDArray[np.int64]:
    """Return where each wanted digest is among others, which are in order; -1 where it is not."""
    if not len(ordered):
        return np.full(len(wanted), -1, np.int64)
    places = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.where(ordered[places] == wanted, places, -1)


def _records(journal: Journal, texts: NDArray[np.bytes_]) -> NDArray[np.int64]:
    """Return the record of each text in a journal; -1 where it has none."""
    digests = journal.digests()
    order = np.argsort(digests, kind="stable")
    places = _places(digests[order], texts)
    records = np.full(len(texts), -1, np.int64)
    records[places >= 0] = order[places[places >= 0]]
    return records
