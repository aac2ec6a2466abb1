"""What a made document consists of, whatever the format it is written in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, 1 the highest."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that belong together: paragraphs, or the items of a list."""

    lines: tuple[str, ...]
    bullets: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labels with their values, a line each."""

    pairs: tuple[tuple[str, str], ...]
    style: str = "colon"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: header rows, of which the cells of the first may span columns, and rows.

    ``spans`` are the columns that each cell of the first header row covers, none where each
    covers one. Where ``merged``, equal cells of the first column below each other are one.
    """

    header: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    spans: tuple[int, ...] = ()
    merged: bool = False


Part = Heading | Lines | Pairs | Grid
