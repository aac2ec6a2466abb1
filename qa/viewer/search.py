"""Search inside one document."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
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
    pattern = r"\s+".join(
        "".join(_SIGNS.get(sign, re.escape(sign)) for sign in part) for part in parts
    )
    text, count = document.text, 0
    places: list[Found] = []
    number = at = units = 0
    for match in _matches(pattern, text):
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


def _matches(pattern: str, text: str) -> Iterator[re.Match[str]]:
    """Yield the places of a pattern in a text, whatever their case.

    A text of one case is searched ten times as fast as one of two. No letter becomes less than
    one, so places are the same where the length is.
    """
    folded = text.casefold()
    if len(folded) == len(text):
        return re.finditer(pattern.casefold(), folded)
    return re.finditer(pattern, text, re.IGNORECASE)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
