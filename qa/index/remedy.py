"""What messages about an index say alike: how many there are, and what mends it."""

from __future__ import annotations

import shlex
from pathlib import Path


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, "1 passage" or "19 passages"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def index_command(index_dir: str | Path, *words: str) -> str:
    """Return a command of ``qa`` about an index, as a shell takes it."""
    return f"`{shlex.join(['qa', *words, '--index', str(index_dir)])}`"


def build_command(index_dir: Path, folder: str | Path = "FOLDER") -> str:
    """Return the command that brings an index up to date, as a shell takes it.

    ``FOLDER`` stands where an index cannot say from which documents it was built.
    """
    return index_command(index_dir, "build", str(folder))
