"""Append the tables of HTML, and what a table only lays out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qa.loaders.extracted import TextBuilder
from qa.loaders.hypertext.elements import BREAK, EMPTY_LINE, clean, gather, name_of
from qa.loaders.tables.grid import (
    SAMPLE_ROWS,
    Cell,
    Grid,
    count_headers,
    has_groups,
    has_weeks,
    is_form,
)

# Longer texts in a table are its page's, which it lays out.
_MAX_CELL_CHARACTERS = 800
_MAX_NAME_CHARACTERS = 80
_MAX_SPAN = 1_000
_SECTIONS = {"thead", "tbody", "tfoot"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
# So many lines in two cells of a table of one row are two blocks beside one another.
_LEAST_LINES = 2


@dataclass(frozen=True, slots=True)
class _Row:
    """A row: its element, its cells, which of them are names, and whether all name columns."""

    node: Any
    cells: tuple[Cell, ...]
    named: tuple[bool, ...]
    is_header: bool
    is_layout: bool

    @property
    def is_name(self) -> bool:
        """Whether a row of one cell names the rows below it."""
        return len(self.cells) == 1 and 0 < len(self.cells[0].text) <= _MAX_NAME_CHARACTERS

    @property
    def pairs(self) -> tuple[tuple[Cell, ...], ...]:
        """The names of a row of names and values in turn, each with its value; else nothing."""
        count = len(self.cells)
        if count < 4 or count % 2 or self.named != (True, False) * (count // 2):
            return ()
        if any(cell.across > 1 or cell.down > 1 for cell in self.cells):
            return ()
        return tuple(zip(self.cells[::2], self.cells[1::2], strict=True))


def add_table(table: Iterable[Any], builder: TextBuilder, add_other: Callable[[Any], None]) -> None:
    """Append the rows of a table, given as its element or its rows.

    Rows of ``th`` alone and those of ``thead`` name the columns; without them, what is in the
    cells decides. ``add_other`` appends what is no row: captions, and cells that lay out a page.
    """
    rows = []
    for node, in_head in _rows(table):
        if name_of(node) == "tr":
            rows.append(_read(node, in_head=in_head))
        else:
            add_other(node)
        builder.add_content(clean([node.tail or ""]))
    if _is_beside(rows):
        rows = [replace(row, is_layout=True, is_header=False) for row in rows]
    if not any(row.is_header for row in rows):
        headers = _unmarked_headers([row for row in rows if not row.is_layout])
    else:
        headers = {id(row) for row in rows if row.is_header}
    sample = [row.cells for row in rows if not row.is_layout][:SAMPLE_ROWS]
    pairs = not headers and is_form(sample)
    groups = bool(headers) and has_groups(
        [row.cells for row in rows if not row.is_layout and id(row) not in headers][:SAMPLE_ROWS]
    )
    grid = None
    for row in rows:
        if row.is_layout and not (grid and row.is_name):
            if grid:
                grid.skip()
            for cell in row.node:
                if name_of(cell):
                    add_other(cell)
        else:
            grid = grid or Grid(builder, pairs=pairs, groups=groups, calendar=has_weeks(sample))
            named = () if id(row) in headers else row.pairs
            for cells in named or (row.cells,):
                grid.add(cells, header=id(row) in headers)


def _is_beside(rows: Sequence[_Row]) -> bool:
    """Return whether a table is one row of blocks beside one another, as in a letterhead.

    Two cells or more have several lines.
    """
    filled = [row for row in rows if any(cell.text for cell in row.cells)]
    if len(filled) != 1 or any(cell.across > 1 for cell in filled[0].cells):
        return False
    cells = [each for each in filled[0].node if name_of(each)]
    return sum(_count_lines(cell) >= _LEAST_LINES for cell in cells) > 1


def _count_lines(cell: Any) -> int:
    """Return how many lines with words are in a cell."""
    blocks = [each for each in cell.iter("p", "div", "li") if not any(each.iter("td"))] or [cell]
    lines = 0
    for block in blocks:
        words: list[str] = []
        gather(block, words)
        lines += sum(bool(line.strip()) for line in "".join(words).split(BREAK))
    return lines


def _has_heading(cell: Any, text: str) -> bool:
    """Return whether a cell has a heading, and other words below it."""
    headings = (clean(list(each.itertext())) for each in cell.iter(*_HEADINGS))
    return any(0 < len(heading) < len(text) for heading in headings)


def _rows(table: Iterable[Any], *, in_head: bool = False) -> Iterator[tuple[Any, bool]]:
    """Yield the rows of a table and its other elements, and whether each is in its head."""
    for child in table:
        name = name_of(child)
        if name in _SECTIONS:
            yield from _rows(child, in_head=name == "thead")
        elif name and name not in ("colgroup", "col"):
            yield child, in_head


def _read(node: Any, *, in_head: bool) -> _Row:
    cells = []
    named = []
    elements = [child for child in node if name_of(child)]
    is_layout = any(name_of(inner) == "tr" for inner in node.iterdescendants())
    for element in elements:
        words: list[str] = []
        gather(element, words)
        text = clean(words)
        named.append(name_of(element) == "th" or not text)
        across, down = _span(element, "colspan"), _span(element, "rowspan")
        cells.append(Cell(text, across, down))
        paragraphs = sum(name_of(each) in ("p", "div") for each in element)
        is_layout = (
            is_layout
            or len(text) > _MAX_CELL_CHARACTERS
            or (paragraphs > 1 and len(text) > _MAX_CELL_CHARACTERS / 4)
            or EMPTY_LINE.search("".join(words)) is not None
            or _has_heading(element, text)
        )
    filled = sum(bool(cell.text) for cell in cells)
    is_layout = is_layout or (len(cells) == 1 and not in_head)
    is_header = filled > 0 and not is_layout and (in_head or (all(named) and filled > 1))
    names = [_is_name(*each) for each in zip(elements, cells, strict=True)]
    return _Row(node, tuple(cells), tuple(names), is_header, is_layout)


def _is_name(element: Any, cell: Cell) -> bool:
    """Return whether a cell names another: a header, or in bold type."""
    if name_of(element) == "th":
        return True
    bold = element.iter("b", "strong") if 0 < len(cell.text) <= _MAX_NAME_CHARACTERS else ()
    return any(clean(list(each.itertext())) == cell.text for each in bold)


def _unmarked_headers(rows: list[_Row]) -> set[int]:
    """Return the ids of the first rows that name the columns, by what is in them."""
    bold = bool(rows) and all(
        not clean(list(cell.itertext())) or any(name_of(e) in ("b", "strong") for e in cell.iter())
        for cell in rows[0].node
        if name_of(cell)
    )
    count = count_headers([row.cells for row in rows[:SAMPLE_ROWS]], is_likely=bold)
    return {id(row) for row in rows[:count]}


def _span(element: Any, name: str) -> int:
    value = element.get(name, "1").strip()
    return max(1, min(int(value), _MAX_SPAN)) if value.isdecimal() else 1
