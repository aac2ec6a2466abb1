"""Links to places of documents, with their words: a text fragment finds these where they moved."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from qa.types import Document, Place
from qa.viewer import Window, find

MAX_HOME = 500
_HOME = re.compile(r"https?://[\w.~:\[\]/%-]+/")
# A longer quotation is named by its first and its last words.
_WHOLE, _ENDS = 100, 5


def home_of(address: object) -> str:
    """Return the address of the page as a browser sent it, empty for what is none."""
    is_address = isinstance(address, str) and len(address) <= MAX_HOME and _HOME.fullmatch(address)
    return str(address) if is_address else ""


def link_to(home: str, place: Place, words: str) -> str:
    """Return the address of a place on the page at ``home``; ``words`` are the document's there."""
    fragment = f"{place.start}-{place.end}:~:text={_directive(words)}"
    return f"{home}?{urlencode({'doc': place.document_id})}#{fragment}"


def place_of(
    document: Document,
    windows: Sequence[Window],
    words: Sequence[str],
    start: int,
    end: int,
) -> tuple[int, int]:
    """Return where a document has the words of a link.

    That is from ``start`` to ``end`` if they are there, or else the place that is nearest to it;
    beyond the document if it has them nowhere. ``words`` are all of them, or the first and the
    last.
    """
    there = _folded(document.text[start:end])
    if there.startswith(_folded(words[0])) and there.endswith(_folded(words[-1])):
        return start, end

    def places(part: str) -> list[tuple[int, int]]:
        return [(each.start, each.end) for each in find(document, windows, part)[1]]

    found = places(words[0])
    if len(words) > 1:
        last = places(words[1])
        behind = ((begin, bisect_left(last, (end_of_first,))) for begin, end_of_first in found)
        found = [(begin, last[at][1]) for begin, at in behind if at < len(last)]
    beyond = len(document.text), len(document.text) + 1
    return min(found, key=lambda each: (abs(each[0] - start), abs(each[1] - end)), default=beyond)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _directive(words: str) -> str:
    parts = words.split()
    is_whole = len(words) <= _WHOLE and "\n" not in words
    ends = [parts] if is_whole or len(parts) <= _ENDS else [parts[:_ENDS], parts[-_ENDS:]]
    # A hyphen would set off what stands before or behind the words.
    return ",".join(quote(" ".join(each), safe="").replace("-", "%2D") for each in ends)
