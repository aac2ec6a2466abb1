"""The rows of a printed table: which column each cell belongs to, and which rows name them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qa.loaders.printed.spans import Edges, spans
from qa.loaders.tables.first_row import is_of_values
from qa.loaders.tables.grid import are_distinct, is_scale, is_value
from qa.loaders.tables.pairs import has_pairs, is_label
from qa.loaders.tables.totals import is_total

_DIGIT = re.compile(r"\d")
_MAX_HEADER_CHARACTERS = 60
_MAX_HEADER_WORDS = 4
_MAX_HEADERS = 3
_UNIT = re.compile(r"[(\[]?(?:[^\W\d][^\s,;:]{0,9}|[%‰€£$°][^\s,;:]{0,4})[)\]]?")
# Without bold type and figures, a first row of so many cells is taken for the header.
_MIN_NAMED = 3


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """The cells of a row, their left and right borders in points, and whether all is bold."""

    cells: tuple[str, ...]
    edges: tuple[tuple[float, float], ...]
    bold: bool


def columns_of(rows: Sequence[PrintedRow], headers: Collection[int] = ()) -> list[list[str | None]]:
    """Return the cells of each row by column: "" for an empty one, None where one is merged.

    A row with the most cells has one in each column. Else a cell belongs to each column whose
    middle it covers, or to the only one that it is in, or to the nearest. The names above other
    names, in rows at ``headers``, are over all columns between them.
    """
    most = max((len(row.cells) for row in rows), default=0)
    full = [row for row in rows if len(row.cells) == most]
    columns = [
        (
            min(row.edges[column][0] for row in full),
            max(row.edges[column][1] for row in full),
        )
        for column in range(most)
    ]
    aligned: list[list[str | None]] = []
    for number, row in enumerate(rows):
        if len(row.cells) == most:
            aligned.append(list(row.cells))
            continue
        if number in headers and number + 1 in headers:
            named = _widened(columns, rows[_last_of(headers, number)])
            if over := spans(named, row.edges):
                aligned.append(_spread(row.cells, over, most))
                continue
        cells: list[str | None] = [""] * most
        following = 0
        for text, (left, right) in zip(row.cells, row.edges, strict=True):
            free = columns[following:]
            covered = [following + n for n in _covered(free, left, right)]
            if not covered:  # more cells than columns are left: it continues the last one
                cells[-1] = f"{cells[-1] or ''} {text}".strip()
                continue
            cells[covered[0]] = text
            for number in covered[1:]:
                cells[number] = None
            following = covered[-1] + 1
        aligned.append(cells)
    return aligned


def is_form(rows: Sequence[Sequence[str | None]]) -> bool:
    """Return whether the rows of a table are names and values in turn, two or more in a row."""
    return all(None not in row for row in rows) and has_pairs(
        [[cell or "" for cell in row] for row in rows]
    )


def widen_totals(rows: Sequence[list[str | None]], headers: Collection[int]) -> None:
    """Merge the names of totals, which stand in columns of values, with the empty cells before."""
    above: Sequence[str] = ()
    for number, row in enumerate(rows):
        cells = [cell or "" for cell in row]
        if number not in headers and None not in row and (name := is_total(cells, above, is_value)):
            row[: name + 1] = [cells[name], *[None] * name]
        elif number not in headers:
            above = cells


def _last_of(headers: Collection[int], number: int) -> int:
    """Return the position of the last of the headers in a row from one on."""
    while number + 1 in headers:
        number += 1
    return number


def _widened(columns: Sequence[Edges], names: PrintedRow) -> list[Edges]:
    """Return columns as wide as what names them."""
    wide = list(columns)
    for left, right in names.edges:
        if len(covered := _covered(wide, left, right)) == 1:
            begin, end = wide[covered[0]]
            wide[covered[0]] = min(begin, left), max(end, right)
    return wide


def _spread(texts: Sequence[str], over: Sequence[tuple[int, int]], count: int) -> list[str | None]:
    cells: list[str | None] = [""] * count
    for text, (first, last) in zip(texts, over, strict=True):
        cells[first : last + 1] = [text, *[None] * (last - first)]
    return cells


def _covered(columns: Sequence[tuple[float, float]], left: float, right: float) -> list[int]:
    """Return the columns that a cell belongs to, of those that are free, by their borders."""
    middles = [(begin + end) / 2 for begin, end in columns]
    inside = [number for number, middle in enumerate(middles) if left <= middle <= right]
    if inside or not middles:
        return inside
    shared = [n for n, (begin, end) in enumerate(columns) if begin < right and left < end]
    if len(shared) == 1:
        return shared
    centre = (left + right) / 2
    for number, (middle, following) in enumerate(pairwise(middles)):
        if abs(2 * centre - middle - following) < (following - middle) / 2:
            return [number, number + 1]  # centred over both
    return [min(range(len(middles)), key=lambda number: abs(centre - middles[number]))]


def header_rows(rows: Sequence[PrintedRow]) -> set[int]:
    """Return the positions of the rows that name the cells below them.

    They are the first rows in bold where others are not. Without those it is the first row, if
    it has no figures where a column below has nothing else, or if it consists of short labels
    over several columns; above it may be names over several columns, and below it units. The
    same rows again, as at the top of the next page, are headers too.
    """
    count = next((number for number, row in enumerate(rows) if not row.bold), len(rows))
    if not 0 < count <= min(_MAX_HEADERS, len(rows) - 1):
        count = _plain_headers(rows)
    names = [row.cells for row in rows[:count]]
    if all(len(cells) < 2 for cells in names):  # a name over all columns, if they have names
        below = header_rows(rows[count:]) if count else set()
        return {*range(count), *(count + number for number in below)} if 0 in below else set()
    if len(rows) > count + 1 and (
        _has_units(rows[count], rows[count + 1]) or _has_parts(rows[count - 1 :])
    ):
        names.append(rows[count].cells)
    return {number for number, row in enumerate(rows) if row.cells in names}


def _plain_headers(rows: Sequence[PrintedRow]) -> int:
    """Return how many rows name columns where none is in bold."""
    most = max((len(row.cells) for row in rows), default=0)
    for above in range(min(_MAX_HEADERS, len(rows) - 1)):
        if above and _is_header(rows[above:], has_names_above=True):
            return above + 1
        if not above and len(rows) > 1 and _is_header(rows):
            return 1
        row = rows[above]
        if len(row.cells) >= most or any(
            len(cell) > _MAX_HEADER_CHARACTERS or cell.endswith((".", ":")) for cell in row.cells
        ):
            return 0
    return 0


def _has_units(row: PrintedRow, below: PrintedRow) -> bool:
    """Return whether a row below the names of columns has their units, and no name of its own."""
    return (
        len(row.cells) < len(below.cells)
        and row.edges[0][0] > below.edges[0][1]
        and all(_UNIT.fullmatch(cell) for cell in row.cells)
    )


def _has_parts(rows: Sequence[PrintedRow]) -> bool:
    """Return whether the second of some rows has names below those of the first, over several."""
    above, row, below = rows[:3]
    return (
        len(above.cells) <= len(row.cells) < max(len(each.cells) for each in rows)
        and row.edges[0][0] > below.edges[0][1]
        and above.edges[0][0] < below.edges[0][1]
        and all(len(cell) <= _MAX_HEADER_CHARACTERS for cell in row.cells)
        and not any(_DIGIT.search(cell) for cell in row.cells)
    )


def _is_header(rows: Sequence[PrintedRow], *, has_names_above: bool = False) -> bool:
    first = rows[0]
    labels = [cell for cell in first.cells if cell]
    if len(labels) < 2 or any(len(cell) > _MAX_HEADER_CHARACTERS for cell in labels):
        return False
    table = columns_of(rows)
    texts = [[cell or "" for cell in row] for row in table]
    if any(_DIGIT.search(cell) for cell in labels):
        return len(first.cells) >= len(table[0]) - 1 and is_scale(labels, texts[1:])
    if is_of_values(texts[0], texts[1:]):
        return False
    if not has_names_above and not are_distinct(texts[0], texts[1:]):
        return False
    if is_form(table) or (len(table[0]) == 2 and _are_labels([row[0] for row in texts])):
        return False
    for column in range(len(table[0])):
        values = [row[column] for row in table[1:] if row[column]]
        if table[0][column] and len(values) > 1 and all(_DIGIT.search(v or "") for v in values):
            return True
    return len(labels) >= _MIN_NAMED and all(
        len(cell.split()) <= _MAX_HEADER_WORDS and not cell.endswith((".", ":")) for cell in labels
    )


def _are_labels(cells: Sequence[str]) -> bool:
    """Return whether the first cells of rows are those of a form: "E-mail", "Our ref", "Date"."""
    return len(set(cells)) == len(cells) and 2 * sum(map(is_label, cells)) > len(cells)


def same_columns(row: PrintedRow, following: PrintedRow) -> bool:
    """Return whether a row continues the table of the row before it, by where most cells are."""
    fewer, more = sorted((row.edges, following.edges), key=len)
    shared = sum(
        any(left < other_right and other_left < right for other_left, other_right in more)
        for left, right in fewer
    )
    return 2 * shared >= len(fewer)
