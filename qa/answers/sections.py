"""The headings above a place in a document."""

from __future__ import annotations

from qa.answers.cells import cell_of
from qa.text import normalize
from qa.types import Document


def section_of(document: Document, offset: int) -> str:
    """Return the headings that apply at an offset, joined with " › "; empty if there are none.

    A heading applies to its own words too. One that repeats the document's title says nothing new,
    and is left out.
    """
    above: list[tuple[int, str]] = []
    for block in document.blocks:
        if block.start > offset:
            break
        if block.kind == "heading":
            above = [each for each in above if each[0] < block.level]
            above.append((block.level, " ".join(document.text[block.start : block.end].split())))
    title = normalize(document.title)
    return " › ".join(name for _, name in above if normalize(name) != title)


def position_of(document: Document, offset: int) -> str:
    """Return the headings that apply at an offset, and the row and column it is in, if any."""
    return ", ".join(filter(None, (section_of(document, offset), cell_of(document, offset))))
