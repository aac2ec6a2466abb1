"""The picture of a scanned page, with boxes around the words that are quoted."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from qa.types import Document, ScannedLine
from qa.web.document_text import Mark

# Returns the picture of a document's page as JPEG, None if it cannot be drawn.
Picture = Callable[[str, int], bytes | None]
# Drawn first, under the others.
_UNDER = "passage"


@dataclass(frozen=True, slots=True)
class Scan:
    """A page as it was scanned.

    ``source`` is the picture as an address that needs no request. ``boxes`` are the points of
    each box, in ten-thousandths of the page's width and height, and its kind of mark.
    ``confidence`` is that of the least certain of the words that the first mark covers, or of
    the page where there is no mark.
    """

    page: int
    source: str
    boxes: tuple[tuple[str, str], ...]
    confidence: float


def scan_of(document: Document, marks: Iterable[Mark], picture: Picture) -> Scan | None:
    """Return the page of the first mark; None if OCR did not read it or it cannot be drawn."""
    marks = list(marks)
    if not marks or not (words := document.read_by_ocr(*marks[0][:2])):
        return None
    start, end, _ = marks[0]
    page = next(each.page for each in document.scanned if each.start < end and start < each.end)
    drawn = picture(document.id, page)
    if drawn is None:
        return None
    boxes = [
        (_points(line, start, end), kind)
        for start, end, kind in sorted(marks, key=lambda mark: mark[2] != _UNDER)
        for line in document.scanned
        if line.page == page and line.start < end and start < line.end
    ]
    return Scan(page, _address(drawn), tuple(boxes), min(confidence for _, confidence in words))


def first_scan(document: Document, picture: Picture) -> Scan | None:
    """Return the first page that OCR read, without boxes; None if there is none or no picture."""
    page = min((line.page for line in document.scanned), default=0)
    drawn = picture(document.id, page) if page else None
    if drawn is None:
        return None
    lines = [line for line in document.scanned if line.page == page]
    confidence = min(each for line in lines for each in line.confidences) / 100
    return Scan(page, _address(drawn), (), confidence)


def _address(drawn: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(drawn).decode('ascii')}"


def _points(line: ScannedLine, start: int, end: int) -> str:
    """Return the corners of the part of a line between two offsets, by proportion.

    As letters differ in width, the part is wider by half a letter on both sides.
    """
    length = line.end - line.start
    first = max(start - line.start - 0.5, 0.0) / length
    last = min(end - line.start + 0.5, length) / length
    upper_left, upper_right, lower_right, lower_left = line.corners
    corners = [
        _between(upper_left, upper_right, first),
        _between(upper_left, upper_right, last),
        _between(lower_left, lower_right, last),
        _between(lower_left, lower_right, first),
    ]
    return " ".join(f"{x},{y}" for x, y in corners)


def _between(left: tuple[int, int], right: tuple[int, int], share: float) -> tuple[int, int]:
    return (
        round(left[0] + share * (right[0] - left[0])),
        round(left[1] + share * (right[1] - left[1])),
    )
