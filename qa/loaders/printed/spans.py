"""Which columns of a printed table the names above others are over."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from statistics import mean

# The left and right border of a cell or a column, in points.
Edges = tuple[float, float]
_MAX_COLUMNS = 40
# What a column without a name costs, as a share of the distance of columns, and how much more a
# name costs that is beside the middle of its columns.
_NAMELESS = 0.5
_BESIDE = 1.5


def spans(columns: Sequence[Edges], names: Sequence[Edges]) -> list[tuple[int, int]]:
    """Return the first and last column that each name is over, in order; empty if it is not clear.

    ``columns`` and ``names`` are left and right borders. A name is in the middle of its columns,
    or begins or ends with them; no other column but the first goes without a name if that can be.
    """
    if not 0 < len(names) < len(columns) or len(columns) > _MAX_COLUMNS:
        return []
    middles = [(left + right) / 2 for left, right in columns]
    nameless = _NAMELESS * mean(b - a for a, b in pairwise(middles))

    def cost(name: int, first: int, last: int) -> float:
        (left, right), begin, end = names[name], columns[first][0], columns[last][1]
        if right < begin or left > end:
            return float("inf")
        middle = _BESIDE * abs(left + right - begin - end) / 2
        return min(middle, *(_BESIDE * abs(gap) for gap in (left - begin, right - end)))

    @cache
    def best(name: int, column: int) -> tuple[float, tuple[tuple[int, int], ...]]:
        """Return the least cost of the names from one on, over the columns from one on."""
        rest = len(columns) - column
        if name == len(names):
            return nameless * (rest - (column == 0)), ()
        if rest < len(names) - name:
            return float("inf"), ()
        after, found = best(name, column + 1)
        least = (after + nameless * (column > 0), found)
        for last in range(column, len(columns)):
            after, found = best(name + 1, last + 1)
            total = cost(name, column, last) + after
            if total < least[0]:
                least = total, ((column, last), *found)
        return least

    total, found = best(0, 0)
    return list(found) if total < float("inf") else []
