"""Tell tables that are forms: names and values in turn, two or more pairs in a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from qa.loaders.contact import MAIL_ALONE
from qa.loaders.dates import find_date

_Cell = TypeVar("_Cell")
_MAX_NAME_CHARACTERS = 40
_MAX_NAME_WORDS = 5
_MOST_PAIRS = 4
# So many rows of two pairs or more make a form.
_LEAST_ROWS = 2
_NUMBER = re.compile(r"[^\w]*\d[\d.,:/\s–-]*+(?:%|‰|°?[A-Za-zµ€£$²³]{1,4})?\W*|[-–—]")
_MAIL = re.compile(MAIL_ALONE)
_YEAR = re.compile(r"(?:19|20)\d\d")
# The last words of names of values, of which the rows of other tables have none.
_LABEL = re.compile(
    r"(?:.*\W)?(?:names?|date|no|nr|numbers?|codes?|address|e-?mail|phone|mobile|telephone|tel|fax"
    r"|total|amount|type|ref|reference|id|period|status|postcode|title|department|number of .+"
    r"|(?:date|place|country) of .+)\W*",
    re.IGNORECASE,
)
_LEAST_LABELS = 2


def has_pairs(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether rows consist of names and values in turn: "Name | Ada | Tax code | 1257L".

    The names are short, all different and without figures. What they name differs in kind from
    row to row, where the columns of other tables have one kind below their names: so the first
    row has values too, or the rows below have names of such.
    """
    lines = [_filled(row) for row in rows]
    lines = [line for line in lines if line]
    if (
        sum(len(line) >= 4 for line in lines) < _LEAST_ROWS
        or any(len(line) % 2 or len(line) > 2 * _MOST_PAIRS for line in lines)
        or any(value and not name for line in lines for name, value in pairs_of(line))
    ):
        return False
    names = [name for line in lines for name in line[::2] if name]
    kinds = [[_kind(value) for value in line[1::2]] for line in lines]
    if len({name.lower() for name in names}) < len(names) or not all(map(is_name, names)):
        return False
    if {kind for row in kinds for kind in row} - {""} == {"number"}:
        return True
    columns = range(max(map(len, kinds)))
    is_mixed = any(
        len({row[column] for row in kinds if column < len(row)} - {""}) > 1 for column in columns
    )
    has_value = any(
        kind not in ("", "words") and not _YEAR.fullmatch(value)
        for kind, value in zip(kinds[0], lines[0][1::2], strict=True)
    )
    labels = sum(_LABEL.fullmatch(name) is not None for line in lines[1:] for name in line[::2])
    return is_mixed and (has_value or labels >= _LEAST_LABELS)


def pairs_of(row: Sequence[_Cell]) -> Iterator[tuple[_Cell, _Cell]]:
    """Yield each name of a row of pairs with its value."""
    return zip(row[::2], row[1::2], strict=True)


def _filled(row: Sequence[str]) -> list[str]:
    """Return the cells of a row without the empty ones at its end, but for the last value."""
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1] and not (len(cells) % 2 == 0 and cells[-2]):
        cells.pop()
    return cells


def is_label(name: str) -> bool:
    """Return whether a name is one of those that forms have: "Order no.", "Date of birth"."""
    return _LABEL.fullmatch(name) is not None


def is_name(name: str) -> bool:
    """Return whether a cell may name the value beside it: short, and without figures."""
    return (
        len(name) <= _MAX_NAME_CHARACTERS
        and len(name.split()) <= _MAX_NAME_WORDS
        and not any(map(str.isdigit, name))
        and any(map(str.isalpha, name))
        and not name[0].islower()
        and (not name.endswith((".", ",", ";", "!")) or _LABEL.fullmatch(name) is not None)
    )


def _kind(value: str) -> str:
    if not value:
        return ""
    if find_date(value):
        return "date"
    if _NUMBER.fullmatch(value):
        return "number"
    if _MAIL.fullmatch(value):
        return "address"
    return "code" if any(map(str.isdigit, value)) else "words"
