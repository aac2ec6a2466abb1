"""Locks of the operating system, which end with the process that took them."""

from __future__ import annotations

import os
import sys
import weakref
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from qa.errors import IndexLocked
from qa.index.writing import writing

LOCK = ".lock"


class WriterLock:
    """Lets one process at a time write an index; use it in a ``with`` statement.

    Raises :class:`~qa.errors.IndexLocked` at once when another build holds it.
    """

    def __init__(self, index_dir: Path) -> None:
        self._path = index_dir / LOCK
        self._descriptor = -1

    def __enter__(self) -> WriterLock:
        folder = self._path.parent
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(descriptor, shared=False):
            holder = _holder(descriptor)
            os.close(descriptor)
            raise IndexLocked(
                f"another build{holder} is writing {folder}", "wait until it ends and repeat"
            )
        with suppress(OSError):  # a courtesy to others: the lock works without the number
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode("ascii"))
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)


class ReaderLock:
    """Marks a generation as being read, from the constructor until ``close``.

    The manifest is what is locked, so that reading needs no permission to write.
    """

    def __init__(self, manifest: Path) -> None:
        descriptor = os.open(manifest, os.O_RDONLY)
        _lock(descriptor, shared=True)
        # An index that nobody closed releases its lock when it is collected.
        self._release = weakref.finalize(self, os.close, descriptor)

    def close(self) -> None:
        """Release the generation; closing twice is allowed."""
        self._release()


def is_being_read(manifest: Path) -> bool:
    """Return whether a reader holds the generation of this manifest."""
    try:
        descriptor = os.open(manifest, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _lock(descriptor, shared=False)
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    """Return the process whose number is in a lock file; empty if it cannot be read."""
    try:
        number = os.read(descriptor, 20).decode("ascii")
    except (OSError, ValueError):
        return ""
    return f" (process {number})" if number.isdigit() else ""


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, shared: bool) -> bool:
        """Try to lock a file; a file open elsewhere cannot be deleted here anyway."""
        if shared:
            return True
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool) -> bool:
        """Try to lock a file; return whether nobody else holds it."""
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
