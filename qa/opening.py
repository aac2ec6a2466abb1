"""Open a file of a folder, and never one outside it that a link leads to."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath

from qa.errors import UnreadableDocument

# Without a wait: a pipe that nobody writes to would be waited for.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_READ |= getattr(os, "O_BINARY", 0)
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
# Of a link or another kind of file where a file or a folder was a moment before.
_SWAPPED = {errno.ELOOP, errno.ENOTDIR, errno.EMLINK}


@contextmanager
def opened(path: Path, folder: Path) -> Iterator[int]:
    """Yield a descriptor, open for reading, of a regular file below a folder.

    A link within the folder is resolved first. What it leads to is then opened step by step
    from the folder, following no link: one that is swapped in meanwhile is refused. Windows
    cannot open step by step. Raises :class:`~qa.errors.UnreadableDocument` for a link out of
    the folder and for what is no regular file, and OSError.
    """
    root = Path(os.path.realpath(folder))
    try:
        inside = Path(os.path.realpath(path)).relative_to(root)
    except ValueError:
        raise UnreadableDocument("a link out of the folder", "put a copy in its place") from None
    try:
        descriptor = _open_beneath(root, inside)
    except OSError as error:
        if error.errno in _SWAPPED:
            raise UnreadableDocument("it changed while it was opened", "build again") from error
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableDocument("a pipe, socket or device, not a file", "remove it")
        yield descriptor
    finally:
        with suppress(OSError):
            os.close(descriptor)


def _open_beneath(root: Path, inside: PurePath) -> int:
    if os.open not in os.supports_dir_fd:
        return os.open(root / inside, _READ)
    place = os.open(root, _FOLDER)
    try:
        for name in inside.parts[:-1]:
            above, place = place, os.open(name, _FOLDER | _NOFOLLOW, dir_fd=place)
            os.close(above)
        return os.open(inside.name or ".", _READ | _NOFOLLOW, dir_fd=place)
    finally:
        os.close(place)
