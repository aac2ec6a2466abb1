"""What stops an index from being written becomes an error with a remedy."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from qa.errors import StoredIndexError


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
    space, elsewhere = "free some space and repeat", "name another folder with --index"
    if not isinstance(error, OSError):
        return f"{space}, or {elsewhere}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return space
    if isinstance(error, PermissionError):
        return f"change its permissions, or {elsewhere}"
    return elsewhere
