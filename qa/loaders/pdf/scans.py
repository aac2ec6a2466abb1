"""Read by OCR the pages of a PDF whose text layer is missing or wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import hypot
from typing import Any

import numpy as np

from qa.errors import ModelError, UnreadableDocument
from qa.loaders.ocr.lines import printed_lines
from qa.loaders.ocr.pictures import MAX_PIXELS, WORKING_PIXELS, Picture
from qa.loaders.ocr.reading import read_page
from qa.loaders.pdf.annotations import NOTE_SIZES
from qa.loaders.printed.line import Line
from qa.networks.ocr import OcrPage, load_ocr
from qa.text import counted

_SCALE = 200 / 72  # 200 dots an inch
# A picture over so much of a page, with fewer letters on it, is a scan with a stamp.
_MIN_COVER = 0.5
_FEW_LETTERS = 200
# How often each letter from a to z occurs in 1,000 of English. Other languages in Latin script
# are close to it, letters that a wrong font map exchanged are not.
_USUAL = (
    *(82, 15, 28, 43, 127, 22, 20, 61, 70, 2, 8, 40, 24),
    *(67, 75, 19, 1, 60, 63, 91, 28, 10, 24, 2, 20, 1),
)
_MIN_LIKENESS = 0.7
_MIN_LETTERS = 60
# Of the words that OCR reads, so few are in a text layer that is wrong.
_MAX_AGREEMENT = 0.3
# Signs that a page of figures is full of.
_ORDINARY = set(".,:;()-–—/%€£$+|'’\"…•*")
_WORD = re.compile(r"[^\W\d_]{3,}")
_NAMED = 10  # pages that a note names


class Scans:
    """The pages of an open PDF, those without a usable text layer as OCR reads them.

    ``lines`` are those of all pages. ``read`` are the pages that OCR read, by number from 0;
    ``notes`` are for the report of a build. ``error`` says why a page could not be read.
    """

    def __init__(self, document: Any, pages: Sequence[list[Line]]) -> None:
        self.lines = list(pages)
        self.read: dict[int, OcrPage] = {}
        self.error: UnreadableDocument | None = None
        without: list[int] = []
        for number, lines in enumerate(pages):
            if _letters(lines) >= _FEW_LETTERS and not (_unknown(lines) or _is_nonsense(lines)):
                continue  # without opening the page again, which takes as long as reading it
            page = document[number]
            try:
                if not _is_unusable(lines, page):
                    continue
                load_ocr()  # before the page is drawn, since it may not be installed
                scanned = _scanned(page, number + 1, len(pages))
                found = printed_lines(scanned, number, page.get_width())
                if _is_better(found, lines):
                    self.lines[number] = [*found, *_notes(lines)]
                    self.read[number] = scanned
                elif not _text(lines):
                    without.append(number)
            except (UnreadableDocument, ModelError) as error:
                self.error = UnreadableDocument(error.problem, error.remedy)
                if _unknown(lines):
                    self.lines[number] = _notes(lines)  # signs that no one can read
                without.append(number)
            finally:
                page.close()
        if self.error is None and without:
            self.error = UnreadableDocument("OCR found no text there")
        self.notes = tuple(self._notes(without))

    def _notes(self, without: Sequence[int]) -> Iterator[str]:
        if self.read:
            whole = len(self.read) == len(self.lines)
            yield "read by OCR" if whole else f"{_named(list(self.read))} read by OCR"
        if without:
            yield f"{_named(without)} without a usable text layer, and {self.error}"


def _scanned(page: Any, number: int, total: int) -> OcrPage:
    """Return what OCR reads; raise UnreadableDocument where it fails, for the other pages' sake."""
    try:
        return read_page(rendered(page), number, total)
    except (UnreadableDocument, ModelError, MemoryError):
        raise
    except Exception as error:  # RapidOCR passes on any error of its libraries
        raise UnreadableDocument(f"OCR failed there ({type(error).__name__})") from error


