"""Tell an address beside labels with their values, as in a letterhead, from the rows of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LABELLED = re.compile(r"(?P<key>[^\W\d_][^:]{0,38}?) ?:\s+\S")
_LABEL = re.compile(r"[^\W\d_][^:]{0,38}:")
_LEAST = 2


def are_beside(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether rows are an address beside labels with their values, all different.

    As in::

    Fernhill Dental Practice        Telephone: 01743 555 0182
    14 Castle Foregate              Our reference: FD/25/0417
    """
    sides = [
        ([row[0] for row in rows], [_words(row[1:]) for row in rows]),
        ([row[-1] for row in rows], [_words(row[:-1]) for row in rows]),
    ]
    return any(_is_plain(address) and _is_labelled(labels) for address, labels in sides)


def _words(cells: Sequence[str]) -> str:
    """Return the words of a cell, of two if the first one is a label, and of others a mark."""
    filled = [cell for cell in cells if cell]
    is_one = len(filled) < 2 or (len(filled) == 2 and filled[0].endswith(":"))
    return " ".join(filled) if is_one else "…"


def _is_plain(cells: Sequence[str]) -> bool:
    return any(cells) and not any(map(_LABEL.match, cells))


def _is_labelled(cells: Sequence[str]) -> bool:
    found = [match for match in map(_LABELLED.match, cells) if match]
    keys = {match["key"].lower() for match in found}
    return _LEAST <= len(found) == len(keys) and 2 * len(found) >= sum(map(bool, cells))
