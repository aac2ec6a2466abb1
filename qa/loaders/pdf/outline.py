"""Find the lines of a PDF that its outline (its bookmarks) names as headings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from qa.loaders.printed.line import Line

_MAX_BOOKMARKS = 10_000
_MAX_DEPTH = 6
# A heading takes so many lines at most.
_MAX_LINES = 4
_MAX_CHARACTERS = 300
_NUMBER = re.compile(
    r"(?:(?:chapter|section|part|appendix)?\s*(?:\d+(?:\.\d+)*|[ivxlc]+|[a-z])[.:)]?\s+)"
)
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of an outline; ``page`` counts from 0, ``depth`` from 1."""

    title: str
    depth: int
    page: int


def bookmarks(document: Any) -> list[Bookmark]:
    """Return the entries of a document's outline that lead to a page."""
    found = []
    for entry in islice(document.get_toc(max_depth=_MAX_DEPTH), _MAX_BOOKMARKS):
        target = entry.get_dest()
        page = None if target is None else target.get_index()
        title = " ".join(entry.get_title().split())
        if page is not None and title and len(title) <= _MAX_CHARACTERS:
            found.append(Bookmark(title, entry.level + 1, page))
    return found


def mark_headings(
    pages: Sequence[list[Line]], outline: Sequence[Bookmark], *, scanned: Collection[int] = ()
) -> list[list[Line]]:
    """Return the pages with the lines that an outline names as its headings.

    A line, or several in a row that are joined, is a heading where its words are those of the
    entry, with or without a number before them; of several the one in the largest type. Pages
    that OCR read stay as they are, since their lines have places on a picture.
    """
    marked = [list(lines) for lines in pages]
    for entry in outline:
        if entry.page in scanned or not 0 <= entry.page < len(marked):
            continue
        lines = marked[entry.page]
        places = [
            (first, last)
            for title in dict.fromkeys((_key(entry.title), _key(_unnumbered(entry.title))))
            for first, last in _places(lines, title)
        ]
        if places:
            first, last = max(places, key=lambda place: (round(lines[place[0]].size, 1), -place[0]))
            lines[first:last] = [_heading(lines[first:last], entry.depth)]
    return marked


def _places(lines: Sequence[Line], title: str) -> Iterator[tuple[int, int]]:
    """Yield the first line and the one after the last of each place with the words of a title."""
    if not title:
        return
    for first in range(len(lines)):
        words = ""
        for last in range(first, min(first + _MAX_LINES, len(lines))):
            if lines[last].outline or lines[last].hyphenated or lines[last].tagged:
                break
            words = f"{words} {lines[last].text}"
            key = _key(words)
            if key == title or _key(_unnumbered(words.strip())) == title:
                yield first, last + 1
            if len(key) > len(title) + _MAX_CHARACTERS:
                break


def _heading(lines: Sequence[Line], depth: int) -> Line:
    """Return the lines of a heading as one."""
    first, last = lines[0], lines[-1]
    return replace(
        first,
        cells=(" ".join(line.text for line in lines),),
        edges=((min(line.left for line in lines), max(line.right for line in lines)),),
        bottom=last.bottom,
        outline=depth,
    )


def _unnumbered(title: str) -> str:
    return _NUMBER.sub("", title.lower(), count=1) if _NUMBER.match(title.lower()) else title


def _key(text: str) -> str:
    """Return a text as it is compared: its letters and figures."""
    return _SIGNS.sub("", text.lower())
