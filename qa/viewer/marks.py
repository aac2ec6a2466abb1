"""Marks on a document, and how an address has them."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Start, end and kind: "answer", "also" or "passage"; on pages also "found" and "now".
Mark = tuple[int, int, str]


def marks_of(written: str, *, most: int = 200) -> list[Mark]:
    """Read marks as an address has them: "12-20-answer,0-99-passage"; leave out what is wrong."""
    found: list[Mark] = []
    for each in written.split(",")[:most]:
        match = re.fullmatch(
            r"(\d{1,11})-(\d{1,11})-(answer|also|passage|found|now)", each, re.ASCII
        )
        if match and int(match[1]) < int(match[2]):
            found.append((int(match[1]), int(match[2]), match[3]))
    return found


def written_marks(marks: Iterable[Mark], *, most: int = 200) -> str:
    """Write the first marks as :func:`marks_of` reads them."""
    return ",".join(f"{start}-{end}-{kind}" for start, end, kind in list(marks)[:most])
