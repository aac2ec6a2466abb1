"""A folder with the index that answers now; it is replaced as a whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qa.answers.cells import Cell, row_at
from qa.answers.sections import position_of
from qa.api.pool import Pool
from qa.asking import Askable, no_collection
from qa.errors import StoredIndexError
from qa.feedback import FeedbackStore
from qa.index import CURRENT, DocumentSummary, SkippedFile
from qa.library import Files, Following, Listener, Live, example_questions, give_back
from qa.networks.threads import cores
from qa.pipeline import QA
from qa.text import counted
from qa.types import Passage, Place
from qa.viewer import PageViewer, Windows

if TYPE_CHECKING:
    from qa.access import Visitor
    from qa.collections.holdings import Building


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


class Corpus:
    """A folder of documents with its open index, which ``live`` keeps up to date.

    Each request reads ``now`` once: a request that began before the end of a build
    keeps the index that it began with. ``watching`` and ``listener`` are
    those of :class:`~qa.library.Live`. ``files`` changes the files of the folder, None where
    visitors may not, and ``pages`` draws pages of the documents. ``with_examples`` is whether to
    look for questions to begin with. ``pool`` is
    where questions are answered, whoever asks them: one for all corpora that a server has.
    ``turn`` is a lock of which builds wait for one another. With the address of a ``store`` the
    index there is followed, which others build.
    """

    has_collections = False

    def __init__(
        self,
        qa: QA,
        *,
        folder: str | Path,
        index: str | Path,
        watching: bool = False,
        listener: Listener | None = None,
        files: Files | None = None,
        with_examples: bool = False,
        pool: Pool | None = None,
        turn: threading.Lock | None = None,
        store: str = "",
    ) -> None:
        self.pool = pool or Pool(max(cores(), 2))
        self.folder, self.index = Path(folder), Path(index)
        self.files = files
        self.pages = PageViewer(self.folder)
        self.feedback = FeedbackStore.beside(self.index)
        self._with_examples = with_examples
        self._is_closed = False
        self._finding: threading.Thread | None = None
        self._open(qa, qa.threshold)
        self.live: Live | Following
        if store:
            self.live = Following(qa, store=store, on_open=self._reopen, listener=listener)
        else:
            self.live = Live(
                qa,
                folder=self.folder,
                index=self.index,
                on_open=self._reopen,
                watching=watching,
                listener=listener,
                turn=turn,
            )

    @property
    def is_ready(self) -> bool:
        """Whether questions are answered: something is indexed, or there is nothing to index."""
        return bool(self.now.library.entries) or not self.live.state.activity

    @property
    def places(self) -> tuple[Path, ...]:
        """The folders of the documents and of the index."""
        return self.folder, self.index

    def seen_by(self, visitor: Visitor) -> Corpus:
        """Return all of it: whoever is let in may read the folder."""
        return self

    def building(self, collection: str) -> Building:
        """Raise NoCollection: one folder has none."""
        raise no_collection(collection)

    def feedback_on(self, only: Sequence[str] = ()) -> FeedbackStore:
        """Return the store of votes."""
        return self.feedback

    def close(self, timeout_s: float = 10.0) -> bool:
        """End builds, children and threads; return whether all questions ended in time."""
        self._is_closed = True
        self.live.stop()
        self.pages.close()
        until = time.monotonic() + timeout_s
        have_ended = self.pool.stop(timeout_s)
        if self._finding is not None:
            self._finding.join(max(until - time.monotonic(), 0))
            have_ended = have_ended and not self._finding.is_alive()
        return have_ended

    def _reopen(self, qa: QA) -> None:
        self._open(qa, self.now.qa.threshold)

    def _open(self, qa: QA, threshold: float) -> None:
        opened = self.now = OpenIndex.of(qa.with_threshold(threshold), self.index)
        if self._with_examples and opened.library.entries:
            self._finding = threading.Thread(
                # Nobody asks these: who hears of visitors' questions does not hear of them.
                target=self._find_examples,
                args=[opened, qa.unobserved()],
                name="examples",
                daemon=True,
            )
            self._finding.start()

    def _find_examples(self, opened: OpenIndex, qa: QA) -> None:
        try:
            found = example_questions(qa, is_over=lambda: self._is_closed or self.now is not opened)
        except StoredIndexError:  # of a store that does not answer: there are none, then
            return
        if self.now is opened:
            self.now = replace(opened, examples=found)
        give_back()
