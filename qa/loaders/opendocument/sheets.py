"""Read OpenDocument spreadsheets (ODS).

Not with calamine, which tells neither what a cell shows of its number nor which cells are merged.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.opendocument.content import DRAW, OFFICE, TABLE, TEXT, repeated, words
from qa.loaders.opendocument.styles import STYLE
from qa.loaders.opendocument.text import finished
from qa.loaders.tables.grid import Cell
from qa.loaders.tables.sheet import Covered, Row, Sheet
from qa.text import counted

# Empty cells and rows are counted only; those with text are repeated as often as this.
_MAX_REPEATED = 1_000
_MAX_PLACE = 1 << 24
_MAX_COVERED_COLUMNS = 1_000


def read_sheets(body: Any, archive: zipfile.ZipFile) -> Extracted:
    """Return each sheet under its name, its cells as they show their values."""
    builder = TextBuilder()
    hiding = {
        style.get(f"{STYLE}name")
        for style in body.getroottree().iter(f"{STYLE}style")
        for each in style.iter(f"{STYLE}table-properties")
        if each.get(f"{TABLE}display") == "false"
    }
    hidden = []
    for table in body.iterchildren(f"{TABLE}table"):
        name = table.get(f"{TABLE}name", "")
        if table.get(f"{TABLE}style-name") in hiding:
            hidden.append(name)
        builder.add(name, "heading", level=1)
        Sheet(builder).add(_rows(table))
        for note in table.iter(f"{OFFICE}annotation"):
            builder.add_content(f"Comment: {_text(note, f'{TEXT}p')}")
    pictures = sum(1 for _ in body.iter(f"{DRAW}image"))
    if pictures:
        builder.notes.append(f"{counted(pictures, 'picture')} without text")
    if hidden:
        builder.notes.append(f"hidden, but read: sheet {', '.join(hidden)}")
    return finished(builder, archive)


def _rows(table: Any) -> Iterator[Row]:
    """Yield the rows of a sheet that are not empty."""
    covered = Covered()
    number = 0
    for node in table.iter(f"{TABLE}table-row"):
        count = repeated(node, "number-rows-repeated", _MAX_PLACE)
        cells = _cells(node)
        for copy in range(min(count, _MAX_REPEATED) if cells else min(count, 1)):
            row = covered.places(number + copy)
            for column, cell in cells.items():
                row[column] = cell
                if cell.down > 1:
                    covered.add(number + copy, column, cell)
            if row:
                yield number + copy, dict(sorted(row.items()))
        number += count


def _cells(row: Any) -> dict[int, Cell]:
    cells = {}
    column = 0
    for node in row:
        if not isinstance(node.tag, str):
            continue
        count = repeated(node, "number-columns-repeated", _MAX_PLACE)
        text = _text(node, f"{TEXT}p") if node.tag == f"{TABLE}table-cell" else ""
        if text:
            across = repeated(node, "number-columns-spanned", _MAX_COVERED_COLUMNS)
            down = repeated(node, "number-rows-spanned", _MAX_PLACE)
            for copy in range(min(count, _MAX_REPEATED)):
                cells[column + copy] = Cell(text, across, down)
        column += count
    return cells


def _text(node: Any, name: str) -> str:
    return " ".join(filter(None, map(words, node.iterchildren(name))))