def _named(numbers: Sequence[int]) -> str:
    names = [str(number + 1) for number in numbers]
    if len(names) > _NAMED:
        return counted(len(names), "page")
    return f"page{'s' * (len(names) > 1)} {', '.join(names)}"


def _is_unusable(lines: Sequence[Line], page: Any) -> bool:
    """Return whether a page should be read by OCR too."""
    letters = _letters(lines)
    if letters == 0 or _unknown(lines) > letters:
        return any(True for _ in page.get_objects(max_depth=1))
    if letters < _FEW_LETTERS and _cover(page) >= _MIN_COVER:
        return True
    return _is_nonsense(lines)


def _is_better(found: Sequence[Line], lines: Sequence[Line]) -> bool:
    """Return whether what OCR found replaces the text layer."""
    layer, text = _text(lines), _text(found)
    if not text or _is_nonsense(found):
        return False
    words, others = set(_WORD.findall(text.lower())), set(_WORD.findall(layer.lower()))
    agreement = len(words & others) / len(words) if words else 0.0
    letters, known = _letters(found), _letters(lines)
    return letters > 1.5 * known or (agreement < _MAX_AGREEMENT and letters > known / 2)


def _is_nonsense(lines: Sequence[Line]) -> bool:
    """Return whether the letters of lines occur as in no language, as with a wrong font map."""
    text = " ".join(set(_text(lines).lower().split()))  # a word that is repeated counts once
    counts = Counter(letter for letter in text if "a" <= letter <= "z")
    signs = sum(not (each.isspace() or each.isdigit() or each in _ORDINARY) for each in text)
    if signs < _MIN_LETTERS:
        return False
    others = sum(letter.isalpha() for letter in text) - counts.total()
    if others > counts.total():
        return False  # another script
    if 2 * counts.total() < signs:
        return True  # mostly signs, neither letters nor figures
    found = [counts[letter] for letter in "abcdefghijklmnopqrstuvwxyz"]
    product = sum(a * b for a, b in zip(found, _USUAL, strict=True))
    return product < _MIN_LIKENESS * hypot(*found) * hypot(*_USUAL)


def _text(lines: Sequence[Line]) -> str:
    """Return the text of a page without its annotations."""
    return "\n".join(line.text for line in lines if line.size not in NOTE_SIZES)


def _letters(lines: Sequence[Line]) -> int:
    return sum(character.isalnum() for character in _text(lines))


def _notes(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.size in NOTE_SIZES]


def _unknown(lines: Sequence[Line]) -> int:
    """Return how many signs are of private use or missing: fonts that do not name their letters."""
    return sum(
        "\ue000" <= character <= "\uf8ff" or character == "\ufffd" for character in _text(lines)
    )


def _cover(page: Any) -> float:
    """Return the share of the page that its largest picture covers."""
    import pypdfium2.raw as pdfium

    area = page.get_width() * page.get_height()
    shares = [0.0]
    for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = picture.get_bounds()
        shares.append((right - left) * (top - bottom) / area if area else 0.0)
    return max(shares)


def rendered(page: Any) -> Picture:
    """Return the picture of a page; raise UnreadableDocument if it contains a far too large one."""
    import pypdfium2.raw as pdfium

    for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        width, height = picture.get_px_size()
        if width * height > MAX_PIXELS:
            raise UnreadableDocument(
                f"a picture of {width:,} × {height:,} pixels, more than "
                f"{MAX_PIXELS // 1_000_000} million",
                "reduce it",
            )
    area = max(page.get_width() * page.get_height(), 1.0)
    scale = min(_SCALE, (WORKING_PIXELS / area) ** 0.5)
    bitmap = page.render(scale=scale, force_bitmap_format=pdfium.FPDFBitmap_BGR)
    return np.ascontiguousarray(bitmap.to_numpy())
