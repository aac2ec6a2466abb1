"""Keep the index of a folder up to date while questions are asked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from qa.builder import BackgroundBuild, BuildReport, changes, check_folder, is_stale, stamp_of
from qa.errors import EmptyCorpus, IndexLocked, QAError, StoredIndexError
from qa.index import SkippedFile, live_generation
from qa.index.manifest import Manifest
from qa.library.heap import give_back
from qa.library.progress import Activity, Pace
from qa.pipeline import QA

# How often to look whether another process has built the index, or has finished.
LOOK_S = 1.0
_LOG = logging.getLogger(__name__)
CHECKING = Activity("Looking for changes")
WAITING = Activity("Waiting for another build")


@dataclass(frozen=True, slots=True)
class State:
    """What is going on, as of now.

    ``activity`` is what is being done, if anything. ``note`` says what the last build changed,
    ``trouble`` why it failed; ``finished`` counts builds and checks that have ended.
    """

    activity: Activity | None = None
    note: str = ""
    trouble: QAError | None = None
    finished: int = 0


class Listener(Protocol):
    """Is told what happens; called from the thread that builds."""

    def on_state(self, state: State) -> None:
        """Take notice of what is going on now."""

    def on_report(self, report: BuildReport) -> None:
        """Take notice of the report of a build that ended."""


class Live:
    """Builds in the background whenever the folder changes, and opens what is built.

    ``on_open`` is called with the pipeline that answers from then on: after a build of its own,
    after one by another process, and without documents where the folder has none. ``watching``
    is whether to look for changes, or to build only on request. Builds run in a child process
    with a lower priority, so that questions are answered meanwhile; with a ``turn`` one at a time.
    """

    def __init__(
        self,
        qa: QA,
        *,
        folder: Path,
        index: Path,
        on_open: Callable[[QA], None],
        watching: bool = True,
        listener: Listener | None = None,
        turn: threading.Lock | None = None,
    ) -> None:
        self.folder, self.index, self.watching = folder, index, watching
        self._turn = turn or threading.Lock()
        self._state = State()
        self._qa, self._on_open, self._listener = qa, on_open, listener
        self._build: BackgroundBuild | None = None
        # The files of which none could be read, and a generation that cannot be opened.
        self._nothing: Hashable = None
        self._damaged = ""
        # Files that are others although nothing looks changed, and a build was tried for.
        self._refused: frozenset[str] = frozenset()
        # Set from several threads, and taken by the one that builds.
        self._asked = self._changed = False
        self._wanted = threading.Lock()
        self._wake, self._stop = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._work, name="live", daemon=True)]
        if watching:
            self._threads.append(threading.Thread(target=self._watch, name="watch", daemon=True))

    @property
    def state(self) -> State:
        """What is going on."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state
        if self._listener is not None:
            self._listener.on_state(state)

    def start(self) -> None:
        """Begin, with a look at what has changed since the last build."""
        if self.watching:
            self.state = State(CHECKING)
            self._want(changed=True)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, and end a build that is running; what it encoded is kept."""
        self._stop.set()
        if self._build is not None:
            self._build.stop()
        self._wake.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(30)

    def request(self) -> None:
        """Bring the index up to date soon; several requests before that are one."""
        if self.state.activity is None:
            self.state = replace(self.state, activity=CHECKING)
        self._want(asked=True)

    def _want(self, *, asked: bool = False, changed: bool = False) -> None:
        self._note(asked=asked, changed=changed)
        self._wake.set()

    def _note(self, *, asked: bool, changed: bool) -> None:
        """Add to what is wanted, without a hurry."""
        with self._wanted:
            self._asked |= asked
            self._changed |= changed

    def _take(self) -> tuple[bool, bool]:
        """Return what was wanted since the last time: a build, and a look at what changed."""
        with self._wanted:
            asked, changed = self._asked, self._changed
            self._asked = self._changed = False
        return asked, changed

    def _work(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(LOOK_S)
            self._wake.clear()
            asked, changed = self._take()
            changed |= self._is_refusing()
            if self._stop.is_set():
                return
            try:
                if asked or changed:
                    self._update(asked=asked)
                else:
                    self._open_what_is_new()
            except IndexLocked:  # its result is opened when it is there
                self._note(asked=asked, changed=changed)
                self.state = replace(self.state, activity=WAITING, trouble=None)
            except QAError as error:
                self._fail(error, asked=asked)
            except Exception as error:  # a defect, or a system that fails; tried again later
                self._fail(unexpected(error, self.state.trouble), asked=asked)

    def _fail(self, error: QAError, *, asked: bool) -> None:
        """Say why nothing was built, once."""
        is_new = asked or str(error) != str(self.state.trouble)
        self._end(trouble=error) if is_new else self._rest(error)

    def _is_refusing(self) -> bool:
        """Return whether files were not quoted that no change was seen of, for the first time."""
        before, self._refused = self._refused, self._qa.refused
        return self.watching and not self._refused <= before

    def _watch(self) -> None:
        while not self._stop.is_set():
            with suppress(OSError, RuntimeError):
                watched = self.folder.stat().st_ino
                for _ in changes(self.folder, self.index, stop=self._stop):
                    self._want(changed=True)
                    if self.folder.stat().st_ino != watched:
                        break  # another folder has its name now
            # There is no such folder now, or it cannot be watched: look at it now and then.
            if not self._stop.wait(LOOK_S):
                self._want(changed=True)

    def _update(self, *, asked: bool) -> None:
        """Build if the folder differs from the index, then open the index."""
        folder = self._as_given()
        check_folder(folder, self.index)
        stamp = stamp_of(folder, self.index)
        if not asked and stamp == self._nothing:
            self._rest()  # there still is nothing that can be read
            return
        before = self._qa.manifest
        try:
            self._build_if_stale(folder, before.encoder_fingerprint)
        except EmptyCorpus as error:
            check_folder(folder, self.index)  # a folder that has gone meanwhile is not empty
            self._nothing = stamp
            self._open_nothing(folder, error.skipped)
        if asked or self._qa.manifest is not before:
            self._end(note=changes_between(before, self._qa.manifest))
        else:
            self._rest()

    def _open_nothing(self, folder: Path, unread: Sequence[tuple[str, str]]) -> None:
        """Answer without documents, as long as the folder has none."""
        skipped = tuple(SkippedFile(path, why, -1, 0) for path, why in unread)
        if self._qa.manifest.documents or self._qa.manifest.skipped != skipped:
            self._open(self._qa.without_documents(folder, skipped))

    def _build_if_stale(self, folder: Path, encoder_fingerprint: str) -> None:
        is_damaged = self._live() in ("", self._damaged)
        is_known = not is_damaged and not self._qa.refused
        if is_known and not is_stale(folder, self.index, encoder_fingerprint):
            self._nothing = None
            try:
                self._open_what_is_new()
                return
            except StoredIndexError:
                pass  # built again from the documents
        self._run_build(folder)
        self._nothing = None
        self._open_what_is_new()

    def _run_build(self, folder: Path) -> None:
        pace = Pace()

        def progress(stage: str, done: int, total: int) -> None:
            self.state = replace(self.state, activity=pace.at(stage, done, total), trouble=None)

        self.state = replace(self.state, activity=self.state.activity or CHECKING)
        while not self._turn.acquire(timeout=LOOK_S):
            if self._stop.is_set():
                return
        self._build = BackgroundBuild()
        try:
            if not self._stop.is_set():
                report = self._build.run(folder, self.index, progress)
                if self._listener is not None:
                    self._listener.on_report(report)
        finally:
            self._build = None
            self._turn.release()

    def _open_what_is_new(self) -> None:
        """Open the live generation unless it is the one that answers."""
        live, has_none = self._live(), not self._qa.manifest.documents
        if live in ("", self._qa.generation, self._damaged) or (
            has_none and self._nothing is not None
        ):
            return
        before = self._qa.manifest
        try:
            self._open(self._qa.reopened(self.index))
        except StoredIndexError:
            self._damaged = live  # said once, until there is another
            raise
        if self.state.activity in (None, WAITING):
            self._end(note=changes_between(before, self._qa.manifest))

    def _live(self) -> str:
        """Return the name of the live generation; empty if there is none, or no telling which."""
        try:
            return live_generation(self.index).name
        except StoredIndexError:
            return ""

    def _open(self, qa: QA) -> None:
        self._qa = qa
        self._on_open(qa)
        give_back()

    def _end(self, *, note: str = "", trouble: QAError | None = None) -> None:
        if not self._stop.is_set():
            self.state = State(None, note, trouble, self.state.finished + 1)

    def _rest(self, trouble: QAError | None = None) -> None:
        self.state = replace(self.state, activity=None, trouble=trouble)

    def _as_given(self) -> Path:
        """Return the folder as the index knows it: with another path all files are read anew."""
        known = Path(str(self._qa.manifest.settings.get("folder", self.folder)))
        return known if known.resolve() == self.folder.resolve() else self.folder


def open_library(
    folder: Path, index: Path, *, networks: QA | None = None, quick: bool = False
) -> QA:
    """Open the index of a folder as it is, one without documents where none can be used.

    :class:`Live` brings it up to date. ``networks`` is a pipeline whose networks are shared;
    without one, ``quick`` is that of :meth:`QA.open`.
    """
    try:
        qa = networks.reopened(index) if networks else QA.open(index, quick=quick)
    except StoredIndexError:
        if networks:
            return networks.without_documents(folder, ())
        return QA.empty(folder, quick=quick)
    is_of_folder = Path(qa.manifest.folder).resolve() == folder.resolve()
    return qa if is_of_folder else qa.without_documents(folder, ())


def unexpected(error: Exception, before: QAError | None) -> QAError:
    """Return what is said of an error that nobody foresaw; its traceback is logged once.

    ``before`` is the trouble that was said last.
    """
    said = QAError(
        f"the index could not be brought up to date ({type(error).__name__})",
        "it is tried again; if it stays so, report what the log says",
    )
    if str(said) != str(before):
        _LOG.error("%s", said.problem, exc_info=error)
    return said


def changes_between(before: Manifest, after: Manifest) -> str:
    """Return in words what a build changed."""
    if after.documents == before.documents and after.skipped == before.skipped:
        return "Nothing has changed since the last build."
    if not after.documents:
        return "There is no document that can be read."
    old = {file.path: file.sha256 for file in before.documents}
    new = {file.path: file.sha256 for file in after.documents}
    counts = {
        "added": len(new.keys() - old.keys()),
        "removed": len(old.keys() - new.keys()),
        "changed": sum(old[path] != new[path] for path in old.keys() & new.keys()),
    }
    words = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    return f"The index is up to date: {words or 'the same documents'}."
