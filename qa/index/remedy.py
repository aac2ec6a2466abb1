"""The commands and instructions that errors about an index name."""

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


def rebuild(index_dir: Path, folder: str | Path = "FOLDER") -> str:
    """Return the remedy of an index that cannot be used."""
    return f"run {build_command(index_dir, folder)}"


def unwritable(place: Path, error: Exception) -> StoredIndexError:
    """Return the error of a file or folder that could not be written."""
    elsewhere = "name another with --index"
    reason, remedy = str(error), f"free some space, then repeat, or {elsewhere}"
    if isinstance(error, OSError):
        reason, remedy = error.strerror or reason, elsewhere
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "free some space, then repeat"
        elif isinstance(error, PermissionError):
            remedy = f"change its permissions, or {elsewhere}"
    return StoredIndexError(f"{place} cannot be written ({reason})", remedy)
