"""Boxes around the marked words of a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from qa.text import type_width
from qa.types import ScannedLine
from qa.viewer.marks import Mark

Corners = tuple[tuple[float, float], ...]
# In the order in which they are drawn, each over those before it.
_ORDER = ("passage", "found", "also", "answer", "now")
# Words side by side share a box if the space between them is no wider than so many heights.
_SPACE = 1.2
# What a part of a line is wider by on either side, in letters.
_MARGIN = 0.15
# Edges of words are in such parts of a line's length.
_UNIT = 10_000


def boxes_of(
    text: str, lines: Sequence[ScannedLine], marks: Iterable[Mark]
) -> list[tuple[str, str]]:
    """Return the points of each box, in ten-thousandths of the page's sides, and its kind of mark.

    ``lines`` are what is known of the page: lines that OCR read, or single words of the ``text``.
    """
    boxes = []
    for start, end, kind in sorted(marks, key=lambda mark: _ORDER.index(mark[2])):
        found: list[Corners] = []
        for line in lines:
            if line.start < end and start < line.end:
                corners = _part(text, line, start, end)
                if found and _is_beside(found[-1], corners):
                    corners = _around(found.pop(), corners)
                found.append(corners)
        boxes += [(_written(corners), kind) for corners in found]
    return boxes


def _part(text: str, line: ScannedLine, start: int, end: int) -> Corners:
    """Return the corners of the part of a line between two offsets, a little wider."""
    margin = _MARGIN / (line.end - line.start)
    first = max(_share(text, line, start) - margin, 0.0)
    last = min(_share(text, line, end) + margin, 1.0)
    upper_left, upper_right, lower_right, lower_left = line.corners
    return (
        _between(upper_left, upper_right, first),
        _between(upper_left, upper_right, last),
        _between(lower_left, lower_right, last),
        _between(lower_left, lower_right, first),
    )


def _share(text: str, line: ScannedLine, offset: int) -> float:
    """Return the place of an offset as a share of the line's length.

    Between the edges of words, if they are known, it is found by the width of letters.
    """
    letters, place = text[line.start : line.end], offset - line.start
    known = [(0, 0.0)]
    for word, edges in zip(re.finditer(r"\S+", letters), line.edges, strict=False):
        known += zip(word.span(), (edge / _UNIT for edge in edges), strict=True)
    known.append((len(letters), 1.0))
    for (begin, left), (end, right) in pairwise(known):
        if place <= end:
            place = max(place, begin)
            width = type_width(letters[begin:end])
            within = type_width(letters[begin:place]) / width if width else 0.0
            return left + within * (right - left)
    return 1.0


def _is_beside(one: Corners, other: Corners) -> bool:
    """Return whether two upright boxes are in one line, next to each other."""
    if not (_is_upright(one) and _is_upright(other)):
        return False
    height = max(one[2][1] - one[0][1], other[2][1] - other[0][1])
    common = min(one[2][1], other[2][1]) - max(one[0][1], other[0][1])
    return 2 * common > height and -height < other[0][0] - one[1][0] < _SPACE * height


def _around(one: Corners, other: Corners) -> Corners:
    left, right = min(one[0][0], other[0][0]), max(one[1][0], other[1][0])
    top, bottom = min(one[0][1], other[0][1]), max(one[2][1], other[2][1])
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _is_upright(corners: Corners) -> bool:
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = corners
    return x1 == x4 and x2 == x3 and y1 == y2 and y3 == y4


def _between(
    left: tuple[float, float], right: tuple[float, float], share: float
) -> tuple[float, float]:
    return (
        left[0] + share * (right[0] - left[0]),
        left[1] + share * (right[1] - left[1]),
    )


def _written(corners: Corners) -> str:
    return " ".join(f"{round(x)},{round(y)}" for x, y in corners)
