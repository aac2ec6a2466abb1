"""Boxes of a form, ticked or not, as they are read: what is ticked first, then what is not.

The signs mean nothing to the reader, which has one token for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Range = tuple[int, int]
# A piece of a view: a place in the document, or words that were added.
Piece = Range | str

_BOX = re.compile(r"(?P<ticked>[☒☑]|(?<!\S)\[[xX]\](?=\s))|(?:☐|(?<!\S)\[ \](?=\s))")
_MAX_OPTION_CHARACTERS = 120
_NOT_TICKED = "not ticked: "


def has_boxes(text: str, start: int, end: int) -> bool:
    """Return whether there are boxes between two offsets."""
    return _BOX.search(text, start, end) is not None


def ticked_first(text: str, place: Range) -> list[Piece]:
    """Return the pieces of a line or a cell: "Day: Saturday; not ticked: ☐ Friday; ☐ Sunday".

    What is not ticked keeps its box. Where there are no boxes, or they follow what they belong
    to, the place itself is the only piece.
    """
    start, end = place
    boxes = list(_BOX.finditer(text, start, end))
    if not boxes:
        return [place]
    options = [
        _trimmed(text, box.end() if box["ticked"] else box.start(), after)
        for box, after in zip(boxes, [*(box.start() for box in boxes[1:]), end], strict=True)
    ]
    if any(
        not text[max(first, box.end()) : last].strip() or last - first > _MAX_OPTION_CHARACTERS
        for box, (first, last) in zip(boxes, options, strict=True)
    ):
        return [place]
    pieces: list[Piece] = []
    label = _trimmed(text, start, boxes[0].start())
    if text[slice(*label)].strip(" \t-*•"):
        pieces += [label, " "]
    pieces += _joined(options, [box["ticked"] is not None for box in boxes])
    return pieces


def _joined(options: list[Range], marks: list[bool]) -> Iterator[Piece]:
    is_first = True
    for wanted in (True, False):
        before = "" if wanted else _NOT_TICKED
        for option, mark in zip(options, marks, strict=True):
            if mark is wanted:
                if words := ("" if is_first else "; ") + before:
                    yield words
                yield option
                is_first, before = False, ""


def _trimmed(text: str, start: int, end: int) -> Range:
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    return start, max(start, start + len(words.strip().rstrip(" \t,;|.")))
