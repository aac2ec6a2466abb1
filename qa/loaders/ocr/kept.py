"""Keep the pages that OCR read until a build is finished, so that none is read twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import astuple, dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa.networks.ocr import OcrLine, OcrPage


class PageStore(Protocol):
    """Keeps texts by a key: a hash, in hexadecimal digits."""

    def find(self, key: str) -> str | None:
        """Return the text that was kept, None if there is none."""

    def keep(self, key: str, text: str) -> None:
        """Keep a text, if that can be done."""


@dataclass(frozen=True, slots=True)
class KeptPages:
    """Pages by their pictures; ``on_page`` is told which was read, from 1, of how many."""

    store: PageStore
    on_page: Callable[[int, int], None]

    def page(
        self, picture: NDArray[np.uint8], number: int, total: int, read: Callable[[], OcrPage]
    ) -> OcrPage:
        """Return a page, of ``total`` in its file, as it was kept, else as ``read`` returns it."""
        digest = hashlib.blake2b(repr(picture.shape).encode(), digest_size=20)
        digest.update(picture.data)
        key = digest.hexdigest()
        kept = self.store.find(key)
        if kept is None:
            found = read()
            self.store.keep(key, json.dumps(astuple(found)))
        else:
            found = _page(kept)
        self.on_page(number, total)
        return found


# What keeps the pages of the file that is read now; nothing does outside of a build.
KEPT: ContextVar[KeptPages | None] = ContextVar("KEPT", default=None)


def _page(kept: str) -> OcrPage:
    lines, turns, width, height = json.loads(kept)
    return OcrPage(
        tuple(
            OcrLine(
                text,
                tuple((x, y) for x, y in corners),
                tuple(confidences),
                tuple((first, last) for first, last in edges),
            )
            for text, corners, confidences, edges in lines
        ),
        turns,
        width,
        height,
    )
