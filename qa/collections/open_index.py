"""An index that answers now, with the list of its documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from qa.answers.cells import Cell, row_at
from qa.answers.sections import position_of
from qa.asking import Askable
from qa.errors import StoredIndexError
from qa.index import CURRENT, DocumentSummary, SkippedFile
from qa.pipeline import QA
from qa.text import counted
from qa.types import Passage, Place
from qa.viewer import Windows


@dataclass(frozen=True, slots=True)
class Entry:
    """One document in the list; ``copy_of`` is the id of the one with the same bytes, if any.

    ``inside`` is the file that it is in, empty if it is one itself.
    """

    document: DocumentSummary
    copy_of: str = ""
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    """The contents of the open index, as the page lists them.

    ``folder`` is the name of the folder: visitors have no use for where it is on the server.
    ``built`` is when the index was written, None if there is none. ``collections`` are their
    names where it has several, each a folder of the list.
    """

    folder: str
    entries: tuple[Entry, ...]
    skipped: tuple[SkippedFile, ...]
    passages: int
    built: datetime | None
    collections: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The number of documents and passages, in words."""
        if not self.entries:
            return "No documents yet"
        return f"{counted(len(self.entries), 'document')}, {counted(self.passages, 'passage')}"


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """A pipeline with the list of its documents, and questions to begin with, once found.

    ``windows`` are those of the documents that are looked at.
    """

    qa: Askable
    library: Library
    examples: tuple[str, ...] = ()
    windows: Windows = field(default_factory=Windows)

    @classmethod
    def of(cls, qa: QA, index: Path) -> OpenIndex:
        """List the documents of a pipeline once, so that no visitor waits for it."""
        manifest = qa.manifest
        entries = tuple(
            Entry(document, file.copy_of, file.inside)
            for file, document in zip(manifest.documents, qa.documents(), strict=True)
        )
        try:
            written = (index / CURRENT).stat().st_mtime
            built = datetime.fromtimestamp(written) if entries else None
        except OSError:
            built = None
        folder = Path(manifest.folder).resolve().name or manifest.folder
        return cls(qa, Library(folder, entries, manifest.skipped, manifest.passages, built))

    def title(self, document_id: str) -> str:
        """Return a document's title; its id when it is no longer indexed."""
        try:
            return self.qa.document(document_id).title or document_id
        except (KeyError, StoredIndexError):  # the second of a store that does not answer
            return document_id

    def section(self, place: Place) -> str:
        """Return the headings above a place, and its row and column in a table.

        Empty when its document is no longer indexed.
        """
        try:
            return position_of(self.qa.document(place.document_id), place.start)
        except (KeyError, StoredIndexError):
            return ""

    def cells(self, place: Place) -> tuple[Cell, ...]:
        """Return the cells of the row of a table that a place is in; none outside of tables."""
        try:
            row = row_at(self.qa.document(place.document_id), place.start)
        except (KeyError, StoredIndexError):
            return ()
        return row.cells if row else ()

    def headings(self, passage: Passage) -> list[tuple[int, int]]:
        """Return the offsets of the headings in a passage; none of a document that has gone."""
        try:
            blocks = self.qa.document(passage.document_id).blocks
        except (KeyError, StoredIndexError):
            return []
        return [
            (block.start, block.end)
            for block in blocks
            if block.kind == "heading" and passage.start <= block.start < passage.end
        ]
