"""The pictures of scanned pages, drawn in a child process when they are looked at."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from qa.builder.members import locate
from qa.errors import UnreadableDocument
from qa.sandbox import Sandbox

_TIMEOUT_S = 30.0
_CPU_S = 30


def page_picture(folder: Path, document_id: str, page: int, sha256: str) -> bytes | None:
    """Return the picture of a page, from 1, as JPEG; ``sha256`` is that of the file indexed.

    None if there is no such page any more, or the file is not the one that was indexed.
    """
    try:
        return _drawn(folder, document_id, page, sha256)
    except (UnreadableDocument, OSError):
        return None


@lru_cache(maxsize=16)
def _drawn(folder: Path, document_id: str, page: int, sha256: str) -> bytes:
    with Sandbox(timeout_s=_TIMEOUT_S, cpu_s=_CPU_S) as sandbox:
        path, names = locate(sandbox.load, folder, document_id)
        return sandbox.picture(path, folder=folder, page=page, sha256=sha256, member=names)
