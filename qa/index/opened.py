"""An open index, wherever its passages are stored."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from qa.index.documents import DocumentSummary
from qa.index.freshness import Freshness
from qa.index.manifest import Manifest
from qa.types import Document, Passage, PassageStore

_Stored = TypeVar("_Stored", Document, DocumentSummary)


class OpenIndex(PassageStore):
    """One generation, open for reading: its passages, and the documents that they are of.

    What the manifest says of the documents is here: copies, files that changed. A subclass reads
    passages and texts from where they are stored. ``read_ns`` is when the documents began to
    be read, in nanoseconds.
    """

    def __init__(self, generation: str, manifest: Manifest, read_ns: int) -> None:
        self.generation = generation
        self.manifest = manifest
        self.folder = Path(manifest.folder).resolve()
        self.indexed = {file.path: file for file in manifest.documents}
        # The folder was moved with its index: the paths as they were given lead elsewhere, if they
        # are absolute, or nowhere.
        given = Path(str(manifest.settings.get("folder", manifest.folder)))
        self._is_moved = given.is_absolute() and given.resolve() != self.folder
        self._copies: dict[str, list[str]] = {}
        for file in manifest.documents:
            if file.copy_of:
                self._copies.setdefault(file.copy_of, []).append(file.path)
        containers = {file.path: file for file in manifest.containers}
        self._freshness = Freshness(self.folder, self.indexed, containers, read_ns)

    def document(self, document_id: str) -> Document:
        """Return a document as it was indexed; KeyError for an unknown id.

        A copy has the text and title of its original.
        """
        file = self.indexed[document_id]
        document = self._placed(self._stored_document(file.copy_of or document_id), document_id)
        return replace(document, notes=file.notes) if file.notes else document

    def documents(self) -> list[DocumentSummary]:
        """Return one summary per document, copies too, in the order of ids."""
        stored = {summary.id: summary for summary in self._stored_summaries()}
        return [
            self._placed(stored[file.copy_of or file.path], file.path)
            for file in self.manifest.documents
        ]

    def rows_of(self, document_id: str) -> range:
        """Return the rows of one document's own passages; KeyError for an unknown id."""
        return range(0) if self.indexed[document_id].copy_of else self._stored_rows(document_id)

    def places_of(self, document_id: str) -> tuple[str, ...]:
        """Return the ids of files with a document's bytes: the stored one, then its copies."""
        original = self.indexed[document_id].copy_of or document_id
        return original, *self._copies.get(original, ())

    def outdated(self, document_ids: Iterable[str], *, quoted: bool = False) -> set[str]:
        """Return the ids of those documents whose file changed or vanished since the build.

        With ``quoted`` their bytes are compared, which is for the few that are about to be shown.
        """
        return self._freshness.outdated(document_ids, quoted=quoted)

    @property
    def refused(self) -> frozenset[str]:
        """The files not quoted as their content changed, although size and times did not."""
        return self._freshness.refused

    def _placed(self, stored: _Stored, document_id: str) -> _Stored:
        """Return a document under its own id, or that of a copy, with the path where it is now."""
        if not self._is_moved and stored.id == document_id:
            return stored
        if self._is_moved:
            source = (Path(self.manifest.folder) / document_id).as_posix()
        else:
            source = f"{stored.source.removesuffix(stored.id)}{document_id}"
        return replace(stored, id=document_id, source=source)

    def check_passages(self, passages: Iterable[Passage]) -> None:
        """Raise IndexCorrupt for a passage that is not in its document; see :meth:`document`.

        Where every byte was checked when the index was opened, there is nothing to check.
        """

    @abstractmethod
    def live(self) -> str:
        """Return the name of the generation that is live where this one is stored."""

    @abstractmethod
    def command(self, *words: str) -> str:
        """Return a command of ``qa`` about this index in backticks, quoted for a shell."""

    @abstractmethod
    def _stored_document(self, document_id: str) -> Document:
        """Return a document that is no copy, without its notes; KeyError for an unknown id."""

    @abstractmethod
    def _stored_rows(self, document_id: str) -> range:
        """Return the rows of a document that is no copy; KeyError for an unknown id."""

    @abstractmethod
    def _stored_summaries(self) -> Sequence[DocumentSummary]:
        """Return one summary per document that is no copy."""

    @abstractmethod
    def passages_of(self, document_id: str) -> list[Passage]:
        """Return the passages of a document that is no copy, in order; KeyError for another id."""

    @abstractmethod
    def close(self) -> None:
        """Release the generation; closing twice is allowed."""
