"""The pages that OCR read, in a folder until a build is finished."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path

_KEY = re.compile(r"[0-9a-f]{40}")
# A page has a few thousand words at most.
_MAX_CHARACTERS = 20_000_000


class PageFolder:
    """Texts in a folder by a key, for each file apart; nothing is kept without a folder.

    What is kept of one file is never found for another, since the process that reads a file may
    be what the file makes of it. A text that is damaged or was cut off in writing fails its check
    and is not found.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._place: Path | None = None

    def turn_to(self, path: str, descriptor: int | None) -> None:
        """Keep and find what belongs to a file, as it is now."""
        self._place = None
        if self._folder is not None and descriptor is not None:
            stat = os.fstat(descriptor)
            state = path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino
            digest = hashlib.blake2b(repr(state).encode("utf-8"), digest_size=20)
            self._place = self._folder / digest.hexdigest()

    def find(self, key: str) -> str | None:
        """Return the text that was kept, None if there is none."""
        if self._place is None or not _KEY.fullmatch(key):
            return None
        try:
            data = (self._place / key).read_bytes()
        except OSError:
            return None
        return data[20:].decode("ascii") if data[:20] == _check(data[20:]) else None

    def keep(self, key: str, text: str) -> None:
        """Keep a text, if that can be done: a page is only read again after an interruption."""
        if self._folder is None or self._place is None:
            return
        if not _KEY.fullmatch(key) or len(text) > _MAX_CHARACTERS:
            return
        data = text.encode("ascii", "replace")
        path = self._place / key
        with contextlib.suppress(OSError):
            for folder in (self._folder.parent, self._folder, self._place):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(_check(data) + data)
            part.replace(path)


def _check(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=20).digest()
