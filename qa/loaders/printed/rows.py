"""Which of the lines of a page are rows of tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from qa.loaders.printed.line import Line

# Tolerance for the alignment of cells, in points.
ALIGNED = 1.5
# The same of a cell that is merged over columns of different widths, and over how many.
_CENTRED = 3.0
_MAX_OVER = 6
# So many rows above may show that a line is one.
_NEAR = 4
# A column: its page, and its left border in steps of some points.
Column = tuple[int, int]
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d(?:\s?[-–/]\s?\d{2,4})?")
# A label with its value in one cell.
LABELLED = re.compile(r"(?P<label>[^\W\d_][^:]{0,38}):\s+\S")
_MAX_NAME_WORDS = 5
_MAX_NAME_CHARACTERS = 60
# A row follows another in so many heights of a line, and a group's name in so many steps of rows.
_BELOW = 2.5
_APART = 1.35
# A merged cell may be in the middle of so many heights of a line.
_DEEPEST = 12
_GROUP_ABOVE, _GROUP_BELOW = 1.8, 1.25
# A line so much larger than a row below it is the table's title.
_TITLE = 1.2


@dataclass(frozen=True, slots=True)
class Rows:
    """The ids of the lines that are rows of tables.

    ``over`` are those of names that are over columns of the next row and not aligned with them,
    ``groups`` those that name the rows that follow, and ``merged`` those of one cell that is
    merged over the rows that follow.
    """

    all: AbstractSet[int]
    over: AbstractSet[int]
    groups: AbstractSet[int]
    merged: AbstractSet[int]


def rows_of(lines: Sequence[Line]) -> Rows:
    """Return the lines that are rows: those whose cells are aligned with those of others."""
    split = [line for line in lines if len(line.cells) > 1 and not line.entry]
    rows = {id(line) for pair in pairwise(split) if _same_table(*pair) for line in pair}
    for place, line in enumerate(split):  # a row with merged cells may be between
        for other in (
            split[max(place - _NEAR, 0) : max(place - 1, 0)] if len(line.cells) > 2 else ()
        ):
            if (
                len(other.cells) >= len(line.cells)
                and id(other) in rows
                and _same_table(other, line)
            ):
                rows.add(id(line))
    rows |= {id(line) for line in split if line.led or _is_form(line)}
    # A header over several columns is aligned with none of them.
    over: set[int] = set()
    for below, line in pairwise(reversed(lines)):
        if id(below) in rows and (_is_over(line, below) or _is_above(line, below)):
            rows.add(id(line))
            over.add(id(line))
    merged = _merged(lines, rows)
    rows |= merged
    groups = _groups(lines, rows)
    return Rows(rows | groups, over, groups, merged)


def column_of(line: Line) -> Column:
    """Return the column that a line's first cell is in."""
    return line.page, round(line.left / (2 * ALIGNED))


def first_column(lines: Sequence[Line], rows: AbstractSet[int]) -> Mapping[Column, float]:
    """Return how far to the right the first cells of rows may reach, by column.

    That is halfway from the longest of them to the cells beside.
    """
    ends: dict[Column, tuple[float, float]] = {}
    for line in lines:
        if id(line) in rows and len(line.cells) > 1:
            longest, beside = ends.get(column_of(line), (0.0, float("inf")))
            ends[column_of(line)] = (
                max(longest, line.edges[0][1]),
                min(beside, line.edges[1][0]),
            )
    return {column: max(right, (right + left) / 2) for column, (right, left) in ends.items()}


def is_figure(text: str) -> bool:
    """Return whether a cell has digits and no letters."""
    return any(map(str.isdigit, text)) and not any(map(str.isalpha, text))


def _same_table(line: Line, other: Line) -> bool:
    """Return whether two lines are rows of one table, with aligned cells.

    Justified text has wide gaps too, at a different place in each line.
    """
    if line.page != other.page or abs(line.bottom - other.bottom) > 8 * line.size:
        return False
    fewer, more = sorted((line, other), key=lambda each: len(each.cells))
    return len(fewer.cells) > 1 and all(
        any(_aligned(fewer, cell, more, column) for column in range(1, len(more.cells)))
        or (len(more.cells) > len(fewer.cells) > 2 and _is_centred(fewer, cell, more))
        for cell in range(1, len(fewer.cells))
    )


def _is_centred(line: Line, cell: int, other: Line) -> bool:
    """Return whether a cell is in the middle over some columns of another line, all but the first.

    The first cells of both lines begin at one place.
    """
    left, right = line.edges[cell]
    middles = [(begin + end) / 2 for begin, end in other.edges[1:]]
    return abs(line.left - other.left) < ALIGNED and any(
        abs(left + right - first - last) < 2 * _CENTRED
        for number, first in enumerate(middles)
        for last in middles[number + 1 : number + _MAX_OVER]
    )


