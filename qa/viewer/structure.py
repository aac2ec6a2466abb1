"""The structure of a window of a text: which of its lines belong together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from qa.types import Document
from qa.viewer.drawing import Drawing
from qa.viewer.lines import Group
from qa.viewer.marks import Mark
from qa.viewer.segments import kinds_of, segments_of
from qa.viewer.windows import Window

_FIRST_LEVEL, _LAST_LEVEL = 3, 6  # of HTML headings, below those of the page


def groups_of(document: Document, window: Window, marks: Sequence[Mark] = ()) -> list[Group]:
    """Return what a window of a document contains, with stretches of it marked."""
    drawing = Drawing(document, marks)
    levels: list[tuple[int, int]] = []
    groups: list[Group] = []
    segments = segments_of(document, window)
    numbered = list(zip(segments, kinds_of(document.text, segments), strict=True))
    for (kind, _), several in groupby(numbered, key=lambda each: each[1]):
        members = [segment for segment, _ in several]
        if kind == "heading":
            for segment in members:
                rank = segment.block.level if segment.block else 1
                levels = [each for each in levels if each[0] < rank]
                level = min(levels[-1][1] + 1 if levels else _FIRST_LEVEL, _LAST_LEVEL)
                levels.append((rank, level))
                line = drawing.line(segment, "heading")
                groups.append(Group("heading", (line,), level, rank))
        elif kind == "table":
            groups.append(drawing.table(members, window))
        elif kind == "paragraph":
            groups += [Group("paragraph", (drawing.line(each),)) for each in members]
        else:
            draw = {"list": drawing.item, "mail": drawing.field}[kind]
            groups.append(Group(kind, tuple(map(draw, members))))
    return groups
