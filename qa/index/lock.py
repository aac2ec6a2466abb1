"""Locks of the operating system, which end with the process that took them."""

from __future__ import annotations

import errno
import os
import sys
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType

from qa.errors import IndexLocked
from qa.index.writing import writing

LOCK = ".lock"
_TRIES = 20


class WriterLock:
    """Lets one process at a time write an index; use it in a ``with`` statement.

    Raises :class:`~qa.errors.IndexLocked` at once when another build holds it.
    """

    def __init__(self, index_dir: Path) -> None:
        self._path = index_dir / LOCK
        self._made = False
        self._descriptor = -1

    def __enter__(self) -> WriterLock:
        folder = self._path.parent
        descriptor = self._opened(folder)
        if not _lock(descriptor):
            holder = _holder(descriptor)
            os.close(descriptor)
            raise IndexLocked(
                f"another build{holder} is writing {folder}", "wait until it ends and repeat"
            )
        with suppress(OSError):  # a courtesy to others: the lock works without the number
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode("ascii"))
        if not _has_name(descriptor, self._path):  # its last holder removed it meanwhile
            os.close(descriptor)
            return self.__enter__()
        self._descriptor = descriptor
        return self

    def _opened(self, folder: Path) -> int:
        self._made = not folder.exists()
        with writing(folder):
            for _ in range(_TRIES):
                # Its last holder may remove the folder just now.
                with suppress(FileNotFoundError, FileExistsError):
                    return self._open_file(folder)
            return self._open_file(folder)

    def _open_file(self, folder: Path) -> int:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._remove_unused()
        os.close(self._descriptor)

    def _remove_unused(self) -> None:
        """Remove the file, and a folder made for it, where the build wrote nothing."""
        folder = self._path.parent
        names = {path.name for path in folder.iterdir()} - {LOCK}
        if not any(name.startswith((".", "CURRENT", "g-")) for name in names):
            self._path.unlink()
            if self._made and not names:
                folder.rmdir()


class ReaderLock:
    """Marks a generation as being read, from the constructor until ``close``.

    The manifest is what is locked, so that reading needs no permission to write. Raises
    FileNotFoundError for a generation that was removed.
    """

    def __init__(self, manifest: Path) -> None:
        descriptor = os.open(manifest, os.O_RDONLY)
        # Waits where a build is removing the generation: it then has no name any more.
        _share(descriptor)
        if not _has_name(descriptor, manifest):
            os.close(descriptor)
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(manifest))
        # An index that nobody closed releases its lock when it is collected.
        self._release = weakref.finalize(self, os.close, descriptor)

    def close(self) -> None:
        """Release the generation; closing twice is allowed."""
        self._release()


@contextmanager
def unread(manifest: Path) -> Iterator[bool]:
    """Yield whether no reader holds the generation of a manifest; none can while the block runs."""
    try:
        descriptor = os.open(manifest, os.O_RDONLY)
    except OSError:
        yield True
        return
    with ExitStack() as stack:
        stack.callback(os.close, descriptor)
        is_free = _lock(descriptor)
        if sys.platform == "win32":
            stack.close()  # it could not be deleted while it is open
        yield is_free


def _has_name(descriptor: int, path: Path) -> bool:
    """Return whether an open file still has the name that others open."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _holder(descriptor: int) -> str:
    """Return the process whose number is in a lock file; empty if it cannot be read."""
    try:
        number = os.read(descriptor, 20).decode("ascii")
    except (OSError, ValueError):
        return ""
    return f" (process {number})" if number.isdigit() else ""


if sys.platform == "win32":
    import msvcrt

    def _share(descriptor: int) -> None:
        """Lock nothing: a file open elsewhere cannot be deleted here anyway."""

    def _lock(descriptor: int) -> bool:
        """Try to lock a file; return whether nobody else holds it."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _share(descriptor: int) -> None:
        """Lock a file beside other readers, after whoever holds it alone."""
        fcntl.flock(descriptor, fcntl.LOCK_SH)

    def _lock(descriptor: int) -> bool:
        """Try to lock a file alone; return whether nobody else holds it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
