"""A line of print, and where it stands on its page."""

from __future__ import annotations

from dataclasses import dataclass

LIGATURES = {0xFB00 + n: text for n, text in enumerate("ff fi fl ffi ffl st st".split())}


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line; lengths in points from the page's lower left corner.

    ``cells`` are the parts that wide gaps set apart, ``edges`` the left and right
    border of each; ``hyphenated`` says that a hyphen at its end was taken off.
    """

    cells: tuple[str, ...]
    edges: tuple[tuple[float, float], ...]
    page: int
    bottom: float
    size: float
    bold: bool
    hyphenated: bool
    page_height: float

    @property
    def left(self) -> float:
        """Where the line begins."""
        return self.edges[0][0]

    @property
    def right(self) -> float:
        """Where the line ends."""
        return self.edges[-1][1]

    @property
    def text(self) -> str:
        """The line's words."""
        return " ".join(self.cells).translate(LIGATURES)
