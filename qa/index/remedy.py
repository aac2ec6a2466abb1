"""What mends an index, as it is said in messages."""

from __future__ import annotations

import shlex
from pathlib import Path


def index_command(index_dir: str | Path, *words: str) -> str:
    """Return a command of ``qa`` about an index, as a shell takes it."""
    return f"`{shlex.join(['qa', *words, '--index', str(index_dir)])}`"


def build_command(index_dir: Path, folder: str | Path = "FOLDER") -> str:
    """Return the command that brings an index up to date, as a shell takes it.

    ``FOLDER`` stands where an index cannot say from which documents it was built.
    """
    return index_command(index_dir, "build", str(folder))
