"""What a text consists of as it is drawn: headings, paragraphs, lists, mail headers, tables.

Nothing of the text is left out or added: what is not to be seen, such as line breaks between
paragraphs, is in the gaps, so that all pieces in their order are the text again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# A text with its tag, empty if nothing marks it, and its classes; or "page" with its number.
Piece = tuple[str, str, str]
Kind = Literal["heading", "paragraph", "list", "mail", "table"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table over so many columns; ``before`` it is text that is not to be seen."""

    pieces: tuple[Piece, ...] = ()
    before: str = ""
    span: int = 1
    is_lit: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, an item of a list, a mail header or a row, with the gap after it.

    ``pieces`` are those of a row's cells if it has ``cells``, and of a mail header those of its
    value if it has a ``name``. ``number`` is that of :class:`~qa.types.Block`, None for an item
    whose text has a mark or a number of its own.
    """

    pieces: tuple[Piece, ...]
    gap: str
    classes: str = ""
    depth: int = 0
    number: int | None = None
    name: tuple[Piece, ...] = ()
    cells: tuple[Cell, ...] = ()
    is_header: bool = False
    is_lit: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together; ``level`` is that of a heading in HTML, ``rank`` its own.

    ``again`` are the names of a table's columns, row by row, that stand in an earlier window,
    each with whether it is lit.
    """

    kind: Kind
    lines: tuple[Line, ...]
    level: int = 0
    rank: int = 0
    again: tuple[tuple[tuple[str, bool], ...], ...] = ()
