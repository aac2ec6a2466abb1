"""Excerpts of passages: cut, never altered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from qa.answers.cells import Cell
from qa.types import Passage

EXCERPT = 240


def excerpt(
    passage: Passage,
    start: int,
    end: int,
    headings: Sequence[tuple[int, int]] = (),
    cells: Sequence[Cell] = (),
) -> tuple[str, str]:
    """Return the words before and after a stretch of a passage, within its paragraph or row.

    ``start`` and ``end`` are offsets in the document, as are those of its ``headings``, which
    often have but the end of a line between them and the paragraph below. Before each of the
    ``cells`` of a row its name is written. Long text is cut at white space, and an ellipsis
    replaces what was cut. Both are empty for words outside the passage, such as the header of a
    table.
    """
    if not passage.start <= start <= end <= passage.end:
        return "", ""
    edge = _edge(passage)
    cuts = _cuts(passage, headings)
    first, last = max(cut for cut in cuts if cut <= start), min(cut for cut in cuts if cut >= end)
    before = passage.text[first - passage.start : start - passage.start].rpartition(edge)[2]
    after = passage.text[end - passage.start : last - passage.start].partition(edge)[0]
    before, after = before.lstrip("\n"), after.rstrip("\n")
    before, after = _named(before, start - len(before), cells), _named(after, end, cells)
    room = max(EXCERPT - (end - start), EXCERPT // 3)
    if len(before) > room // 3:
        before = "… " + before[-(room // 3) :].partition(" ")[2]
    if len(after) > room - len(before):
        after = after[: room - len(before)].rpartition(" ")[0] + " …"
    return before, after


def opening(passage: Passage, headings: Sequence[tuple[int, int]] = ()) -> list[tuple[str, bool]]:
    """Return the first words of a passage by paragraph or row, and whether each is a heading.

    An ellipsis replaces what was cut. ``headings`` are offsets in the document.
    """
    end = passage.end
    if len(passage.text) > EXCERPT:
        end = passage.start + len(passage.text[:EXCERPT].rpartition(" ")[0])
    cuts = [cut for cut in _cuts(passage, headings) if cut < end]
    begun = {start for start, _ in headings}
    parts = [
        (part, cut in begun)
        for cut, until in pairwise([*cuts, end])
        for part in passage.text[cut - passage.start : until - passage.start].split(_edge(passage))
        if part.strip("\n")
    ]
    if end < passage.end and parts:
        words, is_heading = parts.pop()
        parts.append((f"{words} …", is_heading))
    return parts


def _cuts(passage: Passage, headings: Sequence[tuple[int, int]]) -> list[int]:
    """Return the offsets between which there is no end of a heading, nor a beginning."""
    within = {cut for each in headings for cut in each if passage.start < cut < passage.end}
    return [passage.start, *sorted(within), passage.end]


def _named(words: str, at: int, cells: Sequence[Cell]) -> str:
    """Return a stretch of a row that begins at an offset, with the name of each cell before it.

    A cell that begins where the stretch ends is what is quoted: its name is the last word.
    """
    for cell in reversed(cells):
        place = cell.start - at
        if cell.name and 0 <= place <= len(words) and cell.start < cell.end:
            words = f"{words[:place]}{cell.name.removesuffix(':')}: {words[place:]}"
    return words


def _edge(passage: Passage) -> str:
    return "\n" if passage.view else "\n\n"  # a row of a table is a line
