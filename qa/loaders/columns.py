"""Two columns of running text that a file holds line by line, across the page."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from statistics import mean, median

from qa.loaders.line import Line

# Lines side by side that make columns, how many words each has in the middle, and what share
# of them reaches across its column and begins within a sentence: the cells of a table do not.
_LINES = 6
_WORDS = 4
_FULL = 0.6
_GOING_ON = 0.33
_Cell = tuple[str, tuple[float, float]]
_HYPHENS = ("-", "\u2010", "\u00ad")


def part_columns(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with the left column of each such stretch before its right one."""
    found: list[Line] = []
    position = 0
    while position < len(lines):
        stretch, middle = _stretch(lines, position)
        position += len(stretch)
        columns = _columns(stretch, middle)
        prose = bool(columns) and all(map(_is_prose, columns))
        found += itertools.chain(*columns) if prose else stretch
    return found


def _stretch(lines: Sequence[Line], start: int) -> tuple[Sequence[Line], float]:
    """Return the lines from one on, as far as one gap goes down through all, and its middle."""
    first = lines[start]
    if len(first.cells) != 2:
        return [first], 0.0
    left, right = first.edges[0][1], first.edges[1][0]
    end = start + 1
    while end < len(lines) and lines[end].page == first.page:
        line = lines[end]
        before, after = _sides(line, (left + right) / 2)
        narrowed = (
            max([left, *(edge[1] for _, edge in before)]),
            min([right, *(edge[0] for _, edge in after)]),
        )
        step = lines[end - 1].bottom - line.bottom
        # What stands alone and apart comes after the columns.
        furthest = (3 if before and after else 1.6) * line.size
        if not 0 < step < furthest or narrowed[1] - narrowed[0] < 0.8 * line.size:
            break
        left, right = narrowed
        end += 1
    return lines[start:end], (left + right) / 2


def _columns(stretch: Sequence[Line], middle: float) -> list[list[Line]]:
    """Return the lines of both sides; none where too few lines stand side by side."""
    sides = [_sides(line, middle) for line in stretch]
    if sum(all(pair) for pair in sides) < _LINES:
        return []
    return [
        [_part(line, cells) for line, cells in zip(stretch, column, strict=True) if cells]
        for column in zip(*sides, strict=True)
    ]


def _sides(line: Line, middle: float) -> tuple[list[_Cell], list[_Cell]]:
    """Return the cells whose own middle lies to the left of one, and the others."""
    cells = list(zip(line.cells, line.edges, strict=True))
    count = sum(left + right < 2 * middle for left, right in line.edges)
    return cells[:count], cells[count:]


def _part(line: Line, cells: Sequence[_Cell]) -> Line:
    """Return some cells of a line as one; a hyphen that ended no line is seen only now."""
    text, hyphenated = " ".join(text for text, _ in cells), line.hyphenated
    if cells[-1][1][1] < line.right:
        hyphenated = text.endswith(_HYPHENS) and text[-2:-1].isalpha()
        text = text[:-1] if hyphenated else text
    edge = cells[0][1][0], cells[-1][1][1]
    return replace(line, cells=(text,), edges=(edge,), hyphenated=hyphenated)


def _is_prose(column: Sequence[Line]) -> bool:
    """Tell whether the lines read as running text: they are long, and sentences go over them."""
    left = min(line.left for line in column)
    width = max(line.right for line in column) - left
    return (
        median(len(line.text.split()) for line in column) >= _WORDS
        and mean(line.right - left > 0.8 * width for line in column) >= _FULL
        and mean(line.text[:1].islower() for line in column) >= _GOING_ON
    )
