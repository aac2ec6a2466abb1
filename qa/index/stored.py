"""An index on this machine: three stores with the same rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence, Set
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexCorrupt, IndexMismatch
from qa.index import documents, vectors, words
from qa.index.commands import build_command, index_command
from qa.index.documents import DocumentStore, DocumentSummary
from qa.index.generation import (
    MANIFEST,
    check_files,
    live_generation,
    manifest_of,
    write_generation,
)
from qa.index.lock import ReaderLock
from qa.index.manifest import Manifest, SkippedFile, StoredFile
from qa.index.opened import OpenIndex
from qa.index.vectors import FaissVectors, LargeVectors
from qa.index.words import WordIndex
from qa.text import counted
from qa.types import Document, Encoder, Passage

# From so many passages on, a search by codes is quicker by more than it costs to open them, and
# the vectors would take more than 150 MB of memory.
LARGE = 100_000


class StoredIndex(OpenIndex):
    """A generation on this machine's disk: SQLite, FAISS and tantivy with the same rows.

    Rows count passages from 0 and mean the same passage in all three.
    """

    def __init__(
        self, index_dir: Path, generation: Path, manifest: Manifest, *, exact: bool = False
    ) -> None:
        read_ns = (generation / MANIFEST).stat().st_mtime_ns
        super().__init__(generation.name, manifest, read_ns)
        self.path = index_dir
        self._lock = ReaderLock(generation / MANIFEST)
        try:
            keys = [shard.key for shard in manifest.shards]
            self.texts = DocumentStore(
                [generation / documents.FOLDER / f"{key}.sqlite" for key in keys]
            )
            self.vectors = _vectors(generation / vectors.FOLDER, keys, manifest, exact)
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

    def __len__(self) -> int:
        return len(self.texts)

    def document_ids(self) -> Set[str]:
        """Return the ids of the documents that passages are of."""
        return self.texts.names()

    def search_by_vector(
        self,
        vector: NDArray[np.float32],
        top_k: int,
        *,
        only: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> list[tuple[int, float]]:
        """Return ``(row, cosine)`` of the nearest passages, as the protocol says."""
        rows_of = self.texts.rows_of
        return self.vectors.search(
            vector, top_k, only=[*map(rows_of, only)], exclude=[*map(rows_of, exclude)]
        )

    def search_by_words(
        self,
        question: str,
        top_k: int,
        *,
        only: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> list[tuple[int, float]]:
        """Return ``(row, score)`` of passages with words of a question, as the protocol says."""
        return self.words.search(question, top_k, only=only, exclude=exclude)

    def nearness(
        self, rows: Sequence[int], vector: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return each row's cosine and that of its nearest part, as the protocol says."""
        return self.vectors.nearness(rows, vector)

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Return the passages at these rows, in this order; KeyError for an unknown row."""
        return self.texts.passages(rows)

    def passages_of(self, document_id: str) -> list[Passage]:
        """Return the passages of a document that is no copy, in order; KeyError for another id."""
        return self.texts.passages_of(document_id)

    def all_passages(self) -> Iterator[Passage]:
        """Yield every passage in the order of rows."""
        return self.texts.all_passages()

    def files_of(self, keys: Collection[str]) -> dict[Path, StoredFile]:
        """Return the files of the shards with these keys, by path."""
        return {
            self.path / self.generation / file.path: file
            for file in self.manifest.files
            if file.shard in keys
        }

    def live(self) -> str:
        """Return the name of the generation that is live in the folder now."""
        return live_generation(self.path).name

    def command(self, *words: str) -> str:
        """Return a command of ``qa`` about this index in backticks, quoted for a shell."""
        return index_command(self.path, *words)

    def _stored_document(self, document_id: str) -> Document:
        return self.texts.document(document_id)

    def _stored_rows(self, document_id: str) -> range:
        return self.texts.rows_of(document_id)

    def _stored_summaries(self) -> Sequence[DocumentSummary]:
        return self.texts.summaries()

    def close(self) -> None:
        """Release the generation; closing twice is allowed."""
        self.texts.close()
        self._lock.close()


def open_index(
    index_dir: Path, *, encoder_fingerprint: str | None = None, exact: bool = False
) -> StoredIndex:
    """Open the live generation after checking every byte of it.

    From ``LARGE`` passages on, vectors are found by their codes, unless ``exact``.

    Raises :class:`~qa.errors.IndexNotFound`, :class:`~qa.errors.IndexCorrupt`
    for a damaged or missing file, and :class:`~qa.errors.IndexMismatch` for
    another format version or, when a fingerprint is given, another encoder.
    """
    while True:
        generation = live_generation(index_dir)
        try:
            return _open(index_dir, generation, encoder_fingerprint, exact)
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
        write_generation(Path(place), manifest, [], lambda _: rows)
        return open_index(Path(place))


def verify(index_dir: Path) -> str:
    """Check every byte and every relation of an index; return a line on what was checked.

    Beyond what opening checks, these are the database's own structure, that each passage
    occurs in its document at its place, and that each vector has length one and its code.
    """
    index = open_index(index_dir)
    try:
        index.texts.check()
        index.vectors.check()
        keys = [shard.key for shard in index.manifest.shards]
        folder = index_dir / index.generation / vectors.FOLDER
        vectors.check_codes(folder, keys, index.vectors)
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


def _open(
    index_dir: Path, generation: Path, encoder_fingerprint: str | None, exact: bool
) -> StoredIndex:
    manifest = manifest_of(generation)
    if encoder_fingerprint not in (None, manifest.encoder_fingerprint):
        raise IndexMismatch(
            f"{index_dir} was built with another encoder ({manifest.encoder_name})",
            f"run {build_command(index_dir, manifest.folder)}",
        )
    check_files(generation, manifest)
    return StoredIndex(index_dir, generation, manifest, exact=exact)


def _vectors(
    folder: Path, keys: Sequence[str], manifest: Manifest, exact: bool
) -> FaissVectors | LargeVectors:
    """Open the vectors, those of a large index left on the disk."""
    # A generation of an earlier release has no codes until the next build.
    has_codes = all((folder / f"{key}{vectors.CODES}").exists() for key in keys)
    if manifest.passages >= LARGE and (exact or has_codes):
        return LargeVectors(folder, keys, manifest.dimension, exact=exact)
    return FaissVectors(folder, keys, manifest.dimension)
