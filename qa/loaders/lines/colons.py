"""Tell lines that are rows of a table, "name:age:city", from others with colons in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

# A single colon is that of a key and its value.
_LEAST_COLUMNS = 3
_HOUR = re.compile(r"(?:.*\D)?(?:[01]?\d|2[0-4])", re.DOTALL)
_MINUTE = re.compile(r"[0-5]\d(?:\D.*)?", re.DOTALL)
# The parts of an address of a network card, or of version 6, or of nothing but figures.
_HEXADECIMAL = re.compile(r"[\da-fA-F]{1,4}|[\d.,+-]*")
_SPACED = re.compile(r":\s")
# What the lines of programs are full of.
_CODE = re.compile(r"[\[\]{}();=<>\"'`]")
_MAX_CODE = 1 / 4
# So many columns may be empty, as that of a remark that nobody has.
_MAX_EMPTY = 1 / 4


def colons_in(line: str) -> int:
    """Return how many colons separate the cells of a line, 0 if it is a key with its value.

    A space is behind a colon there, as in prose.
    """
    count = line.count(":")
    is_row = count >= _LEAST_COLUMNS - 1 and not line.startswith("#") and not _SPACED.search(line)
    return count if is_row else 0


def are_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the cells that colons separate, as many in each row, are those of a table.

    Times of the day are none, nor addresses ("fe:80:…", "http://…") and lines of programs.
    """
    columns = list(zip(*rows, strict=True))
    inner = [column for column in columns[:-1] if not any(column)]
    return (
        len(inner) <= _MAX_EMPTY * len(columns)
        and sum(_CODE.search("".join(row)) is not None for row in rows) <= _MAX_CODE * len(rows)
        and any(not all(map(_HEXADECIMAL.fullmatch, column)) for column in columns)
        and not any(_is_clock(*pair) for pair in pairwise(columns))
        and not any(cell.startswith("//") for column in columns for cell in column)
    )


def _is_clock(hours: Sequence[str], minutes: Sequence[str]) -> bool:
    """Return whether most cells of two columns are the hours and the minutes of times."""
    times = sum(
        _HOUR.fullmatch(hour) is not None and _MINUTE.fullmatch(minute) is not None
        for hour, minute in zip(hours, minutes, strict=True)
    )
    return 2 * times > len(hours)
