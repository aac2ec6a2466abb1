"""The vectors of passages: stored ones, those of an interrupted build, and new ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from qa.builder.fingerprint import vector_key
from qa.builder.survey import Contents
from qa.builder.workers import Encoded, Texts, Workers
from qa.index import Journal, Manifest, StoredIndex
from qa.types import Encoder, Passage

# Called with the stage of a build, the number of items done, and their total.
Progress = Callable[[str, int, int], None]
ENCODING = "encoding passages"
_CHUNK = 32


def encoded_text(passage: Passage) -> str:
    """Return the text that a passage's vector is made from: its heading, then what is read."""
    return f"{passage.heading}\n{passage.read_text}" if passage.heading else passage.read_text


def embed(
    contents: Sequence[Contents],
    unchanged: Collection[str],
    previous: StoredIndex | None,
    manifest: Manifest,
    encoder: Encoder,
    journal: Journal,
    progress: Progress | None,
    workers: Workers | None = None,
) -> tuple[NDArray[np.float32], int]:
    """Return one row of vectors per passage, and how many of them had to be encoded.

    ``unchanged`` documents keep their vectors. The passages of the others are looked up by
    their text, since a file may have been renamed or changed in part. ``workers`` encode in
    place of ``encoder``, if there are any.
    """
    if previous and vector_key(previous.manifest) != vector_key(manifest):
        previous = None
    known: dict[int, int] = {}  # new row: row in the previous index
    passages: dict[int, Passage] = {}  # new row: passage to look up by its text
    row = 0
    for document, parts in contents:
        rows = range(row, row + len(parts))
        if previous and document.id in unchanged:
            known.update(zip(rows, previous.rows_of(document.id), strict=True))
        else:
            passages.update(zip(rows, parts, strict=True))
        row = rows.stop
    digests = {row: _digest(encoded_text(passage)) for row, passage in passages.items()}
    if previous:
        stored = {
            _digest(encoded_text(passage)): row
            for row, passage in previous.texts.passages_as_long_as(passages.values())
        }
        known.update((row, stored[digest]) for row, digest in digests.items() if digest in stored)
    vectors = np.empty((row, encoder.row_size), dtype=np.float32)
    if previous:
        vectors[list(known)] = previous.vectors.reconstruct(list(known.values()))
    # The rows of each text that has no vector yet. No text and no vector is kept beside those of
    # the index: a large table has gigabytes of them.
    rows_of: dict[bytes, list[int]] = {}
    for row, digest in digests.items():
        if row not in known:
            rows_of.setdefault(digest, []).append(row)
    for digest, vector in journal.read().items():
        vectors[rows_of.pop(digest, [])] = vector
    waiting, count = len(rows_of), sum(map(len, rows_of.values()))
    first = [(digest, rows[0]) for digest, rows in rows_of.items()]
    texts = ((digest, encoded_text(passages[row])) for digest, row in first)
    for chunk in (workers.encode if workers else _encode)(texts, encoder, waiting):
        journal.add(chunk)
        for digest, vector in chunk:
            vectors[rows_of.pop(digest)] = vector
        if progress is not None:
            progress(ENCODING, waiting - len(rows_of), waiting)
    if rows_of:
        raise RuntimeError(f"{len(rows_of):,} texts have no vector")
    return vectors, count


def _encode(texts: Texts, encoder: Encoder, total: int) -> Encoded:
    """Encode texts in this process."""
    while chunk := list(islice(texts, _CHUNK)):
        vectors = encoder.encode([text for _, text in chunk])
        yield [(digest, vector) for (digest, _), vector in zip(chunk, vectors, strict=True)]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()
