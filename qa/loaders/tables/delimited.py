"""Read tables of delimited text: CSV and TSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from qa.errors import UnreadableDocument
from qa.loaders.extracted import MAX_CHARACTERS, Extracted, TextBuilder
from qa.loaders.tables.grid import SAMPLE_ROWS, Cell, count_headers, header_rows
from qa.loaders.tables.records import add_table, has_running_text
from qa.loaders.tables.sheet import Row, Sheet
from qa.loaders.tables.weeks import is_calendar

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 20
# Of a text that is not called a table.
_SAMPLE = 50_000
_MIN_ROWS = 2
_MIN_COLUMNS = 3
# Some programs write an empty line after each row; parts have two rows at least, on average.
_MAX_PARTS = 1 / 2


def read_csv(text: str) -> Extracted:
    """Return the rows of the table, or of the tables, and the names of their columns."""
    csv.field_size_limit(MAX_CHARACTERS)
    delimiter = _delimiter(text)
    spaced = re.search(rf'{re.escape(delimiter)} +"', text[:50_000]) is not None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=spaced)
    try:
        rows = [[_cell(text) for text in row] for row in reader]
    except csv.Error as error:
        raise UnreadableDocument(
            f"CSV that cannot be read ({error})", "save it as JSON Lines"
        ) from error
    builder = TextBuilder()
    filled = [row for row in rows if any(row)]
    names = filled[0] if filled else []
    sample = filled[:SAMPLE_ROWS]
    is_wide = bool(sample) and len(names) >= median(map(len, sample))
    if not _has_parts(rows) or has_running_text(names, filled[1:]):
        rows = filled
    named = header_rows([row[: len(names)] for row in sample], is_likely=True)
    has_units = named and count_headers([[*map(Cell, row)] for row in sample], is_likely=True) > 1
    if is_wide and named and rows is filled and not has_units and not is_calendar(sample):
        add_table(names, filled[1:], builder)
    else:  # a title above the header, several tables, units below it, weeks, or no header at all
        Sheet(builder).add(_sheet_rows(rows))
    return builder.result()


def looks_delimited(text: str) -> bool:
    """Return whether a text is a table, as its first lines are: names, then values below each.

    A list within a sentence has a space after each comma. Columns that tabs separate are those of
    plain text, and stay in it.
    """
    lines = [line for line in text[:_SAMPLE].splitlines() if line.strip()]
    if len(text) > _SAMPLE:
        lines = lines[:-1]  # cut
    if len(lines) <= _MIN_ROWS or lines[0].lstrip().startswith("|"):
        return False
    delimiter = _delimiter(text)
    if delimiter == "\t":
        return False
    sample = lines[:SAMPLE_ROWS]
    try:
        rows = list(csv.reader(sample, delimiter=delimiter))
    except csv.Error:
        return False
    cells = [cell for row in rows for cell in row[1:] if cell]
    return (
        len(rows) == len(sample)
        and min(map(len, rows)) == max(map(len, rows)) >= _MIN_COLUMNS
        and sum(cell.startswith(" ") for cell in cells) < len(cells) / 10
        and all(name[:1].isalpha() for name in rows[0] if name)
        and header_rows(rows, is_likely=True) == 1
    )


def _has_parts(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether empty rows separate parts of a table, as opposed to all of its rows."""
    marks = [any(row) for row in rows]
    parts = sum(after and not before for before, after in pairwise([False, *marks]))
    return 1 < parts <= _MAX_PARTS * sum(marks)


def _cell(text: str) -> str:
    return " ".join(text.split()) if "\n\n" not in text else text


def _sheet_rows(rows: Sequence[Sequence[str]]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        cells = {column: Cell(text) for column, text in enumerate(row) if text}
        if cells:
            yield number, cells


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first rows most evenly, and into the most cells."""
    sample = text[:50_000]

    def fitness(sign: str) -> tuple[float, int]:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=sign)
        counts = [len(row) for row, _ in zip(rows, range(_SAMPLE_ROWS), strict=False) if row]
        usual = max(set(counts), key=counts.count) if counts else 1
        return (counts.count(usual) / len(counts) if usual > 1 else 0.0), usual

    return max(_DELIMITERS, key=fitness)
