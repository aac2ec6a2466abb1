"""The documents that a build has read, on the disk until they are in the index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

from qa.builder.survey import ON_DISK, Examined
from qa.index import Contents, DocumentStore, DocumentWriter, opened_privately, writing
from qa.types import Document, Passage

TEXTS = ".texts"


class PutAway:
    """Documents and their passages in a file beside the generations; use it in a ``with`` block.

    Texts would take as much memory as there are. First all are added, then any are read. The
    caller holds the writer's lock. Raises :class:`~qa.errors.StoredIndexError` if the disk cannot
    be written.
    """

    def __init__(self, index_dir: Path) -> None:
        self._path = index_dir / TEXTS
        self._writer: DocumentWriter | None = None
        self._store: DocumentStore | None = None

    def __enter__(self) -> PutAway:
        self._remove()  # that of a build that was killed
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for opened in (self._writer, self._store):
            if opened is not None:
                opened.close()
        self._remove()

    def put(self, document: Document, passages: Sequence[Passage]) -> Literal["on disk"]:
        """Add the contents of a document; no other has its id."""
        with writing(self._path.parent):
            if self._writer is None:
                opened_privately(self._path).close()
                self._writer = DocumentWriter(self._path)
            self._writer.add(document, passages)
        return ON_DISK

    def put_found(self, found: Examined) -> Examined:
        """Add the contents of a document, if it has any here; return the rest."""
        contents = found[1] if isinstance(found, tuple) else None
        if not isinstance(found, tuple) or not isinstance(contents, tuple):
            return found
        return found[0], self.put(*contents)

    def contents(self, document_id: str) -> Contents:
        """Return a document that was added, and its passages; KeyError for another."""
        with writing(self._path.parent):
            if self._store is None:
                if self._writer is None:
                    raise KeyError(document_id)
                self._writer.finish()
                self._writer.close()
                self._store = DocumentStore([self._path])
            return self._store.contents(document_id)

    def _remove(self) -> None:
        with writing(self._path.parent):
            self._path.unlink(missing_ok=True)
