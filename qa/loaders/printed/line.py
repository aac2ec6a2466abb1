"""A printed line and its position on the page."""

from __future__ import annotations

from dataclasses import dataclass, replace

RAISED = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
LIGATURES = {0xFB00 + n: text for n, text in enumerate("ff fi fl ffi ffl st st".split())}
# Signs of the fonts Symbol and Wingdings, by the codes that programs give them in a PDF.
SIGNS = {
    **dict.fromkeys((0xF0B7, 0xF076, 0xF09F), "•"),
    **dict.fromkeys((0xF0A7, 0xF06E), "▪"),
    **dict.fromkeys((0xF0A8, 0xF06F, 0xF071), "☐"),
    **dict.fromkeys((0xF0FE, 0xF078), "☒"),
    **{0xF0D8: "‣", 0xF0E0: "→", 0xF0FC: "✓", 0xF02D: "-"},
}


@dataclass(frozen=True, slots=True)
class TaggedRow:
    """That a line is a row of a table by the marks of its file.

    ``table`` is the number of the table on its page, ``is_header`` whether the row names columns.
    ``spans`` are the columns and rows that each cell covers; empty cells are among these.
    """

    table: int
    is_header: bool
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line; lengths are in points from the page's lower left corner.

    ``cells`` are the parts between wide gaps, ``edges`` the left and right border of each;
    ``hyphenated`` means that a hyphen at the line's end was removed. ``outline`` is the depth at
    which the file's own outline names the line, from 1, and 0 where it does not. ``led`` means
    that dots, which were removed, led from one of its cells to the next, and ``entry`` that it
    belongs to a table of contents. ``tagged`` is set for a row that the file itself marks, all
    lines of its cells together.
    """

    cells: tuple[str, ...]
    edges: tuple[tuple[float, float], ...]
    page: int
    bottom: float
    size: float
    bold: bool
    hyphenated: bool
    page_height: float
    outline: int = 0
    led: bool = False
    entry: bool = False
    tagged: TaggedRow | None = None

    @property
    def left(self) -> float:
        """The left border of the line."""
        return self.edges[0][0]

    @property
    def right(self) -> float:
        """The right border of the line."""
        return self.edges[-1][1]

    @property
    def text(self) -> str:
        """The text of the line."""
        return " ".join(self.cells).translate(LIGATURES)

    def part(self, start: int, end: int) -> Line:
        """Return the line with the cells from ``start`` to before ``end`` alone."""
        return replace(
            self,
            cells=self.cells[start:end],
            edges=self.edges[start:end],
            hyphenated=self.hyphenated and end == len(self.cells),
        )
