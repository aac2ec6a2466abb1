"""Rows that belong to the name of a row above them, which is written once."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

# Of the rows of such a table so many have no name of their own, and two at least.
_NAMELESS = 1 / 4
_LEAST = 2
_SUM = re.compile(r"\W*(?:sub|grand )?(?:total|sum|balance|summe|gesamt)", re.IGNORECASE)


def inherited(
    rows: Sequence[Sequence[str]], values: Collection[tuple[int, int]] = ()
) -> dict[int, tuple[int, int]]:
    """Return the rows whose first cells are those of a row above: its number, and how many.

    As in "Saturday | Morning | Ada" above " | Noon | Otto". ``values`` are the rows and columns of
    figures, dates and the like: a row of nothing else may be one of sums, unless there are
    others and it is not the last one. The names that are there are all different.
    """
    named = [number for number, row in enumerate(rows) if row and row[0]]
    nameless = len(rows) - len(named)
    names = [rows[number][0] for number in named]
    if (
        not named
        or named[0] != 0
        or nameless < max(_LEAST, _NAMELESS * len(rows))
        or len(set(names)) < len(names)
    ):
        return {}
    found: dict[int, tuple[int, int]] = {}
    of_values = []
    above = 0
    for number, row in enumerate(rows):
        filled = [column for column, cell in enumerate(row) if cell]
        if not filled or filled[0] == 0:
            above = number
            continue
        own = [column for column, cell in enumerate(rows[above]) if cell and column >= filled[0]]
        if filled[0] not in own or 2 * len(filled) < len(own) or _SUM.match(row[filled[0]]):
            continue
        found[number] = above, filled[0]
        if all((number, column) in values for column in filled):
            of_values.append(number)
    if of_values and (len(of_values) < _LEAST or of_values[0] == len(rows) - 1):
        for number in of_values:
            del found[number]
    return found
