"""Running headers and footers, and the numbers of pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from qa.loaders.printed.line import Line

# Headers and footers are within this share of the page's height from its edge.
_MARGIN = 0.12
_PAGE_NUMBER = re.compile(
    r"(?:page\s+)?[-–—]?\s*(?:\d{1,4}|[ivxlc]{1,7})\s*[-–—]?(?:\s*(?:of|/)\s*\d{1,4})?",
    re.IGNORECASE,
)
_COUNT = re.compile(r"[-–—]?\s?(\d{1,4})\s?[-–—]?")
_EDGE_NUMBER = re.compile(
    r"^\W*\d+\W+|(?<!\W)\W+(?:\d+(?:\s*(?:/|of)\s*\d+)?|[ivxlc]{1,7})\W*$", re.IGNORECASE
)


def text_lines(pages: Sequence[Sequence[Line]]) -> list[Line]:
    """Return the lines of all pages, without running headers, footers and page numbers.

    Lines that the outline names or the file marks as rows are no such.
    """
    repeated = _repeated(pages)
    numbers = _page_numbers(pages)
    return [
        line
        for line in chain.from_iterable(pages)
        if line.outline
        or line.tagged
        or not (id(line) in numbers or _is_margin_line(line, repeated))
    ]


def _page_numbers(pages: Sequence[Sequence[Line]]) -> set[int]:
    """Return the ids of lines that number the pages: the lowest of two pages, counting with them.

    The margin of a page may be far larger than those of others.
    """
    counted: dict[int, list[int]] = {}
    for number, page in enumerate(pages):
        lowest = min(page, key=lambda line: line.bottom, default=None)
        if lowest is not None and (found := _COUNT.fullmatch(lowest.text.strip())):
            counted.setdefault(int(found[1]) - number, []).append(id(lowest))
    return {each for found in counted.values() if len(found) > 1 for each in found}


def _is_margin_line(line: Line, repeated: set[tuple[str, int]]) -> bool:
    """Return whether a line is a running header or footer, or a page number."""
    return _in_margin(line) and (
        _key(line) in repeated or _PAGE_NUMBER.fullmatch(line.text.strip()) is not None
    )


def _repeated(pages: Iterable[Sequence[Line]]) -> set[tuple[str, int]]:
    seen = Counter(
        key for page in pages for key in {_key(line) for line in page if _in_margin(line)}
    )
    return {key for key, count in seen.items() if count > 1 and re.search(r"[^\W\d]{3}", key[0])}


def _key(line: Line) -> tuple[str, int]:
    """Return what repeats on every page: the text without a page number, and the height."""
    return _EDGE_NUMBER.sub("", line.text).lower(), round(line.bottom / 4)


def _in_margin(line: Line) -> bool:
    edge = _MARGIN * line.page_height
    return line.bottom < edge or line.bottom > line.page_height - edge
