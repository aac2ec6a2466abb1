"""Separate two columns of running text that a file stores line by line across the page."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from statistics import mean, median

from qa.loaders.printed.line import Line

# What separates columns of text from the cells of a table: enough lines side by side, with
# enough words (median), of which enough span their column and begin in mid-sentence.
_MIN_LINES = 6
_MIN_WORDS = 4
_MIN_FULL_SHARE = 0.6
_MIN_CONTINUED_SHARE = 0.33
_Cell = tuple[str, tuple[float, float]]
_HYPHENS = ("-", "\u2010", "\u00ad")


def split_columns(lines: Sequence[Line]) -> list[Line]:
    """Return the lines, the left column of each two-column stretch before its right column."""
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
    """Return the lines from ``start`` that share one vertical gap, and the gap's middle."""
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
        # A line on one side only, set apart by space, comes after the columns.
        furthest = (3 if before and after else 1.6) * line.size
        if not 0 < step < furthest or narrowed[1] - narrowed[0] < 0.8 * line.size:
            break
        left, right = narrowed
        end += 1
    return lines[start:end], (left + right) / 2


def _columns(stretch: Sequence[Line], middle: float) -> list[list[Line]]:
    """Return the lines of both sides, empty if too few lines are side by side."""
    sides = [_sides(line, middle) for line in stretch]
    if sum(all(pair) for pair in sides) < _MIN_LINES:
        return []
    return [
        [_part(line, cells) for line, cells in zip(stretch, column, strict=True) if cells]
        for column in zip(*sides, strict=True)
    ]


def _sides(line: Line, middle: float) -> tuple[list[_Cell], list[_Cell]]:
    """Return the cells whose centre is left of ``middle``, and the others."""
    cells = list(zip(line.cells, line.edges, strict=True))
    count = sum(left + right < 2 * middle for left, right in line.edges)
    return cells[:count], cells[count:]


def _part(line: Line, cells: Sequence[_Cell]) -> Line:
    """Join some cells of a line, and detect a hyphen that now ends it."""
    text, hyphenated = " ".join(text for text, _ in cells), line.hyphenated
    if cells[-1][1][1] < line.right:
        hyphenated = text.endswith(_HYPHENS) and text[-2:-1].isalpha()
        text = text[:-1] if hyphenated else text
    edge = cells[0][1][0], cells[-1][1][1]
    return replace(line, cells=(text,), edges=(edge,), hyphenated=hyphenated)


def _is_prose(column: Sequence[Line]) -> bool:
    """Return whether the lines are running text: long, with sentences across line ends."""
    left = min(line.left for line in column)
    width = max(line.right for line in column) - left
    return (
        median(len(line.text.split()) for line in column) >= _MIN_WORDS
        and mean(line.right - left > 0.8 * width for line in column) >= _MIN_FULL_SHARE
        and mean(line.text[:1].islower() for line in column) >= _MIN_CONTINUED_SHARE
    )
