"""PDF: the text layer, page by page, by PDFium."""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted
from qa.loaders.layout import Line, arrange

MAX_PAGES = 5_000
MAX_CHARACTERS = 20_000_000
_PASSWORD, _SECURITY = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
# A gap this many times the height of a line may part the cells of a row.
_CELL_GAP = 0.9
_MARKER = re.compile(r"\W{1,2}|\(?\w{1,3}[.)]")  # of an item of a list
_CREATED = re.compile(r"D:(\d{4})(\d{2})(\d{2})")
_BOLD = re.compile(r"bold|black|heavy|cmbx|sfbx", re.IGNORECASE)
# Titles that a program made up.
_MADE_UP = re.compile(
    r"untitled.*|(?:microsoft (?:word|powerpoint) - )?.*\.(?:docx?|pptx?|pdf|odt|indd|tex|dvi|qxd)"
    r"|microsoft word.*|\(?(?:unspecified|anonymous)\)?|document\s*\d*",
    re.IGNORECASE,
)
_ONE_AT_A_TIME = threading.Lock()  # PDFium is not thread-safe


def read_pdf(data: bytes) -> Extracted:
    """Return the text in reading order, its pages, and what the file says about itself.

    Raises UnreadableDocument for a file that is encrypted or damaged, and for
    a scan, whose pages are pictures without text.
    """
    from pypdfium2 import PdfDocument, PdfiumError

    with _ONE_AT_A_TIME:
        try:
            document = PdfDocument(data)
        except PdfiumError as error:
            if error.err_code in (_PASSWORD, _SECURITY):
                raise UnreadableDocument("encrypted PDF: save it without its password") from error
            raise UnreadableDocument("damaged PDF: open it and save it again") from error
        try:
            if len(document) > MAX_PAGES:
                raise UnreadableDocument(f"PDF of more than {MAX_PAGES:,} pages: split it")
            pages = []
            size = 0
            for number in range(len(document)):
                pages.append(_page_lines(document, number))
                size += sum(len(line.text) for line in pages[-1])
                if size > MAX_CHARACTERS:
                    raise UnreadableDocument("PDF with too much text: split it")
            metadata = document.get_metadata_dict()
        except PdfiumError as error:
            raise UnreadableDocument("damaged PDF: open it and save it again") from error
        finally:
            document.close()
    written = "".join(line.text for lines in pages for line in lines)
    letters = sum(character.isalpha() for character in written)
    # Private use and replacement characters: the fonts do not say which letters they show.
    unknown = sum(
        "\ue000" <= character <= "\uf8ff" or character == "\ufffd" for character in written
    )
    if letters == 0 and unknown == 0:
        raise UnreadableDocument(
            "PDF without a text layer, as a scan is: needs OCR (`ocrmypdf IN.pdf OUT.pdf`)"
        )
    if unknown > letters:
        raise UnreadableDocument(
            "PDF whose fonts do not name their letters: needs OCR (`ocrmypdf --force-ocr`)"
        )
    created = _CREATED.match(metadata.get("CreationDate", ""))
    return arrange(
        pages,
        title=_stated(metadata.get("Title", "")),
        author=_stated(metadata.get("Author", "")),
        date=find_date("-".join(created.groups())) if created else "",
    )


def _stated(value: str) -> str:
    """Return a field of the metadata, empty where a program filled it in."""
    value = " ".join(value.split())
    return "" if _MADE_UP.fullmatch(value) else value


def _page_lines(document: Any, number: int) -> list[Line]:
    page = document[number]
    text_page = page.get_textpage()
    try:
        return list(_lines(text_page.raw, number, page.get_height()))
    finally:
        text_page.close()
        page.close()


def _lines(handle: Any, page: int, page_height: float) -> Iterator[Line]:
    """Yield the lines of a page in PDFium's order, which is that of the page's content."""
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    characters: list[str] = []
    boxes: list[tuple[float, float, float, float]] = []
    cells: list[tuple[int, int]] = []  # where each further cell begins, in both
    first = last = 0

    def line(hyphenated: bool) -> Iterator[Line]:
        if boxes:
            heights = sorted(top - bottom for _, _, bottom, top in boxes)
            bottoms = sorted(bottom for _, _, bottom, _ in boxes)
            bounds = list(pairwise([0, *(place for place, _ in cells), len(characters)]))
            ends = list(pairwise([0, *(count for _, count in cells), len(boxes)]))
            yield Line(
                cells=tuple(_words(characters[start:end]) for start, end in bounds),
                edges=tuple(
                    (boxes[start][0], max(box[1] for box in boxes[start:end]))
                    for start, end in ends
                ),
                page=page,
                bottom=bottoms[len(bottoms) // 2],
                size=heights[len(heights) // 2],
                bold=_is_bold(pdfium, handle, first) and _is_bold(pdfium, handle, last),
                hyphenated=hyphenated,
                page_height=page_height,
            )
        characters.clear()
        boxes.clear()
        cells.clear()

    for index in range(pdfium.FPDFText_CountChars(handle)):
        code = pdfium.FPDFText_GetUnicode(handle, index)
        if code < 33:
            generated = pdfium.FPDFText_IsGenerated(handle, index) == 1
            if generated and code in (10, 13):
                yield from line(False)
            elif pdfium.FPDFText_IsHyphen(handle, index) == 1:
                yield from line(True)
            elif code in (9, 32) and characters:
                characters.append(" ")
            continue
        if code in (0xAD, 0xFFFE, 0x200B) and pdfium.FPDFText_IsHyphen(handle, index) != 1:
            continue
        if code == 0xFFFE or (
            code in (0x2D, 0xAD, 0x2010) and pdfium.FPDFText_IsHyphen(handle, index) == 1
        ):
            yield from line(True)
            continue
        pdfium.FPDFText_GetLooseCharBox(handle, index, ctypes.byref(box))
        if (
            boxes
            and box.left - boxes[-1][1] > _CELL_GAP * max(box.top - box.bottom, 1)
            and not (not cells and _MARKER.fullmatch("".join(characters).strip()))
        ):
            cells.append((len(characters), len(boxes)))
        if not boxes:
            first = index
        last = index
        boxes.append((box.left, box.right, box.bottom, box.top))
        characters.append(chr(code))
    yield from line(False)


def _words(characters: Sequence[str]) -> str:
    """Return characters as text; PDFium gives those beyond the first plane in two halves."""
    text = "".join(characters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(text.split())


def _is_bold(pdfium: Any, handle: Any, index: int) -> bool:
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(handle, index, name, 128, ctypes.byref(flags))
    return _BOLD.search(name.value.decode("utf-8", "replace")) is not None
