"""What is shown of a document's text: cut into pieces, never altered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from qa.types import Document, Passage

# A browser is slow with millions of characters: of longer texts, only this many
# characters before and after the first mark are shown.
MARGIN = 100_000
EXCERPT = 240

Mark = tuple[int, int, str]
# How a block is drawn, if not as running text.
_CLASSES = {"heading": "heading", "columns": "columns", "about": "about", "furniture": "furniture"}


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A document's text in pieces, with the number of characters left out on either side.

    A piece is ``(text, tag, classes)``; its tag is empty where nothing marks it.
    """

    pieces: tuple[tuple[str, str, str], ...]
    before: int
    after: int


def marked_text(document: Document, marks: Iterable[Mark]) -> MarkedText:
    """Return a document's text with stretches marked; the pieces join to the text shown.

    A mark is ``(start, end, kind)``, offsets in the document; marks may overlap.
    "answer" and "also" are drawn as ``<mark>``, "passage" is shaded. A much longer
    text is cut around the first mark.
    """
    marks = [mark for mark in marks if mark[0] < mark[1]]
    length = len(document.text)
    focus = marks[0][0] if marks else 0
    begin, finish = max(focus - MARGIN, 0), min(focus + MARGIN, length)
    spans = [
        *marks,
        *((b.start, b.end, _CLASSES[b.kind]) for b in document.blocks if b.kind in _CLASSES),
    ]
    clipped = [(max(s, begin), min(e, finish), k) for s, e, k in spans if s < finish and e > begin]
    pieces = tuple(_pieces(document.text, begin, finish, clipped))
    return MarkedText(pieces, before=begin, after=length - finish)


def excerpt(passage: Passage, start: int, end: int) -> tuple[str, str]:
    """Return the words before and after a stretch of a passage, within its paragraph or row.

    ``start`` and ``end`` are offsets in the document. Long text is cut at white
    space, and an ellipsis replaces what was cut. Both are empty for words outside the
    passage, such as the header of a table.
    """
    if not passage.start <= start <= end <= passage.end:
        return "", ""
    edge = "\n" if passage.view else "\n\n"  # a row of a table is a line
    before = passage.text[: start - passage.start].rpartition(edge)[2]
    after = passage.text[end - passage.start :].partition(edge)[0]
    room = max(EXCERPT - (end - start), EXCERPT // 3)
    if len(before) > room // 3:
        before = "… " + before[-(room // 3) :].partition(" ")[2]
    if len(after) > room - len(before):
        after = after[: room - len(before)].rpartition(" ")[0] + " …"
    return before, after


def opening(passage: Passage) -> str:
    """Return the first words of a passage; an ellipsis replaces what was cut."""
    text = passage.text
    return text if len(text) <= EXCERPT else text[:EXCERPT].rpartition(" ")[0] + " …"


def _pieces(
    text: str, begin: int, finish: int, spans: list[Mark]
) -> Iterator[tuple[str, str, str]]:
    """Yield the text cut at every edge, each piece with the kinds that cover it."""
    opening: dict[int, list[str]] = {}
    closing: dict[int, list[str]] = {}
    for start, end, kind in spans:
        opening.setdefault(start, []).append(kind)
        closing.setdefault(end, []).append(kind)
    last = max((end for _, end, kind in spans if kind == "answer"), default=-1)
    kinds: Counter[str] = Counter()
    for start, end in pairwise(sorted({begin, finish, *opening, *closing})):
        kinds.subtract(closing.get(start, ()))
        kinds.update(opening.get(start, ()))
        names = [kind for kind, count in kinds.items() if count > 0]
        tag = "mark" if "answer" in names or "also" in names else "span" if names else ""
        if "answer" in names and end == last:
            names.append("last")  # carries the label
        yield text[start:end], tag, " ".join(names)
