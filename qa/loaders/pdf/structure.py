"""What a tagged PDF says of its own text: which words are a cell of a table or a heading."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from qa.loaders.printed.line import Line, TaggedRow

# Of a page; a larger tree is not read.
_MAX_ELEMENTS = 50_000
_MAX_DEPTH = 60
_MAX_SPAN = 1_000
_HEADING = re.compile(r"H([1-6])")
# A table with such elements in its cells, or so many paragraphs, lays out a page.
_OF_PAGES = {"Table", "TOC", "H", "Sect", "Art"}
_MAX_PARAGRAPHS = 4
_LEAST = 2
# The name of a column may be so many heights below the top of the first row.
_BELOW = 2


_Edge = tuple[float, float, float, float]  # left, right, bottom, top


@dataclass(slots=True, eq=False)
class _Cell:
    across: int
    down: int
    is_header: bool
    words: list[str] = field(default_factory=list)
    edges: list[_Edge] = field(default_factory=list)
    bold: bool = True
    is_turned: bool = False


@dataclass(slots=True)
class Structure:
    """The tables and headings of a page by the numbers of their marked content.

    The words of tables are added as they are read.
    """

    tables: list[list[list[_Cell]]] = field(default_factory=list)
    cells: dict[int, tuple[int, _Cell]] = field(default_factory=dict)
    headings: dict[int, tuple[int, int]] = field(default_factory=dict)
    _begun: set[int] = field(default_factory=set)
    _turned: set[int] = field(default_factory=set)  # lines' ids
    _headed: dict[int, int] = field(default_factory=dict)  # lines' ids: the numbers of headings

    def add_word(
        self, table: int, cell: _Cell, text: str, edge: _Edge, *, bold: bool, is_turned: bool
    ) -> bool:
        """Add a word to a cell and return whether it is the first one of its table."""
        cell.is_turned |= is_turned
        if cell.words and cell.words[-1].endswith("-") and cell.edges[-1][2] > edge[2]:
            cell.words[-1] += text
        else:
            cell.words.append(text)
        cell.edges.append(edge)
        cell.bold &= bold
        is_first = table not in self._begun
        self._begun.add(table)
        return is_first

    def place_of(self, table: int, page: int, page_height: float) -> Line:
        """Return a line in whose place the rows of a table will be."""
        row = TaggedRow(table, False, ())
        return Line(("",), ((0, 0),), page, 0, 1, False, False, page_height, tagged=row)

    def noted(self, line: Line, marks: Collection[int], *, is_turned: bool) -> Line:
        """Return a line, as a heading if all of it is marked as one; note one that is turned."""
        if is_turned:
            self._turned.add(id(line))
            return line  # drawn by itself, with marks of its own
        found = {self.headings.get(mark, (-1, 0)) for mark in marks}
        number, level = found.pop()
        if found or number < 0:
            return line
        line = replace(line, outline=level)
        self._headed[id(line)] = number
        return line

    def completed(self, lines: Sequence[Line]) -> list[Line]:
        """Return the lines of a page with the rows of its tables, and each heading in one line."""
        found: list[Line] = []
        last = -1
        for line in list(self._without_names(lines)):
            number = self._headed.get(id(line), -1)
            if line.tagged is not None:
                found += self._rows(line.tagged.table, line)
            elif number >= 0 and number == last:
                above = found[-1]
                edge = min(above.left, line.left), max(above.right, line.right)
                text = f"{above.text} {line.text}"
                found[-1] = replace(above, cells=(text,), edges=(edge,), bottom=line.bottom)
            else:
                found.append(line)
            last = number
        return found

    def _without_names(self, lines: Sequence[Line]) -> Iterator[Line]:
        """Yield lines but for turned names of columns, which are put into their empty cells.

        A browser draws these apart from the rest of a table, without their marks.
        """
        columns = [
            column
            for number in sorted(self._begun)
            if any(cell.is_header for cell in self.tables[number][0])
            for column in _nameless(self.tables[number])
        ]
        for line in lines:
            places = [
                [(cell, edge) for cell, edge in columns if _is_above(line, *edge[:2], place)]
                for place in line.edges
            ]
            lowest = max((edge[3] for _, edge in columns), default=0.0)
            is_low = line.bottom < lowest - _BELOW * line.size
            if id(line) not in self._turned or is_low or any(len(each) != 1 for each in places):
                yield line
                continue
            for text, ((cell, edge),) in zip(line.cells, places, strict=True):
                cell.words.append(text)
                cell.edges.append(edge)

    def _rows(self, table: int, place: Line) -> Iterator[Line]:
        for row in self.tables[table]:
            edges = [edge for cell in row for edge in cell.edges]
            last = min((left for left, *_ in edges), default=0.0)
            places = []
            for cell in row:
                left = min((edge[0] for edge in cell.edges), default=last)
                last = max((edge[1] for edge in cell.edges), default=left)
                places.append((left, last))
            named = [cell.is_header for cell in row if cell.words]
            yield replace(
                place,
                cells=tuple(" ".join(cell.words) for cell in row),
                edges=tuple(places),
                bottom=min((edge[2] for edge in edges), default=0.0),
                size=median([top - bottom for *_, bottom, top in edges] or [1.0]),
                bold=all(cell.bold for cell in row),
                tagged=TaggedRow(
                    table,
                    bool(named) and all(named),
                    tuple((cell.across, cell.down) for cell in row),
                ),
            )


def _nameless(rows: Sequence[Sequence[_Cell]]) -> Iterator[tuple[_Cell, _Edge]]:
    """Yield the empty cells in the first row of a table, each with the borders of its column."""
    if any(cell.across > 1 or cell.down > 1 for row in rows for cell in row):
        return
    for number, cell in enumerate(rows[0]):
        edges = [e for row in rows[1:] if number < len(row) for e in row[number].edges]
        if not cell.words and edges:
            left, right = min(e[0] for e in edges), max(e[1] for e in edges)
            yield cell, (left, right, edges[0][2], max(e[3] for e in edges))


def _is_above(line: Line, left: float, right: float, place: tuple[float, float]) -> bool:
    middle = sum(place) / 2
    return left - line.size <= middle <= right + line.size


def structure_of(page: Any) -> Structure:
    """Return the tables and headings that the file marks on a page; none where it marks nothing."""
    import pypdfium2.raw as pdfium

    found = Structure()
    tree = pdfium.FPDF_StructTree_GetForPage(page.raw)
    if not tree:
        return found
    try:
        for number in range(pdfium.FPDF_StructTree_CountChildren(tree)):
            element = pdfium.FPDF_StructTree_GetChildAtIndex(tree, number)
            if element:
                root = _Element(pdfium, element)
                _find(root, found, [_MAX_ELEMENTS], 0)
    finally:
        pdfium.FPDF_StructTree_Close(tree)
    return found


@dataclass(frozen=True, slots=True)
class _Element:
    pdfium: Any
    raw: Any

    @property
    def kind(self) -> str:
        length = self.pdfium.FPDF_StructElement_GetType(self.raw, None, 0)
        buffer = ctypes.create_string_buffer(max(length, 2))
        self.pdfium.FPDF_StructElement_GetType(self.raw, buffer, length)
        return buffer.raw[: max(length - 2, 0)].decode("utf-16-le", "replace")

    def places(self) -> Iterator[_Element | None]:
        """Yield what is below the element, None for what is not an element of its page."""
        for number in range(self.pdfium.FPDF_StructElement_CountChildren(self.raw)):
            child = self.pdfium.FPDF_StructElement_GetChildAtIndex(self.raw, number)
            yield _Element(self.pdfium, child) if child else None

    def children(self) -> Iterator[_Element]:
        return filter(None, self.places())

    def ids(self) -> Iterator[int]:
        """Yield the numbers of the marked content of its page that belongs to the element itself.

        PDFium also lists the numbers of all its pages, which begin at 0 on each.
        """
        for number in range(self.pdfium.FPDF_StructElement_CountChildren(self.raw)):
            found = self.pdfium.FPDF_StructElement_GetChildMarkedContentID(self.raw, number)
            if found >= 0:
                yield found

    def span(self, name: bytes) -> int:
        for number in range(self.pdfium.FPDF_StructElement_GetAttributeCount(self.raw)):
            attribute = self.pdfium.FPDF_StructElement_GetAttributeAtIndex(self.raw, number)
            value = attribute and self.pdfium.FPDF_StructElement_Attr_GetValue(attribute, name)
            count = ctypes.c_float()
            if value and self.pdfium.FPDF_StructElement_Attr_GetNumberValue(
                value, ctypes.byref(count)
            ):
                return max(1, min(int(count.value), _MAX_SPAN))
        return 1


def _below(element: _Element, left: list[int], depth: int) -> Iterator[tuple[_Element, str]]:
    """Yield all elements below one with their kinds; ``left`` counts those that may be read."""
    if depth > _MAX_DEPTH:
        left[0] = 0
    for child in element.children():
        left[0] -= 1
        if left[0] < 0:
            return
        yield child, child.kind
        yield from _below(child, left, depth + 1)


def _find(element: _Element, found: Structure, left: list[int], depth: int) -> None:
    kind = element.kind
    left[0] -= 1
    if left[0] < 0 or depth > _MAX_DEPTH:
        return
    if kind == "Table" and _add_table(element, found, left):
        return
    if level := _HEADING.fullmatch(kind):
        number = len(found.headings)
        for each in (element, *(child for child, _ in _below(element, left, depth))):
            found.headings |= {mark: (number, int(level[1])) for mark in each.ids()}
        return
    for child in element.children():
        _find(child, found, left, depth + 1)


def _add_table(table: _Element, found: Structure, left: list[int]) -> bool:
    """Note the cells of a table; return whether it is one, and no layout of a page."""
    rows: list[list[_Cell]] = []
    cells: dict[int, _Cell] = {}
    for element, kind in _below(table, left, 0):
        if kind in _OF_PAGES or _HEADING.fullmatch(kind):
            return False
        if kind != "TR":
            continue
        rows.append([])
        for child in element.places():
            if child is None:  # a cell without text that is marked
                rows[-1].append(_Cell(1, 1, True))
            elif (kind := child.kind) in ("TD", "TH"):
                cell = _Cell(child.span(b"ColSpan"), child.span(b"RowSpan"), kind == "TH")
                rows[-1].append(cell)
                inside = list(_below(child, left, 0))
                if sum(inner == "P" for _, inner in inside) > _MAX_PARAGRAPHS:
                    return False
                for each in (child, *(inner for inner, _ in inside)):
                    cells |= dict.fromkeys(each.ids(), cell)
    rows = [row for row in rows if row]
    if len(rows) < _LEAST or max(map(len, rows)) < _LEAST:
        return False
    number = len(found.tables)
    found.tables.append(rows)
    found.cells |= {mark: (number, cell) for mark, cell in cells.items()}
    return True