def _aligned(line: Line, cell: int, other: Line, column: int) -> bool:
    """Return whether a cell of a line is in the column of a cell of another line.

    Justified lines align at both ends: what ends both of them is in a column if it is a figure,
    or after a very wide gap.
    """
    (left, right), (other_left, other_right) = line.edges[cell], other.edges[column]
    if abs(left - other_left) < ALIGNED or abs(left + right - other_left - other_right) < (
        2 * ALIGNED
    ):
        return True
    return abs(right - other_right) < ALIGNED and (
        left - line.edges[cell - 1][1] > 2 * line.size
        or (cell < len(line.cells) - 1 and column < len(other.cells) - 1)
        or is_figure(line.cells[cell])
        or is_figure(other.cells[column])
    )


def _is_form(line: Line) -> bool:
    """Return whether each cell of a line is a label with its value: "Name: Ada", "Room: 14"."""
    return all(LABELLED.match(cell) for cell in line.cells)


def _is_over(line: Line, below: Line) -> bool:
    """Return whether a line above a row has names over several of its columns."""
    is_outer = line.left < below.left - line.size  # it names the first column too
    if (
        line.page != below.page
        or len(line.cells) > len(below.cells) - (not is_outer)
        or not -0.5 * line.size < line.bottom - below.bottom < _BELOW * line.size
        or (is_outer and len(line.cells) == 1)
        or (len(line.cells) == 1 and line.size > _TITLE * below.size)
    ):
        return False
    if len(line.cells) > 1 and line.bold:
        return True
    names = all(map(_is_name, line.cells)) and all(map(_is_name, below.cells))
    if not names or line.right > below.right + line.size:
        return False
    return len(line.cells) > 1 or line.left > below.edges[0][1]


def _is_above(line: Line, below: Line) -> bool:
    """Return whether each cell of a line, in bold, is a name centred over one of a row below."""
    return (
        line.bold
        and not below.bold
        and len(line.cells) == len(below.cells) > 2
        and line.page == below.page
        and 0 < line.bottom - below.bottom < _BELOW * line.size
        and all(map(_is_name, line.cells))
        and all(
            name[0] > before[1] - ALIGNED and before_name[1] < value[0] + ALIGNED
            for before_name, name, before, value in zip(
                line.edges, line.edges[1:], below.edges, below.edges[1:], strict=False
            )
        )
    )


def _is_name(cell: str) -> bool:
    return (
        len(cell) <= _MAX_NAME_CHARACTERS
        and len(cell.split()) <= _MAX_NAME_WORDS
        and not cell.endswith((".", ":", ";", ","))
        and LABELLED.match(cell) is None
        and (not is_figure(cell) or _YEAR.fullmatch(cell) is not None)
    )


def _merged(lines: Sequence[Line], rows: AbstractSet[int]) -> set[int]:
    """Return the ids of the cells that are merged over rows and in the middle of these.

    They come before the rows, which leave out the first column, and are no higher than the first.
    """
    found: set[int] = set()
    above: Line | None = None  # the last row with a first cell
    for line, below in pairwise(lines):
        if above is not None and above.page == line.page == below.page and id(line) not in rows:
            begins = abs(line.left - above.left) < ALIGNED
            is_centred = abs(line.left + line.right - sum(above.edges[0])) < 2 * _CENTRED
            if (
                len(line.cells) == 1
                and (begins or is_centred)
                and id(below) in rows
                and 1 < len(below.cells) < len(above.cells)
                and below.left > max(line.right, above.edges[0][1])
                and -0.3 * line.size < below.bottom - line.bottom < _DEEPEST * line.size
            ):
                found.add(id(line))
        if id(line) in rows and (above is None or line.left <= above.left + ALIGNED):
            above = line
        elif id(line) not in rows and id(line) not in found:
            above = None
    return found


def _groups(lines: Sequence[Line], rows: AbstractSet[int]) -> set[int]:
    """Return the ids of the lines of one cell that name the rows of a table below them.

    They are in the first column, as far from the rows as these are from one another, and further
    than the lines of a cell, or had room for the next word, or are in another type.
    """
    steps = [
        above.bottom - below.bottom
        for above, below in pairwise(lines)
        if id(above) in rows and id(below) in rows and above.page == below.page
    ]
    steps = [step for step in steps if step > 0]
    if not steps:
        return set()
    step = median(steps)
    width = first_column(lines, rows)
    return {
        id(line)
        for above, line, below in zip(lines, lines[1:], lines[2:], strict=False)
        if len(line.cells) == 1
        and id(above) in rows
        and id(below) in rows
        and len(below.cells) > 2
        and id(line) not in rows
        and above.page == line.page == below.page
        and 0 < above.bottom - line.bottom < _GROUP_ABOVE * step
        and 0.8 * step < line.bottom - below.bottom < _GROUP_BELOW * step
        and abs(line.left - below.left) < ALIGNED
        and _is_name(line.text)
        and (
            line.bold != below.bold
            or line.bottom - below.bottom > _APART * line.size
            or _had_room(line, below, width.get(column_of(below), 0.0))
        )
    }


def _had_room(line: Line, below: Line, right: float) -> bool:
    """Return whether the next word would have had room in the column of a line."""
    word = below.cells[0].split()[0]
    needed = (below.edges[0][1] - below.left) * len(word) / len(below.cells[0])
    return line.right + needed + 0.3 * line.size <= right
