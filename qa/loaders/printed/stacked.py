"""Join labels in small type with the values below them, as on tickets and cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from qa.loaders.printed.line import Line
from qa.loaders.printed.rows import ALIGNED
from qa.loaders.tables.pairs import is_label

_MAX_LABEL_WORDS, _MAX_VALUE_CHARACTERS = 5, 80
# A label is so much smaller than its value, unless that alone is bold, and so far above it.
_SMALLER = 0.9
_ABOVE = 1.6
# So many of them stand beside one another.
_LEAST = 2


def join_labels(lines: Sequence[Line]) -> list[Line]:
    """Return lines, labels that stand beside others as rows with the values below them.

    They are of a page such as::

        NAME            FROM        SEAT
        Ada Blum        Leeds       14C
    """
    count = Counter(_place(*pair) for pair in pairwise(lines) if _are_stacked(*pair))
    found: list[Line] = []
    position = 0
    while position < len(lines):
        line, *after = lines[position : position + 2]
        if after and _are_stacked(line, *after) and count[_place(line, *after)] >= _LEAST:
            found.append(_joined(line, *after))
            position += 2
        else:
            found.append(line)
            position += 1
    return found


def _are_stacked(label: Line, value: Line) -> bool:
    return (
        len(label.cells) == len(value.cells) == 1
        and label.page == value.page
        and abs(label.left - value.left) < ALIGNED
        and 0 < label.bottom - value.bottom < _ABOVE * max(value.size, label.size)
        and (label.size < _SMALLER * value.size or (value.bold and not label.bold))
        and label.size <= 1.05 * value.size
        and len(label.text.split()) <= _MAX_LABEL_WORDS
        and (not label.text.endswith((".", ",", ";")) or is_label(label.text))
        and any(map(str.isalpha, label.text))
        and len(value.text) <= _MAX_VALUE_CHARACTERS
        and not (label.outline or value.outline or label.hyphenated)
    )


def _place(label: Line, value: Line) -> tuple[int, int, int]:
    """Return what the labels beside one another have in common: their page and heights."""
    return label.page, round(label.bottom), round(value.bottom)


def _joined(label: Line, value: Line) -> Line:
    beside = max(label.right, value.left) + 1
    edges = (*label.edges, (beside, max(value.right, beside + 1)))
    return replace(value, cells=(*label.cells, *value.cells), edges=edges, bold=False, led=True)
