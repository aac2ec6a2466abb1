"""Draws the blocks of a document as lines, cut into pieces where marks and pages begin."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from qa.text import cells_of
from qa.types import Block, Document
from qa.viewer.lines import Cell, Group, Line, Piece
from qa.viewer.marks import Mark
from qa.viewer.segments import ITEM, Segment
from qa.viewer.windows import Window


@dataclass(frozen=True, slots=True)
class Drawing:
    """Cuts text into pieces at the edges of marks and of pages."""

    document: Document
    marks: Sequence[Mark]
    last: int = field(init=False)
    answer: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        answers = [(start, end) for start, end, kind in self.marks if kind == "answer"]
        object.__setattr__(self, "last", max((end for _, end in answers), default=-1))
        # What a link points to lights its row too, unless it is more than that.
        linked = [(start, end) for start, end, _ in self.marks[:1]]
        if linked and "\n" in self.document.text[slice(*linked[0])]:
            linked = []
        object.__setattr__(self, "answer", [*answers, *linked, (-1, -1)][0])

    def line(self, segment: Segment, classes: str = "") -> Line:
        """Draw a paragraph or a heading."""
        block = segment.block
        if block is not None and block.kind == "body" and block.level:
            classes = "quoted"
        elif block is not None and block.kind in ("about", "furniture", "columns"):
            classes = block.kind
        return Line(self._pieces(segment.start, segment.end), self._gap(segment), classes)

    def item(self, segment: Segment) -> Line:
        """Draw an item of a list."""
        line, block = self.line(segment), segment.block
        words = self.document.text[segment.start : segment.end]
        has_mark = ITEM.match(words) is not None
        number = None if has_mark or block is None else block.number
        return replace(line, depth=block.depth if block else 0, number=number)

    def field(self, segment: Segment) -> Line:
        """Draw a header of a mail: its name, and its value."""
        colon = self.document.text.index(": ", segment.start) + 2
        name = self._pieces(segment.start, colon)
        return Line(self._pieces(colon, segment.end), self._gap(segment), name=name)

    def table(self, segments: Sequence[Segment], window: Window) -> Group:
        """Draw rows of a table; the row and the columns of the answer are lit."""
        rows = [(segment, _places(self.document, segment)) for segment in segments]
        lit = {
            column
            for _, places in rows
            for column, place in enumerate(places)
            if self._has_answer(*place)
        }
        lines = tuple(self._row(segment, places, lit) for segment, places in rows)
        first = segments[0].block
        names: tuple[tuple[tuple[str, bool], ...], ...] = ()
        if window.header and first is not None and first.kind == "row":
            headers = [self.document.blocks[position] for position in window.header]
            if headers[0].level == first.level:
                names = tuple(self._names(header, lit) for header in headers)
        return Group("table", lines, again=names)

    def _names(self, header: Block, lit: set[int]) -> tuple[tuple[str, bool], ...]:
        text = self.document.text
        segment = Segment(header, header.start, header.end, header.end)
        places = _places(self.document, segment)
        return tuple((text[start:end], column in lit) for column, (start, end) in enumerate(places))

    def _row(self, segment: Segment, places: Sequence[tuple[int, int]], lit: set[int]) -> Line:
        text, at = self.document.text, segment.start
        cells: list[Cell] = []
        before: tuple[int, int] | None = None
        for column, place in enumerate(places):
            start, end = place
            if place == before and start < end:  # merged with the one to its left
                cells[-1] = replace(cells[-1], span=cells[-1].span + 1)
            elif at <= start <= end <= segment.end:
                unseen, seen = _unseen(text, at, start)
                pieces = self._pieces(seen, end)
                cells.append(Cell(pieces, unseen, is_lit=column in lit))
                at = end
            else:  # it is in a row above
                cells.append(Cell(is_lit=column in lit))
            before = place
        unseen, seen = _unseen(text, at, segment.end)
        if seen < segment.end:
            cells.append(Cell(self._pieces(seen, segment.end), unseen))
            unseen = ""
        is_lit = self._has_answer(segment.start, segment.end)
        is_header = segment.block is not None and segment.block.kind == "columns"
        gap = unseen + self._gap(segment)
        return Line((), gap, cells=tuple(cells), is_header=is_header, is_lit=is_lit)

    def _has_answer(self, start: int, end: int) -> bool:
        return start < self.answer[1] and self.answer[0] < end

    def _gap(self, segment: Segment) -> str:
        return self.document.text[segment.end : segment.gap]

    def _pieces(self, start: int, end: int) -> tuple[Piece, ...]:
        """Return a stretch of the text cut at every edge, each piece with what covers it."""
        text = self.document.text
        inside = [mark for mark in self.marks if mark[0] < end and start < mark[1]]
        pages = self._pages(start, end)
        if not inside and not pages:
            return ((text[start:end], "", ""),) if start < end else ()
        edges = {start, end, *pages}
        for mark in inside:
            edges |= {max(mark[0], start), min(mark[1], end)}
        pieces: list[Piece] = []
        for first, last in pairwise(sorted(edges)):
            pieces += [("", "page", str(number)) for number in pages.get(first, ())]
            names = dict.fromkeys(k for s, e, k in inside if s <= first and last <= e)
            is_mark = "answer" in names or "also" in names
            if "answer" in names and last == self.last:
                names["last"] = None  # carries the label
            tag = "mark" if is_mark else "span" if names else ""
            pieces.append((text[first:last], tag, " ".join(names)))
        return tuple(pieces)

    def _pages(self, start: int, end: int) -> dict[int, list[int]]:
        """Return the numbers of the pages that begin in a stretch, by where they do."""
        begins = self.document.pages
        found: dict[int, list[int]] = {}
        if len(begins) > 1:
            for position in range(bisect_left(begins, start), bisect_left(begins, end)):
                found.setdefault(begins[position], []).append(position + 1)
        return found


def _places(document: Document, segment: Segment) -> Sequence[tuple[int, int]]:
    block = segment.block
    if block is None:
        return ()
    return block.cells or cells_of(document.text[block.start : block.end], block.start)


def _unseen(text: str, start: int, end: int) -> tuple[str, int]:
    """Return what separates two cells, and where what is to be seen begins; words are seen."""
    between = text[start:end]
    is_seen = any(sign.isalnum() for sign in between)
    return ("", start) if is_seen else (between, end)
