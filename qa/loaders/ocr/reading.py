"""Read a picture file as a document."""

from __future__ import annotations

from dataclasses import replace

from qa.errors import ModelError, UnreadableDocument
from qa.loaders.extracted import Extracted
from qa.loaders.ocr.kept import KEPT
from qa.loaders.ocr.lines import printed_lines
from qa.loaders.ocr.pictures import Picture, open_pages
from qa.loaders.ocr.places import located
from qa.loaders.printed.layout import arrange
from qa.networks.ocr import OcrPage, load_ocr

# A picture does not name the width of its page: that of A4, in points.
_PAGE_WIDTH = 595.0


def read_picture(data: bytes) -> Extracted:
    """Return the text in a PNG, JPEG or TIFF, its pages and the places of its words.

    Raises UnreadableDocument for a damaged or far too large picture, for one without text, and
    where OCR is not installed.
    """
    try:
        scanned = [read_page(picture, number, total) for number, total, picture in open_pages(data)]
    except ModelError as error:
        raise UnreadableDocument(f"a picture, and {error.problem}", error.remedy) from error
    lines = [printed_lines(page, number, _PAGE_WIDTH) for number, page in enumerate(scanned)]
    if not any(lines):
        raise UnreadableDocument("a picture in which no text was found")
    extracted = arrange(lines, title="", author="", saved="")
    return located(replace(extracted, notes=("read by OCR",)), dict(enumerate(scanned)))


def read_page(picture: Picture, number: int, total: int) -> OcrPage:
    """Return what OCR reads in the picture of a page, the one with a number from 1 of ``total``.

    Raises ModelError where OCR is not installed.
    """
    ocr, kept = load_ocr(), KEPT.get()
    if kept is None:
        return ocr.read(picture)
    return kept.page(picture, number, total, lambda: ocr.read(picture))
