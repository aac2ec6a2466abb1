"""Two columns of running text that a file holds line by line, across the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from qa.loaders.line import Line

# Lines side by side that make columns, how many words each has in the middle, and how
# many of them reach across their column: the cells of a table are fewer, or shorter.
_LINES = 6
_WORDS = 4
_FULL = 0.6
_Cell = tuple[str, tuple[float, float]]
_HYPHENS = ("-", "\u2010", "\u00ad")


def part_columns(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with the left column of each such stretch before its right one."""
    found: list[Line] = []
    position = 0
    while position < len(lines):
        stretch = _stretch(lines, position)
        left, right = _parted(stretch)
        if _is_prose(stretch, left) and _is_prose(stretch, right):
            found += left + right
        else:
            stretch = stretch[:1] or lines[position : position + 1]
            found += stretch
        position += len(stretch)
    return found


def _stretch(lines: Sequence[Line], start: int) -> Sequence[Line]:
    """Return the lines from one on, as far as one gap goes down through all of them."""
    first = lines[start]
    if len(first.cells) != 2:
        return []
    left, right = first.edges[0][1], first.edges[1][0]
    end = start + 1
    while end < len(lines) and lines[end].page == first.page:
        line = lines[end]
        before, after = _sides(line, (left + right) / 2)
        left = max([left, *(edge[1] for _, edge in before)])
        right = min([right, *(edge[0] for _, edge in after)])
        step = lines[end - 1].bottom - line.bottom
        if not 0 < step < 3 * line.size or right - left < 0.8 * line.size:
            break
        end += 1
    return lines[start:end]


def _sides(line: Line, middle: float) -> tuple[list[_Cell], list[_Cell]]:
    """Return the cells whose middle lies to the left, and the others."""
    cells = list(zip(line.cells, line.edges, strict=True))
    count = sum(left + right < 2 * middle for left, right in line.edges)
    return cells[:count], cells[count:]


def _parted(stretch: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Return the lines of both columns."""
    columns: tuple[list[Line], list[Line]] = [], []
    pairs = [line.edges for line in stretch if len(line.cells) == 2]
    middle = (max(p[0][1] for p in pairs) + min(p[1][0] for p in pairs)) / 2 if pairs else 0.0
    for line in stretch:
        for column, cells in zip(columns, _sides(line, middle), strict=True):
            if cells:
                column.append(_part(line, cells))
    return columns


def _part(line: Line, cells: Sequence[_Cell]) -> Line:
    """Return some cells of a line as one; a hyphen that ended no line is seen only now."""
    text, hyphenated = " ".join(text for text, _ in cells), line.hyphenated
    if cells[-1][1][1] < line.right:
        hyphenated = text.endswith(_HYPHENS) and text[-2:-1].isalpha()
        text = text[:-1] if hyphenated else text
    edge = cells[0][1][0], cells[-1][1][1]
    return replace(line, cells=(text,), edges=(edge,), hyphenated=hyphenated)


def _is_prose(stretch: Sequence[Line], column: Sequence[Line]) -> bool:
    """Tell whether a column of a stretch reads as running text."""
    if sum(len(line.cells) == 2 for line in stretch) < _LINES or not column:
        return False
    left = min(line.left for line in column)
    width = max(line.right for line in column) - left
    full = sum(line.right - left > 0.8 * width for line in column)
    words = median(len(line.text.split()) for line in column)
    return words >= _WORDS and full >= _FULL * len(column)
