"""The index that answers now; a rebuild replaces it as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qa.builder import Progress
from qa.feedback import FeedbackStore
from qa.index import CURRENT, DocumentSummary, SkippedFile
from qa.pipeline import QA
from qa.text import counted


@dataclass(frozen=True, slots=True)
class Entry:
    """One document in the list; ``copy_of`` is the id of the one with the same bytes, if any."""

    document: DocumentSummary
    copy_of: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    """The contents of the open index, as the page lists them."""

    folder: str
    entries: tuple[Entry, ...]
    skipped: tuple[SkippedFile, ...]
    passages: int
    built: datetime

    @property
    def summary(self) -> str:
        """The number of documents and passages, in words."""
        return f"{counted(len(self.entries), 'document')}, {counted(self.passages, 'passage')}"


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """A pipeline with the list of its documents."""

    qa: QA
    library: Library

    @classmethod
    def of(cls, qa: QA, index: Path) -> OpenIndex:
        """List the documents of a pipeline once, so that no visitor waits for it."""
        entries = tuple(
            Entry(document, file.copy_of)
            for file, document in zip(qa.manifest.documents, qa.documents(), strict=True)
        )
        built = datetime.fromtimestamp((index / CURRENT).stat().st_mtime)
        manifest = qa.manifest
        library = Library(manifest.folder, entries, manifest.skipped, manifest.passages, built)
        return cls(qa, library)

    def title(self, document_id: str) -> str:
        """Return a document's title; its id when it is no longer indexed."""
        try:
            return self.qa.document(document_id).title or document_id
        except KeyError:
            return document_id


class Corpus:
    """A folder of documents with its open index.

    Each request reads ``now`` once: a request that began before the end of a rebuild
    keeps the index that it began with.
    """

    def __init__(self, qa: QA, *, folder: str | Path, index: str | Path) -> None:
        self.folder, self.index = Path(folder), Path(index)
        self.feedback = FeedbackStore.beside(self.index)
        self.now = OpenIndex.of(qa, self.index)

    def rebuild(self, progress: Progress | None = None) -> str:
        """Bring the index up to date and answer from it; return in words what changed.

        Raises :class:`~qa.errors.QAError`; the open index then keeps answering.
        """
        before = self.now.qa.manifest
        qa = QA.build(self.folder, self.index, progress=progress)
        self.now = OpenIndex.of(qa.with_threshold(self.now.qa.threshold), self.index)
        after = qa.manifest
        if after.documents == before.documents and after.skipped == before.skipped:
            return "Nothing has changed since the last build."
        old = {file.path: file.sha256 for file in before.documents}
        new = {file.path: file.sha256 for file in after.documents}
        changes = {
            "added": len(new.keys() - old.keys()),
            "removed": len(old.keys() - new.keys()),
            "changed": sum(old[path] != new[path] for path in old.keys() & new.keys()),
        }
        words = ", ".join(f"{count:,} {what}" for what, count in changes.items() if count)
        return f"The index is up to date: {words or 'the same documents'}."
