"""Search inside one document."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from qa.types import Document
from qa.viewer.windows import Window, window_at

MAX_CHARACTERS = 200
MAX_PLACES = 2_000
# Signs that keyboards lack are found by those that they have.
_SIGNS = {"'": "['’‘ʼ]", '"': '["“”„«»]', "-": "[-‐‑–—\xad]"}


@dataclass(frozen=True, slots=True)
class Found:
    """A place that was found; ``start`` and ``end`` are offsets in the document.

    ``window`` is the number of the window from 0, ``first`` and ``last`` are offsets in it as
    JavaScript counts them, in units of UTF-16. ``page`` is from 1, 0 if there are no pages.
    """

    start: int
    end: int
    window: int
    first: int
    last: int
    page: int


def find(
    document: Document, windows: Sequence[Window], words: str, *, most: int = MAX_PLACES
) -> tuple[int, list[Found]]:
    """Return how often words occur in a document, and the first ``most`` places.

    Case makes no difference, and any white space is like any other. A place that two windows
    share belongs to the first and ends there.
    """
    parts = words[:MAX_CHARACTERS].split()
    if not parts:
        return 0, []
    pattern = re.compile(
        r"\s+".join("".join(_SIGNS.get(sign, re.escape(sign)) for sign in part) for part in parts),
        re.IGNORECASE,
    )
    text, count = document.text, 0
    places: list[Found] = []
    number = at = units = 0
    for match in pattern.finditer(text):
        count += 1
        if count > most:
            continue
        start, end = match.span()
        if not places or start >= windows[number].end:
            number = window_at(windows, start)
            at, units = windows[number].start, 0
        units += _units(text[at:start])
        at = start
        last = units + _units(text[start : min(end, windows[number].end)])
        page = bisect_right(document.pages, start)
        places.append(Found(start, end, number, units, last, page))
    return count, places


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
