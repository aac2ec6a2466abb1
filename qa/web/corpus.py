"""The index that answers now; a rebuild swaps it whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qa.builder import Progress
from qa.feedback import FeedbackStore
from qa.index.generation import CURRENT
from qa.pipeline import QA
from qa.web.library import Entry, Library


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """A pipeline with the list of what it knows; the two belong together."""

    qa: QA
    library: Library

    @classmethod
    def of(cls, qa: QA, index: Path) -> OpenIndex:
        """List the documents of a pipeline, so that no visitor has to wait for it."""
        entries = [
            # A copy has the passages of its original, which are counted once.
            Entry(file.path, document.title, document.date, file.passages, file.copy_of)
            for file, document in zip(qa.manifest.documents, qa.documents(), strict=True)
        ]
        built = datetime.fromtimestamp((index / CURRENT).stat().st_mtime)
        library = Library(qa.manifest.folder, tuple(entries), qa.manifest.skipped, built)
        return cls(qa, library)

    def title(self, document_id: str) -> str:
        """Return a document's title; its id when it is gone."""
        try:
            return self.qa.document(document_id).title or document_id
        except KeyError:
            return document_id


class Corpus:
    """A folder of documents with its open index.

    ``now`` is read once for each request: a request that began before a rebuild
    ended keeps the index that it began with.
    """

    def __init__(self, qa: QA, *, folder: str | Path, index: str | Path) -> None:
        self.folder, self.index = Path(folder), Path(index)
        self.feedback = FeedbackStore.beside(self.index)
        self.now = OpenIndex.of(qa, self.index)

    def rebuild(self, progress: Progress | None = None) -> str:
        """Bring the index up to date and answer from it; return in words what changed.

        Raises :class:`~qa.errors.QAError`; what answered before then still does.
        """
        before = self.now.qa.manifest
        qa = QA.build(self.folder, self.index, progress=progress)
        qa = qa.with_threshold(self.now.qa.threshold)
        fresh = self.now = OpenIndex.of(qa, self.index)
        after = fresh.qa.manifest
        if after.documents == before.documents and after.skipped == before.skipped:
            return "Nothing has changed since the index was built."
        old = {file.path: file.sha256 for file in before.documents}
        new = {file.path: file.sha256 for file in after.documents}
        changes = {
            "added": len(new.keys() - old.keys()),
            "removed": len(old.keys() - new.keys()),
            "changed": sum(old[path] != new[path] for path in old.keys() & new.keys()),
        }
        words = ", ".join(f"{count:,} {what}" for what, count in changes.items() if count)
        return f"The index is up to date: {words or 'the same documents'}."
