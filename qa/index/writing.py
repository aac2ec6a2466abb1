"""What stops an index from being written becomes an error with a remedy."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from qa.errors import StoredIndexError

_FULL = re.compile("no space left|disk is full|os error (28|122)", re.IGNORECASE)
_READ_ONLY = re.compile("read-?only file system|os error 30", re.IGNORECASE)
_DENIED = re.compile("permission denied|read-?only|os error (13|30)", re.IGNORECASE)


def opened_privately(path: Path, *, append: bool = False) -> BinaryIO:
    """Open a file to be written; a new one is for its owner alone."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
    return os.fdopen(descriptor, "ab" if append else "wb")


@contextmanager
def writing(index_dir: Path) -> Iterator[None]:
    """Raise :class:`~qa.errors.StoredIndexError` for what the block cannot write."""
    try:
        yield
    except (OSError, RuntimeError, sqlite3.Error) as error:  # FAISS raises RuntimeError
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise StoredIndexError(
            f"{index_dir} cannot be written ({reason})", _remedy(error)
        ) from error


def _remedy(error: Exception) -> str:
    """Return what mends an error; of libraries only the words tell which of the system it is."""
    space, elsewhere = "free some space and repeat", "name another folder with --index"
    code = error.errno if isinstance(error, OSError) else None
    said = str(error)
    if code in (errno.ENOSPC, errno.EDQUOT) or _FULL.search(said):
        return space
    if code == errno.EROFS or _READ_ONLY.search(said):
        return elsewhere  # permissions change nothing there
    if isinstance(error, PermissionError) or _DENIED.search(said):
        return f"change its permissions, or {elsewhere}"
    return elsewhere if code is not None else f"{space}, or {elsewhere}"
