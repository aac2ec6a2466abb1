"""Find rows whose cells are separated by tabs, as people set them in word processors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from qa.loaders.hypertext.elements import BREAK

_LEAST_ROWS = 2
_MAX_CELL = 80
# What is said of a name, in the last cell, may be longer.
_MAX_LAST = 300
_TABS = re.compile(r"\t[\t ]*")
# Of a list that is numbered by hand.
_MARK = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[^\W\d_]|[ivx]{1,5})[.)]|§ ?\d+|\W{1,2}|o", re.I)
_COUNTED = re.compile(r"\d{1,3}(?:\.\d{1,3})*")


def tabbed(paragraphs: Sequence[str]) -> Iterator[tuple[int, int, list[list[str]]]]:
    """Yield where rows among paragraphs begin and end, with the cells of each.

    Paragraphs have their tabs, and breaks for lines broken by hand. Two rows below one another
    make a table. Several tabs in a row are empty cells where all rows have as many, and
    else lead to one place.
    """
    lines = [_lines(paragraph) for paragraph in paragraphs]
    first = 0
    for is_row, group in groupby(lines, key=bool):
        several = list(group)
        if is_row:
            yield from _tables(first, several)
        first += len(several)


def _tables(
    first: int, paragraphs: Sequence[list[str]]
) -> Iterator[tuple[int, int, list[list[str]]]]:
    """Yield the tables among adjacent paragraphs, of which each has as many cells in all rows."""
    lines = [line for paragraph in paragraphs for line in paragraph]
    if len(lines) >= _LEAST_ROWS and len({line.count("\t") for line in lines}) == 1:
        groups = [(first, first + len(paragraphs), [line.split("\t") for line in lines])]
    else:
        groups = []
        split = [[_TABS.split(line.strip()) for line in each] for each in paragraphs]
        for _, group in groupby(split, key=lambda rows: {len(row) for row in rows}):
            several = list(group)
            rows = [row for each in several for row in each]
            groups.append((first, first + len(several), rows))
            first += len(several)
    for start, end, rows in groups:
        cells = [[" ".join(cell.split()) for cell in row] for row in rows]
        if _is_table(cells):
            yield start, end, cells


def _lines(paragraph: str) -> list[str]:
    """Return the lines of a paragraph if all are rows, else none."""
    lines = [line.rstrip().strip(" ") for line in paragraph.split(BREAK) if line.strip()]
    return lines if all(map(_is_row, lines)) else []


def _is_row(line: str) -> bool:
    *cells, last = (cell.strip() for cell in _TABS.split(line.strip()))
    return (
        bool(cells)
        and all(len(cell) <= _MAX_CELL for cell in cells)
        and len(last) <= _MAX_LAST
        and _MARK.fullmatch(cells[0]) is None
    )


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    firsts = [row[0] for row in rows]
    return (
        len(rows) >= _LEAST_ROWS
        and len({len(row) for row in rows}) == 1
        and sum(map(bool, firsts)) * 2 > len(rows)
        and not all(map(_COUNTED.fullmatch, firsts))
    )
