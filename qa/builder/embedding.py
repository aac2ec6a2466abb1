"""The vectors of passages: stored ones, those of an interrupted build, and new ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.builder.fingerprint import vector_key
from qa.builder.survey import Contents
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
) -> tuple[NDArray[np.float32], int]:
    """Return one row of vectors per passage, and how many of them had to be encoded.

    ``unchanged`` documents keep their vectors. The passages of the others are looked up by
    their text, since a file may have been renamed or changed in part.
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
    waiting = list(rows_of.items())
    for done in range(0, len(waiting), _CHUNK):
        chunk = waiting[done : done + _CHUNK]
        encoded = encoder.encode([encoded_text(passages[places[0]]) for _, places in chunk])
        journal.add(list(zip((digest for digest, _ in chunk), encoded, strict=True)))
        for (_, places), vector in zip(chunk, encoded, strict=True):
            vectors[places] = vector
        if progress is not None:
            progress(ENCODING, done + len(chunk), len(waiting))
    return vectors, sum(len(places) for _, places in waiting)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()
