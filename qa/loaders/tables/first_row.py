"""Whether the first row of a table is one of its values, and names no columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.loaders.contact import MAIL_ALONE
from qa.loaders.dates import MONTHS

_LEAST_BELOW = 2
# A code, as of a telephone or a shelf: one of a single figure may be a name ("Q1" over "B2").
_CODE = re.compile(r"(?=\D*\d\D*\d)\S+")
_MAIL = re.compile(MAIL_ALONE)
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_SERIES = tuple(
    frozenset(name[:length] for name in names for length in (3, len(name)))
    for names in (_DAYS, MONTHS)
)


def is_of_values(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether a column shows that the first row is like the others.

    Its cell there comes again below, or all cells are days, months, mail addresses, codes of one
    form or a word with different figures. Rows equal to the first are its repetitions, as on
    each page, and say nothing.
    """
    rows = [row for row in below if list(row) != list(first)]
    for number, cell in enumerate(first):
        values = [row[number].strip() for row in rows if number < len(row)]
        values = [value for value in values if value]
        if cell.strip() and len(values) >= _LEAST_BELOW and _is_like(cell.strip(), values):
            return True
    return False


def _is_like(cell: str, values: Sequence[str]) -> bool:
    if cell in values:
        return True
    if any({cell.lower(), *map(str.lower, values)} <= series for series in _SERIES):
        return True
    if _MAIL.fullmatch(cell):
        return all(map(_MAIL.fullmatch, values))
    form = _form(cell)
    return form != cell and all(_form(value) == form for value in values)


def _form(cell: str) -> str:
    """Return a cell with a sign for its figures, and of a code for its letters too."""
    form = re.sub(r"\d+", "0", cell)
    return re.sub(r"[^\W\d_]+", "A", form) if _CODE.fullmatch(cell) else form
