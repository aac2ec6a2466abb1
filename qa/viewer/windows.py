"""A long text in windows of a size that a browser draws at once."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from qa.types import Document

# Characters: about six screens.
SIZE = 16_000
# A window ends at a line or a word where there is one among its last characters.
_SEARCHED = 2_000
_LINE = 80  # characters of a line on the screen
_TABLE = ("columns", "row")
_KEPT = 16


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a document's text; all of them together are the whole text.

    ``lines`` is about how many lines it takes on the screen, ``page`` the page at its beginning,
    0 if there are no pages. ``header`` has the rows, by their position among the blocks, that
    name the columns of a table that began before the window.
    """

    start: int
    end: int
    lines: int
    page: int
    header: tuple[int, ...] = ()


class Windows:
    """The windows of the documents of one index; those looked at last are kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Window, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, document: Document) -> tuple[Window, ...]:
        """Return the windows of a document."""
        with self._lock:
            if document.id in self._kept:
                self._kept.move_to_end(document.id)
                return self._kept[document.id]
        found = windows_of(document)
        with self._lock:
            self._kept[document.id] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


def windows_of(document: Document, size: int = SIZE) -> tuple[Window, ...]:
    """Return the windows of a document, at least one; edges are between blocks where possible."""
    text = document.text
    edges = [0]
    headers: list[tuple[int, ...]] = [()]
    table, is_named = -1, False
    names: list[int] = []
    for position, block in enumerate(document.blocks):
        # With the white space at the beginning of its line.
        begin = max(text.rfind("\n", edges[-1], block.start) + 1, edges[-1])
        in_table = block.kind in _TABLE and block.level == table
        if begin - edges[-1] >= size:
            _cut(text, edges, begin, size)
            headers += [()] * (len(edges) - len(headers))
            if begin > edges[-1]:
                edges.append(begin)
                headers.append(tuple(names) if in_table and block.kind == "row" else ())
        if block.kind in _TABLE:
            if block.kind == "columns":
                names = [*names, position] if in_table and not is_named else [position]
            elif not in_table:
                names = []
            table, is_named = block.level, block.kind == "row"
        else:
            table, names = -1, []
    _cut(text, edges, len(text), size)
    headers += [()] * (len(edges) - len(headers))
    return tuple(
        Window(start, end, _lines(text, start, end), bisect_right(document.pages, start), header)
        for start, end, header in zip(edges, [*edges[1:], len(text)], headers, strict=True)
    )


def window_at(windows: Sequence[Window], offset: int) -> int:
    """Return the number of the window, from 0, that an offset is in."""
    return max(bisect_right(windows, offset, key=lambda window: window.start) - 1, 0)


def _cut(text: str, edges: list[int], end: int, size: int) -> None:
    """Append edges until what is left before ``end`` is not much longer than a window."""
    while end - edges[-1] > 2 * size:
        last = edges[-1] + size
        least = edges[-1] + size // 2  # or it would not end
        line = text.rfind("\n", max(last - _SEARCHED, least), last) + 1
        word = text.rfind(" ", max(last - _SEARCHED // 10, least), last) + 1
        found = line or word
        edges.append(found or last)


def _lines(text: str, start: int, end: int) -> int:
    return text.count("\n", start, end) + (end - start) // _LINE + 1
