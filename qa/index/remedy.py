"""What mends an index, as it is said in messages."""

from __future__ import annotations

import shlex
from pathlib import Path


def build_command(index_dir: Path, folder: str | Path = "FOLDER") -> str:
    """Return the command that brings an index up to date, as a shell takes it.

    ``FOLDER`` stands where an index cannot say from which documents it was built.
    """
    return f"`{shlex.join(['qa', 'build', str(folder), '--index', str(index_dir)])}`"
