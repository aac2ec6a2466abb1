"""Whether a quotation is from the right place: a pure function of texts and offsets."""

from __future__ import annotations

import re

from qa.text import normalize

# What separates the cells of a row in the text of a document: bars, tabs, aligned columns.
_CELLS = re.compile(r"\s*\|\s*|\t+|  +")


def in_right_row(text: str, start: int, end: int, question: str) -> bool:
    """Return whether a quoted cell of a table is in the row that the question is about.

    A bare cell such as "6" may occur in several rows: the right ones are those that share the
    most words with the question. True for a quotation that is not a whole cell, since its own
    words have to fit the question, and where no other row has an equal cell.
    ``text[start:end]`` is the quotation in its document.
    """
    row_start = text.rfind("\n", 0, start) + 1
    row_end = text.find("\n", end)
    row = text[row_start : len(text) if row_end < 0 else row_end]
    quoted = normalize(text[start:end])
    if quoted not in _cells(row):
        return True
    asked = set(normalize(question).split())

    def shared(line: str) -> int:
        return len(asked & set(normalize(line).split()))

    return all(shared(row) >= shared(line) for line in text.split("\n") if quoted in _cells(line))


def _cells(line: str) -> list[str]:
    """Return the cells of a row, normalised; none for a line that is not a row."""
    cells = _CELLS.split(line.strip())
    return [normalize(cell) for cell in cells] if len(cells) > 1 else []
