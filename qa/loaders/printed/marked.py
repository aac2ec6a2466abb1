"""Append the tables that a PDF itself marks, whose cells and merged cells are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from qa.loaders.extracted import TextBuilder
from qa.loaders.printed.line import LIGATURES, Line
from qa.loaders.tables.grid import SAMPLE_ROWS, Cell, Grid, count_headers, is_form


def marked_tables(lines: Sequence[Line]) -> Mapping[int, Sequence[Line]]:
    """Return the rows of each marked table by the position of its first one.

    A table that goes on at the top of the next page is one, if it has as many columns and no
    header there.
    """
    found: dict[int, list[Line]] = {}
    start = -1
    last: Line | None = None
    for position, line in enumerate(lines):
        if line.tagged is None:
            last = None
            continue
        if last is None or not _goes_on(last, line):
            start = position
            found[start] = []
        found[start].append(line)
        last = line
    return found


def _goes_on(above: Line, line: Line) -> bool:
    if above.tagged is None or line.tagged is None:
        return False
    if above.page == line.page:
        return above.tagged.table == line.tagged.table
    return line.page == above.page + 1 and _width(above) == _width(line)


def _width(line: Line) -> int:
    return sum(across for across, _ in line.tagged.spans) if line.tagged else 0


def add_marked(lines: Sequence[Line], builder: TextBuilder) -> Iterator[tuple[int, int]]:
    """Append the rows of a table; yield the page and start of each."""
    rows = [_cells(line) for line in lines]
    named = [line.tagged is not None and line.tagged.is_header for line in lines]
    headers = sum(1 for _ in takewhile(bool, named))
    if headers == len(rows):
        headers = 0
    if not headers:
        bold = sum(1 for _ in takewhile(lambda line: line.bold, lines))
        is_likely = 0 < bold < len(lines)
        headers = count_headers(rows[:SAMPLE_ROWS], is_likely=is_likely)
    grid = Grid(builder, pairs=not headers and is_form(rows[:SAMPLE_ROWS]))
    first = [line.cells for line in lines[:headers]]
    for number, (line, row) in enumerate(zip(lines, rows, strict=True)):
        before = len(builder.blocks)
        is_header = number < headers or (bool(first) and line.cells in first)
        grid.add(row, header=is_header)
        if len(builder.blocks) > before:
            yield line.page, builder.blocks[before].start


def _cells(line: Line) -> list[Cell]:
    spans = line.tagged.spans if line.tagged else ()
    return [
        Cell(text.translate(LIGATURES), across, down)
        for text, (across, down) in zip(line.cells, spans, strict=True)
    ]
