"""Commands of ``qa`` about an index, as error messages name them."""

from __future__ import annotations

import shlex
from pathlib import Path


def index_command(index_dir: str | Path, *words: str) -> str:
    """Return a command about an index in backticks, quoted for a shell."""
    return f"`{shlex.join(['qa', *words, '--index', str(index_dir)])}`"


def build_command(index_dir: Path, folder: str | Path = "FOLDER") -> str:
    """Return the command that brings an index up to date.

    Without ``folder`` the user has to fill it in: a damaged index does not say which it was.
    """
    return index_command(index_dir, "build", str(folder))
