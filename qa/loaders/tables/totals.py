"""Rows of totals below the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def is_total(cells: Sequence[str], above: Sequence[str], is_value: Callable[[str], bool]) -> int:
    """Return in which column a row below another has the name of its total, 0 if it has none.

    In "| | Subtotal | 220.00" the name stands where the row above, "Rope | 2 | 110.00 | 220.00",
    has a value, and so has no name from its column.
    """
    filled = [column for column, cell in enumerate(cells) if cell.strip()]
    if len(filled) < 2 or filled[0] == 0 or filled[-1] >= len(above):
        return 0
    name, *values = filled
    is_named = not is_value(cells[name].strip()) and is_value(above[name].strip())
    return name if is_named and all(is_value(cells[n].strip()) for n in values) else 0
