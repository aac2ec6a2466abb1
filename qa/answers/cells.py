"""The row and the column of a place in a table."""

from __future__ import annotations

import textwrap
from bisect import bisect_right
from dataclasses import dataclass, replace

from qa.builder.views.records import records_of, words_of
from qa.text import cells_of
from qa.types import Block, Document

_TABLE = ("columns", "row")
_LONGEST = 60  # characters of a name


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a row: its place in the document, and what its column is called, if it is."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; ``number`` counts from 1 without the rows that name columns."""

    number: int
    cells: tuple[Cell, ...]


def row_at(document: Document, offset: int) -> Row | None:
    """Return the row of a table at an offset; None where there is none."""
    blocks = document.blocks
    at = bisect_right(blocks, offset, key=lambda block: block.start) - 1
    if at < 0 or blocks[at].kind != "row" or offset >= blocks[at].end:
        return None
    row = blocks[at]
    number, is_named = 1, False
    names: list[Block] = []
    # Without a copy of what is above: there may be a hundred thousand rows.
    for block in map(blocks.__getitem__, range(at - 1, -1, -1)):
        if block.kind not in _TABLE or block.level != row.level:
            break
        if block.kind == "row":
            number += 1
            is_named = bool(names)  # what is further above names other rows
        elif not is_named:
            names.append(block)
    table = [_with_cells(document, block) for block in (*reversed(names), row)]
    (record,) = records_of(table)
    cells = [Cell(*place, _name(document.text, header)) for header, place in record.fields]
    return Row(number, tuple(cells))


def cell_of(document: Document, offset: int) -> str:
    """Return which cell of a table is at an offset, as in "row 3, Price"; empty for none.

    Without names of columns a row has that of its first cell: "row 3, Rent".
    """
    row = row_at(document, offset)
    if row is None:
        return ""
    name = next((cell.name for cell in row.cells if cell.start <= offset < cell.end), "")
    if not any(cell.name for cell in row.cells):
        first = row.cells[0] if row.cells else None
        name = (
            _short(document.text[first.start : first.end]) if first and offset >= first.end else ""
        )
    return ", ".join(filter(None, (f"row {row.number:,}", name)))


def _with_cells(document: Document, block: Block) -> Block:
    """Return a row with its cells, which a stored one may lack where its text tells them."""
    cells = block.cells or cells_of(document.text[block.start : block.end], block.start)
    return replace(block, cells=cells)


def _name(text: str, header: tuple[str | tuple[int, int], ...]) -> str:
    return _short(words_of(text, header))


def _short(words: str) -> str:
    return textwrap.shorten(words, _LONGEST, placeholder=" …")
