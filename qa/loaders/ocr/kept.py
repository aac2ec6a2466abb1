"""Keep the pages that OCR read until a build is finished, so that none is read twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.networks.ocr import OcrLine, OcrPage


@dataclass(frozen=True, slots=True)
class KeptPages:
    """Pages in a folder by their pictures; ``on_page`` is told which was read, from 1, of how many.

    A file that is damaged or was cut off in writing fails its check, and its page is read again.
    Nothing is kept without a folder.
    """

    folder: Path | None
    on_page: Callable[[int, int], None]

    def page(
        self, picture: NDArray[np.uint8], number: int, total: int, read: Callable[[], OcrPage]
    ) -> OcrPage:
        """Return a page, of ``total`` in its file, as it was kept, else as ``read`` returns it."""
        digest = hashlib.blake2b(repr(picture.shape).encode(), digest_size=20)
        digest.update(picture.data)
        path = self.folder / digest.hexdigest() if self.folder else None
        found = _stored(path) if path else None
        if found is None:
            found = read()
            if path:
                _store(path, found)
        self.on_page(number, total)
        return found


# What keeps the pages of the file that is read now; nothing does outside of a build.
KEPT: ContextVar[KeptPages | None] = ContextVar("KEPT", default=None)


def _store(path: Path, page: OcrPage) -> None:
    data = json.dumps(astuple(page)).encode("ascii")
    # A page that cannot be kept is only read again after an interruption.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(_check(data) + data)
        part.replace(path)


def _stored(path: Path) -> OcrPage | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if data[:20] != _check(data[20:]):
        return None
    lines, turns, width, height = json.loads(data[20:])
    return OcrPage(
        tuple(
            OcrLine(text, tuple((x, y) for x, y in corners), tuple(confidences))
            for text, corners, confidences in lines
        ),
        turns,
        width,
        height,
    )


def _check(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=20).digest()
