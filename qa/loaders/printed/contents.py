"""Find tables of contents among printed lines, and tell them from price lists.

In both, dots lead from a name to a number, or a gap does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from qa.loaders.printed.line import Line

_PAGE = re.compile(r"\d{1,4}|[ivxlc]+")
_LAST = re.compile(r"(?<=[.\s])(?:\d{1,4}|[ivxlc]{1,7})$")
_LEADERS = "...."
_HEADING = re.compile(
    r"(?:table of )?contents|inhalt(?:sverzeichnis|sübersicht)?|sommaire|table des matières"
    r"|índice|indice|contenido|sumário|inhoud(?:sopgave)?|innehåll|indhold|innhold|obsah"
    r"|spis treści|содержание|оглавление",
    re.IGNORECASE,
)
_SECTION = re.compile(r"(?:[A-Z]|\d{1,2})(?:\.\d{1,2})*\.?\s")
# So many lines without a number, of a long name or a chapter, may be between two entries.
_MAX_BETWEEN = 3
# The numbers of pages fall where a list of figures follows: once in so many entries.
_FALLS = 10
# So many names of a table, and so many tables, are searched in the text.
_SEARCHED = 20
_MAX_SEARCHES = 10


def mark_contents(lines: Sequence[Line], pages: int) -> list[Line]:
    """Return the lines of a document of ``pages`` pages, those of its table of contents marked.

    The numbers of pages rise, and something else shows what they are: a heading, or the names,
    which are those of numbered sections or come again in the text.
    """
    marked = list(lines)
    numbers = _numbers(lines)
    text, searches = "", 0
    for first, last in _runs(numbers):
        entries = [n for n in range(first, last + 1) if numbers[n]]
        counts = [int(numbers[n]) for n in entries if numbers[n].isdecimal()]
        if sum(b < a for a, b in pairwise(counts)) > len(counts) / _FALLS:
            continue
        names = [_name(lines[n]) for n in entries]
        is_numbered = 2 * sum(map(_is_section, names)) > len(names)
        if not _is_announced(lines, first) and not (
            is_numbered and max(counts, default=0) <= pages
        ):
            searches += 1
            if searches > _MAX_SEARCHES:
                continue
            text = text or _text_of(lines, numbers)
            again = [_SECTION.sub("", name, count=1).lower() in text for name in names[:_SEARCHED]]
            if 2 * sum(again) <= len(again):
                continue
        while first and _is_chapter(lines[first - 1], lines[first]):
            first -= 1
        while last + 1 < len(lines) and _is_chapter(lines[last + 1], lines[last]):
            last += 1
        for position in range(first, last + 1):
            if not lines[position].outline:
                marked[position] = replace(lines[position], entry=True)
    return marked


def _numbers(lines: Sequence[Line]) -> list[str]:
    """Return the number that dots lead to in each line, empty if there is none.

    Below a heading that announces contents, a gap does instead of dots.
    """
    numbers = []
    is_below = False
    for line in lines:
        number = _page_of(line)
        if not number and is_below and _ends_with_page(line):
            number = line.cells[-1]
        numbers.append(number)
        is_below = _HEADING.fullmatch(line.text) is not None or (is_below and bool(number))
    return numbers


def _page_of(line: Line) -> str:
    if line.led:
        return line.cells[-1] if _PAGE.fullmatch(line.cells[-1]) else ""
    text = line.text
    found = _LAST.search(text, max(len(text) - 8, 0))
    if found is None:
        return ""
    before = text[: found.start()].rstrip()
    return found[0] if "".join(before[-8:].split()).endswith(_LEADERS) else ""


def _ends_with_page(line: Line) -> bool:
    return len(line.cells) > 1 and _PAGE.fullmatch(line.cells[-1]) is not None


def _runs(numbers: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last position of entries that follow one another."""
    places = [position for position, number in enumerate(numbers) if number]
    starts = [n for n, (a, b) in enumerate(pairwise(places), 1) if b - a > _MAX_BETWEEN + 1]
    for start, end in pairwise([0, *starts, len(places)]):
        if start < end:
            yield places[start], places[end - 1]


def _is_announced(lines: Sequence[Line], first: int) -> bool:
    """Return whether a heading right above a line announces contents."""
    above = lines[max(first - _MAX_BETWEEN, 0) : first]
    return any(_HEADING.fullmatch(line.text) for line in above)


def _text_of(lines: Sequence[Line], numbers: Sequence[str]) -> str:
    """Return the text of the lines that are no entries, in small letters."""
    pairs = zip(lines, numbers, strict=True)
    return " ".join(line.text for line, number in pairs if not number).lower()


def _name(line: Line) -> str:
    if len(line.cells) > 1:
        return " ".join(line.cells[:-1])
    return _LAST.sub("", line.text).rstrip(" .")


def _is_section(name: str) -> bool:
    return _SECTION.match(name) is not None


def _is_chapter(line: Line, entry: Line) -> bool:
    """Return whether a line beside an entry is one without dots: "2   Getting started   5"."""
    return line.page == entry.page and _ends_with_page(line) and line.cells[-1].isdecimal()
