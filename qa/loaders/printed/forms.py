"""Separate the labels and values at the side of a letterhead from the address beside them."""

from __future__ import annotations

from collections.abc import Sequence

from qa.loaders.printed.line import Line
from qa.loaders.printed.rows import ALIGNED, LABELLED
from qa.loaders.tables.pairs import is_label, is_name

_LEAST_LINES = 2
# Lines of one block are so many heights apart.
_STEP = 2.5


def split_forms(lines: Sequence[Line]) -> list[Line]:
    """Return the lines, an address beside labels and values before these.

    It is on their left, line by line::

        Bill to:                 Invoice number:   2024-0117
        Marlow Garden Centre     Invoice date:     12 March 2024

    Labels without a colon are known by their words.
    """
    found: list[Line] = []
    position = 0
    while position < len(lines):
        stretch = _stretch(lines, position)
        position += max(len(stretch), 1)
        if len(stretch) < _LEAST_LINES:
            found += stretch or [lines[position - 1]]
            continue
        found += [line.part(0, 1) for line in stretch]
        found += [line.part(1, len(line.cells)) for line in stretch if len(line.cells) > 1]
    return found


def _stretch(lines: Sequence[Line], start: int) -> Sequence[Line]:
    """Return the lines from ``start`` that have something else beside a label with its value.

    What goes on below on the left side belongs to them.
    """
    first = lines[start]
    if not _is_split(first):
        return []
    end = last = start + 1
    while end < len(lines) and _is_next(lines[end - 1], lines[end], first):
        end += 1
        last = end if len(lines[end - 1].cells) > 1 else last
    stretch = lines[start:end]
    return stretch if last - start >= _LEAST_LINES and _are_labels(stretch) else []


def _are_labels(lines: Sequence[Line]) -> bool:
    """Return whether the cells beside an address are labels with their values."""
    plain = [line.cells[1] for line in lines if len(line.cells) == 3 and line.cells[1][-1] != ":"]
    known = sum(map(is_label, plain))
    return not plain or (2 * known >= len(plain) and known > 1 and len(set(plain)) == len(plain))


def _is_next(above: Line, line: Line, first: Line) -> bool:
    if line.page != first.page or abs(line.left - first.left) > ALIGNED or line.outline:
        return False
    if not 0 < above.bottom - line.bottom < _STEP * line.size:
        return False
    if len(line.cells) == 1:
        return line.right < first.edges[1][0] and not LABELLED.match(line.text)
    return _is_split(line) and abs(line.edges[1][0] - first.edges[1][0]) < ALIGNED


def _is_split(line: Line) -> bool:
    """Return whether a label with its value follows the first cell of a line, which is none."""
    beside, *rest = line.cells
    if line.entry or line.led or not rest or LABELLED.match(beside):
        return False
    if len(rest) == 1:
        return LABELLED.match(rest[0]) is not None
    if len(rest) != 2 or rest[1].endswith(":"):
        return False
    return rest[0].endswith(":") or is_name(rest[0])
