"""An open index: three stores with the same rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from qa.errors import IndexCorrupt, IndexMismatch
from qa.index import documents, vectors, words
from qa.index.commands import build_command
from qa.index.documents import DocumentStore, DocumentSummary
from qa.index.freshness import Freshness
from qa.index.generation import (
    MANIFEST,
    check_files,
    live_generation,
    manifest_of,
    write_generation,
)
from qa.index.lock import ReaderLock
from qa.index.manifest import Manifest, SkippedFile, StoredFile
from qa.index.vectors import FaissVectors
from qa.index.words import WordIndex
from qa.text import counted
from qa.types import Document, Encoder, Passage

_Stored = TypeVar("_Stored", Document, DocumentSummary)


class StoredIndex:
    """One generation, open for reading; safe to share between threads.

    It does not change until ``close``, whatever is built meanwhile. Rows count passages from 0
    and mean the same passage in all stores.
    """

    def __init__(self, index_dir: Path, generation: Path, manifest: Manifest) -> None:
        self.path = index_dir
        self.generation = generation.name
        self.manifest = manifest
        self.folder = Path(manifest.folder).resolve()
        self.indexed = {file.path: file for file in manifest.documents}
        self._copies: dict[str, list[str]] = {}
        for file in manifest.documents:
            if file.copy_of:
                self._copies.setdefault(file.copy_of, []).append(file.path)
        written_ns = (generation / MANIFEST).stat().st_mtime_ns
        containers = {file.path: file for file in manifest.containers}
        self._freshness = Freshness(self.folder, self.indexed, containers, written_ns)
        self._lock = ReaderLock(generation / MANIFEST)
        try:
            keys = [shard.key for shard in manifest.shards]
            self.texts = DocumentStore(
                [generation / documents.FOLDER / f"{key}.sqlite" for key in keys]
            )
            self.vectors = FaissVectors(generation / vectors.FOLDER, keys, manifest.dimension)
            self.words = WordIndex(generation / words.FOLDER, manifest.shards)
            rows = {len(self.texts), len(self.vectors), len(self.words), manifest.passages}
            if len(rows) > 1 or rows != {sum(shard.passages for shard in manifest.shards)}:
                raise ValueError("its stores differ in length")
        except (OSError, ValueError, RuntimeError, sqlite3.Error) as error:
            self._lock.close()
            raise IndexCorrupt(
                f"{generation} cannot be opened ({error})",
                f"run {build_command(index_dir, manifest.folder)}",
            ) from error

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Return the passages at these rows, in this order; KeyError for an unknown row."""
        return self.texts.passages(rows)

    def all_passages(self) -> Iterator[Passage]:
        """Yield every passage in the order of rows."""
        return self.texts.all_passages()

    def rows_of(self, document_id: str) -> range:
        """Return the rows of one document's own passages; KeyError for an unknown id."""
        if self.indexed[document_id].copy_of:
            return range(0)
        return self.texts.rows_of(document_id)

    def document(self, document_id: str) -> Document:
        """Return a document as it was indexed; KeyError for an unknown id.

        A copy has the text and title of its original.
        """
        file = self.indexed[document_id]
        document = self.texts.document(file.copy_of or document_id)
        if file.copy_of:
            document = self._as_copy(document, document_id)
        return replace(document, notes=file.notes) if file.notes else document

    def places_of(self, document_id: str) -> tuple[str, ...]:
        """Return the ids of files with a document's bytes: the stored one, then its copies."""
        original = self.indexed[document_id].copy_of or document_id
        return original, *self._copies.get(original, ())

    def documents(self) -> list[DocumentSummary]:
        """Return one summary per document, copies too, in the order of ids."""
        stored = {summary.id: summary for summary in self.texts.summaries()}
        return [
            self._as_copy(stored[file.copy_of], file.path) if file.copy_of else stored[file.path]
            for file in self.manifest.documents
        ]

    @staticmethod
    def _as_copy(original: _Stored, document_id: str) -> _Stored:
        source = f"{original.source.removesuffix(original.id)}{document_id}"
        return replace(original, id=document_id, source=source)

    def files_of(self, keys: Collection[str]) -> dict[Path, StoredFile]:
        """Return the files of the shards with these keys, by path."""
        return {
            self.path / self.generation / file.path: file
            for file in self.manifest.files
            if file.shard in keys
        }

    def outdated(self, document_ids: Iterable[str]) -> set[str]:
        """Return the ids of those documents whose file changed or vanished since the build."""
        return self._freshness.outdated(document_ids)

    def close(self) -> None:
        """Release the generation; closing twice is allowed."""
        self.texts.close()
        self._lock.close()


def open_index(index_dir: Path, *, encoder_fingerprint: str | None = None) -> StoredIndex:
    """Open the live generation after checking every byte of it.

    Raises :class:`~qa.errors.IndexNotFound`, :class:`~qa.errors.IndexCorrupt`
    for a damaged or missing file, and :class:`~qa.errors.IndexMismatch` for
    another format version or, when a fingerprint is given, another encoder.
    """
    while True:
        generation = live_generation(index_dir)
        try:
            return _open(index_dir, generation, encoder_fingerprint)
        except (IndexCorrupt, OSError):
            # A build may have swapped and removed it while it was being opened.
            if live_generation(index_dir) == generation:
                raise


def empty_index(folder: Path, encoder: Encoder, skipped: Sequence[SkippedFile] = ()) -> StoredIndex:
    """Return an index without documents, open and nowhere on the disk; for a folder without any."""
    manifest = Manifest(
        folder=str(folder),
        encoder_name=encoder.name,
        encoder_fingerprint=encoder.fingerprint,
        dimension=encoder.dimension,
        settings={},
        libraries={},
        documents=(),
        skipped=tuple(skipped),
    )
    rows = np.empty((0, encoder.row_size), np.float32)
    # On Windows the manifest, which is open, is left to the system's cleaning.
    with TemporaryDirectory(prefix="qa-", ignore_cleanup_errors=True) as place:
        write_generation(Path(place), manifest, [], rows)
        return open_index(Path(place))


def verify(index_dir: Path) -> str:
    """Check every byte and every relation of an index; return a line on what was checked.

    Beyond what opening checks, these are the database's own structure, that each passage
    occurs in its document at its place, and that each vector has length one.
    """
    index = open_index(index_dir)
    try:
        index.texts.check()
        index.vectors.check()
    except (ValueError, sqlite3.Error) as error:
        raise IndexCorrupt(
            f"{index_dir} is damaged ({error})",
            f"run {build_command(index_dir, index.manifest.folder)}",
        ) from error
    finally:
        index.close()
    files = index.manifest.files
    size = sum(file.size for file in files)
    return (
        f"{index_dir} is intact: {counted(len(files), 'file')}, {size / 1e6:,.1f} MB, "
        f"{counted(len(index.manifest.documents), 'document')}, "
        f"{counted(index.manifest.passages, 'passage')}"
    )


def _open(index_dir: Path, generation: Path, encoder_fingerprint: str | None) -> StoredIndex:
    manifest = manifest_of(generation)
    if encoder_fingerprint not in (None, manifest.encoder_fingerprint):
        raise IndexMismatch(
            f"{index_dir} was built with another encoder ({manifest.encoder_name})",
            f"run {build_command(index_dir, manifest.folder)}",
        )
    check_files(generation, manifest)
    return StoredIndex(index_dir, generation, manifest)
