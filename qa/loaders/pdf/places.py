"""Find where on its page each word stands that was read from the text layer of a PDF."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from qa.loaders.ocr.places import UNIT, aligned
from qa.loaders.pdf.accents import joined_accents
from qa.loaders.printed.line import RAISED, SIGNS
from qa.networks.ocr import OcrLine, OcrPage
from qa.types import ScannedLine

# A page with more characters is drawn without the places of its words.
_MAX_CHARACTERS = 60_000
_SPACES = {9, 10, 13, 32, 160}
_HYPHENS = {0x02, 0xAD, 0x2010, 0xFFFE}
# Letter for letter, so that offsets stay the same.
_LOWERED = {raised: plain for plain, raised in RAISED.items()}


def word_places(page: Any, number: int, text: str) -> tuple[ScannedLine, ...]:
    """Return the places of the words of ``text``, which was read from a page, from 1.

    Offsets are those of ``text``; a word of it that is not in the text layer has no place.
    """
    text_page = page.get_textpage()
    try:
        words = list(_words(page, text_page.raw))
    finally:
        text_page.close()
    whole = OcrPage(tuple(words), 0, UNIT, UNIT)
    lowered = text.translate(_LOWERED)
    return tuple(aligned(lowered, 0, len(lowered), whole, number, words))


def _words(page: Any, handle: Any) -> Iterator[OcrLine]:
    """Yield the words of the text layer, each as a line of its own, in the order of the layer."""
    import pypdfium2.raw as pdfium

    letters: list[str] = []
    boxes: list[tuple[float, float, float, float]] = []
    count = min(pdfium.FPDFText_CountChars(handle), _MAX_CHARACTERS)
    joined = joined_accents(handle, count)
    for index in range(count):
        if joined.get(index) == "":
            continue
        code = pdfium.FPDFText_GetUnicode(handle, index)
        is_hyphen = code in _HYPHENS
        if code in _SPACES or (code < 32 and not is_hyphen):
            yield from _word(letters, boxes, page)
            continue
        letters.append("-" if is_hyphen else joined.get(index) or SIGNS.get(code) or chr(code))
        box = pdfium.FS_RECTF()
        pdfium.FPDFText_GetLooseCharBox(handle, index, ctypes.byref(box))
        boxes.append((box.left, box.bottom, box.right, box.top))
    yield from _word(letters, boxes, page)


def _word(
    letters: list[str], boxes: list[tuple[float, float, float, float]], page: Any
) -> Iterator[OcrLine]:
    """Yield a word, if there is one, with its place on the picture of the page; begin another."""
    text = "".join(letters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if text.split() == [text]:
        left, bottom, right, top = (
            choose(box[side] for box in boxes) for side, choose in enumerate((min, min, max, max))
        )
        points = [_on_picture(page, *point) for point in ((left, top), (right, bottom))]
        (x1, x2), (y1, y2) = (sorted(each) for each in zip(*points, strict=True))
        corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
        yield OcrLine(text, corners, (1.0,))
    letters.clear()
    boxes.clear()


def _on_picture(page: Any, x: float, y: float) -> tuple[float, float]:
    """Return a point of a page, which may be turned or cut, as one of its picture."""
    import pypdfium2.raw as pdfium

    right, down = ctypes.c_int(), ctypes.c_int()
    place = ctypes.byref(right), ctypes.byref(down)
    pdfium.FPDF_PageToDevice(page, 0, 0, UNIT, UNIT, 0, x, y, *place)
    return float(right.value), float(down.value)
