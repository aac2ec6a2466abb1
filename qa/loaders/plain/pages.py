"""Headers and footers of the pages that a plain text was printed in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from qa.loaders.plain.line import Line, breaks

# "Marchetti & Obuya            Informational                      [Page 7]"
_FOOTER = re.compile(r"(?:.*\s{2,})?\[?(?:Page|page|PAGE|p\.) (?P<number>\d{1,4})(?: of \d+)?\]?")
# "RFC 9871                   Tally Protocol                     March 2024"
_HEADER = re.compile(r"\S.*?\s{4,}\S.*?\s{4,}\S.*")
_MAX_CHARACTERS = 160
_LEAST_PAGES = 2


def mark_pages(text: str, lines: Sequence[Line]) -> None:
    """Make furniture of footers that count the pages, and of the headers that follow them.

    There are two of them at least, which count up, between empty lines. A header comes again, or
    has three parts.
    """
    footers = [
        (position, int(found["number"]))
        for position, line in enumerate(lines)
        if line.kind == "body"
        and len(line.text) <= _MAX_CHARACTERS
        and (found := _FOOTER.fullmatch(line.text))
        and _is_apart(text, lines, position)
    ]
    numbers = [number for _, number in footers]
    if len(footers) < _LEAST_PAGES or any(b != a + 1 for a, b in pairwise(numbers)):
        return
    below = [lines[position + 1] for position, _ in footers if position + 1 < len(lines)]
    below = [line for line in below if line.kind == "body" and len(line.text) <= _MAX_CHARACTERS]
    times = Counter(line.text for line in below)
    for position, _ in footers:
        lines[position].kind = "furniture"
    for line in below:
        if times[line.text] >= _LEAST_PAGES or _HEADER.fullmatch(line.text):
            line.kind = "furniture"


def _is_apart(text: str, lines: Sequence[Line], position: int) -> bool:
    """Return whether an empty line or the end of a page is on both sides of a line."""
    around = [lines[position - 1 : position + 1], lines[position : position + 2]]
    return all(
        len(pair) < 2 or breaks(text, *pair) > 1 or "\f" in text[pair[0].end : pair[1].start]
        for pair in around
    )
