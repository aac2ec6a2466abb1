"""A folder with the index that answers now; it is replaced as a whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qa.api.pool import Pool
from qa.asking import no_collection
from qa.collections.holdings import Building
from qa.collections.open_index import OpenIndex
from qa.errors import StoredIndexError
from qa.feedback import FeedbackStore
from qa.library import Files, Following, Listener, Live, example_questions, give_back
from qa.networks.threads import cores
from qa.pipeline import QA
from qa.viewer import PageViewer

if TYPE_CHECKING:
    from qa.access import Visitor


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
