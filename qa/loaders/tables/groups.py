"""Rows that belong to the name of a row above them, which is written once."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

# Of the rows of such a table so many have no name of their own, and two at least.
_NAMELESS = 1 / 4
_LEAST = 2
_SUM = re.compile(
    r"\W*(?:sub|grand )?(?:total|sum|balance|summe|gesamt|(?:net|net amount|netto|vat|tax|mwst)\b)",
    re.IGNORECASE,
)


def are_grouped(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether names are written once for several rows, and all are different.

    As in "Saturday | Morning | Ada" above " | Noon | Otto".
    """
    named = [number for number, row in enumerate(rows) if row and row[0]]
    names = [rows[number][0] for number in named]
    nameless = len(rows) - len(named)
    return (
        bool(named)
        and named[0] == 0
        and nameless >= max(_LEAST, _NAMELESS * len(rows))
        and len(set(names)) == len(names)
    )


def shared(row: Sequence[str], above: Sequence[str]) -> int:
    """Return how many first cells of a row are those of one above, 0 if none.

    They are empty, and the others are those that the row above has; a row of sums has fewer.
    """
    filled = [column for column, cell in enumerate(row) if cell]
    if not filled or filled[0] == 0:
        return 0
    first = filled[0]
    own = [column for column, cell in enumerate(above) if cell and column >= first]
    if first not in own or 2 * len(filled) < len(own) or _SUM.match(row[first]):
        return 0
    return first


def inherited(
    rows: Sequence[Sequence[str]], values: Collection[tuple[int, int]] = ()
) -> dict[int, tuple[int, int]]:
    """Return the rows whose first cells are those of a row above: its number, and how many.

    ``values`` are the rows and columns of figures, dates and the like: a row of nothing else may
    be one of sums, unless there are others and it is not the last one.
    """
    if not are_grouped(rows):
        return {}
    found: dict[int, tuple[int, int]] = {}
    of_values = []
    above = 0
    for number, row in enumerate(rows):
        if row and row[0]:
            above = number
        elif count := shared(row, rows[above]):
            found[number] = above, count
            if all((number, column) in values for column, cell in enumerate(row) if cell):
                of_values.append(number)
    if of_values and (len(of_values) < _LEAST or of_values[0] == len(rows) - 1):
        for number in of_values:
            del found[number]
    return found
