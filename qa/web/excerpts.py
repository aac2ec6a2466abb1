"""Excerpts of passages: cut, never altered."""

from __future__ import annotations

from qa.types import Passage

EXCERPT = 240


def excerpt(passage: Passage, start: int, end: int) -> tuple[str, str]:
    """Return the words before and after a stretch of a passage, within its paragraph or row.

    ``start`` and ``end`` are offsets in the document. Long text is cut at white
    space, and an ellipsis replaces what was cut. Both are empty for words outside the
    passage, such as the header of a table.
    """
    if not passage.start <= start <= end <= passage.end:
        return "", ""
    edge = _edge(passage)
    before = passage.text[: start - passage.start].rpartition(edge)[2]
    after = passage.text[end - passage.start :].partition(edge)[0]
    room = max(EXCERPT - (end - start), EXCERPT // 3)
    if len(before) > room // 3:
        before = "… " + before[-(room // 3) :].partition(" ")[2]
    if len(after) > room - len(before):
        after = after[: room - len(before)].rpartition(" ")[0] + " …"
    return before, after


def opening(passage: Passage) -> list[str]:
    """Return the first words of a passage by paragraph or row; an ellipsis replaces what was cut.

    A heading is a paragraph of its own.
    """
    text = passage.text
    if len(text) > EXCERPT:
        text = text[:EXCERPT].rpartition(" ")[0] + " …"
    return list(filter(None, text.split(_edge(passage))))


def _edge(passage: Passage) -> str:
    return "\n" if passage.view else "\n\n"  # a row of a table is a line
