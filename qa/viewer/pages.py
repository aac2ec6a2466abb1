"""The pages of PDF files and pictures, drawn in child processes with limits."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from qa.builder import locate
from qa.errors import UnreadableDocument
from qa.loaders import is_drawable
from qa.opening import opened
from qa.sandbox import Sandbox
from qa.types import Document, ScannedLine

TIMEOUT_S = 30.0
CPU_S = 20
# So many pages are drawn at once; who waits longer for a turn is told to come back.
CHILDREN = 2
WAIT_S = 20.0
# A child that nobody needs for so long is ended.
IDLE_S = 120.0
KEPT_BYTES = 64_000_000
_LINE_BYTES = 400  # of memory, of the place of a word
_HEAD_BYTES = 1_024
_Drawn = TypeVar("_Drawn")
_SUFFIXES = {".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff"}


class PageViewer:
    """Draws pages of the documents below one folder; safe to share between threads.

    A file is drawn only as it was indexed: its hash is compared. What was drawn last is kept, up
    to ``kept_bytes``, which becomes the bytes kept now. Close it to end its child processes.
    """

    def __init__(
        self, folder: Path, *, kept_bytes: int = KEPT_BYTES, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.timeout_s = timeout_s
        self._folder, self._most_bytes = folder, kept_bytes
        self._turns = threading.BoundedSemaphore(CHILDREN)
        self._lock = threading.Lock()
        self._idle: list[Sandbox] = []
        self._timer: threading.Timer | None = None
        self._is_closed = False
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self.kept_bytes = 0

    def is_drawable(self, document: Document) -> bool:
        """Return whether a document has pages that can be drawn, by how its file begins.

        Of a file inside another its name decides.
        """
        if not document.pages:
            return False
        try:
            with opened(self._folder / document.id, self._folder) as number:
                head = os.read(number, _HEAD_BYTES)
            return is_drawable(head.lstrip(b"\xef\xbb\xbf \t\r\n\0"))
        except (OSError, UnreadableDocument):
            return PurePosixPath(document.id).suffix.lower() in _SUFFIXES

    def picture(self, document: Document, page: int, *, large: bool = False) -> bytes:
        """Return the picture of a page, from 1, as JPEG; ``large`` to be looked at closely.

        Raises :class:`~qa.errors.UnreadableDocument` if it cannot be drawn, also because the file
        has changed since it was indexed.
        """

        def draw(child: Sandbox) -> bytes:
            path, names = self._located(child, document)
            wanted = document.sha256
            return child.picture(
                path, folder=self._folder, page=page, sha256=wanted, large=large, member=names
            )

        return self._drawn(("picture", document.id, document.sha256, page, large), draw, len)

    def places(self, document: Document, page: int) -> tuple[ScannedLine, ...]:
        """Return where the words of a page, from 1, stand on its picture.

        Where OCR read the page, these are its lines, otherwise single words. Raises what
        ``picture`` does.
        """
        lines = tuple(line for line in document.scanned if line.page == page)
        bounds = [*document.pages, len(document.text)]
        if lines or not 1 <= page < len(bounds):
            return lines
        begin, end = bounds[page - 1 : page + 1]

        def draw(child: Sandbox) -> tuple[ScannedLine, ...]:
            path, names = self._located(child, document)
            text = document.text[begin:end]
            found = child.places(
                path,
                folder=self._folder,
                page=page,
                sha256=document.sha256,
                text=text,
                member=names,
            )
            return tuple(
                ScannedLine(begin + each.start, begin + each.end, page, each.corners, ())
                for each in found
            )

        key = ("places", document.id, document.sha256, page)
        return self._drawn(key, draw, lambda found: _LINE_BYTES * len(found))

    def close(self) -> None:
        """End the child processes."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
            if self._timer is not None:
                self._timer.cancel()
        for child in idle:
            child.close()

    def _located(self, child: Sandbox, document: Document) -> tuple[Path, tuple[str, ...]]:
        try:
            return locate(child.load, self._folder, document.id)
        except OSError as error:
            raise UnreadableDocument("it is not there any more", "build again") from error

    def _drawn(
        self, key: Hashable, draw: Callable[[Sandbox], _Drawn], size: Callable[[_Drawn], int]
    ) -> _Drawn:
        """Return what ``draw`` makes in a child, or what was kept; ``size`` is that in bytes."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                kept: _Drawn = self._kept[key][0]
                return kept
        with self._child() as child:
            found = draw(child)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found, size(found)
                self.kept_bytes += size(found)
            while self.kept_bytes > self._most_bytes:
                self.kept_bytes -= self._kept.popitem(last=False)[1][1]
        return found

    @contextmanager
    def _child(self) -> Iterator[Sandbox]:
        if not self._turns.acquire(timeout=WAIT_S):
            raise UnreadableDocument("too many pages are drawn at once", "try again soon")
        try:
            with self._lock:
                child = self._idle.pop() if self._idle else None
            child = child or Sandbox(cpu_s=CPU_S, turns=1)  # somebody waits
            child.timeout_s = self.timeout_s
            try:
                yield child
            finally:
                self._leave(child)
        finally:
            self._turns.release()

    def _leave(self, child: Sandbox) -> None:
        """Keep a child for the next page, and end all that are idle after some time."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._is_closed:
                child.close()
                return
            self._idle.append(child)
            self._timer = threading.Timer(IDLE_S, self._rest)
            self._timer.daemon = True
            self._timer.start()

    def _rest(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()
