"""What mends an index, as it is said in messages."""

from __future__ import annotations

import errno
import shlex
from pathlib import Path

from qa.errors import StoredIndexError


def index_command(index_dir: str | Path, *words: str) -> str:
    """Return a command of ``qa`` about an index, as a shell takes it."""
    return f"`{shlex.join(['qa', *words, '--index', str(index_dir)])}`"


def build_command(index_dir: Path, folder: str | Path = "FOLDER") -> str:
    """Return the command that brings an index up to date, as a shell takes it.

    ``FOLDER`` stands where an index cannot say from which documents it was built.
    """
    return index_command(index_dir, "build", str(folder))


def unwritable(place: Path, error: Exception) -> StoredIndexError:
    """Return what is told of a file or folder that could not be written, by what hindered it."""
    elsewhere = "name another with --index"
    why, mend = str(error), f"free some space, then repeat, or {elsewhere}"
    if isinstance(error, OSError):
        why, mend = error.strerror or why, elsewhere
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            mend = "free some space, then repeat"
        elif isinstance(error, PermissionError):
            mend = f"change its permissions, or {elsewhere}"
    return StoredIndexError(f"{place} cannot be written ({why}): {mend}")
