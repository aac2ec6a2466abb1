"""Read the text layer of PDF files page by page with PDFium."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from statistics import median, median_low
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Extracted
from qa.loaders.ocr.pictures import to_jpeg
from qa.loaders.ocr.places import located
from qa.loaders.pdf.accents import joined_accents
from qa.loaders.pdf.annotations import add_annotations
from qa.loaders.pdf.attachments import Pinned, attached, pinned_to
from qa.loaders.pdf.opened import opened_page, opened_pdf
from qa.loaders.pdf.outline import bookmarks, mark_headings
from qa.loaders.pdf.places import word_places
from qa.loaders.pdf.scans import Scans, rendered
from qa.loaders.pdf.structure import Structure, structure_of
from qa.loaders.printed.layout import arrange
from qa.loaders.printed.line import RAISED, SIGNS, Line
from qa.loaders.saved import saved_day
from qa.types import ScannedLine

MAX_PAGES = 5_000
# A gap of this many line heights may separate the cells of a row.
_CELL_GAP = 0.9
# So does a smaller one between parts that the file itself tells apart, as the cells of a table.
_TAGGED_GAP = 0.4
# A smaller one still is within a word, where a line is continued beside its end; it shares that
# much of its height.
_WORD_GAP = 0.12
_SHARED = 0.5
# So many dots in a row lead from a name to its value.
_LEADERS = 4
_MARKER = re.compile(r"\W{1,2}|\(?\w{1,3}[.)]")  # of a list item
_MOMENT = re.compile(r"(?:D:)?\s*(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
_BOLD = re.compile(r"bold|black|heavy|cmbx|sfbx", re.IGNORECASE)
# Titles and authors that a program filled in.
_GENERATED = re.compile(
    r"untitled.*|(?:microsoft (?:word|powerpoint|excel) - )?"
    r".*\.(?:docx?|pptx?|xlsx?|pdf|od[tsp]|rtf|html?|indd|tex|dvi|qxd)"
    r"|microsoft word.*|\(?(?:unspecified|anonymous)\)?|document\s*\d*",
    re.IGNORECASE,
)
# A baseline this share of the line's height above another is raised.
_MIN_RISE = 0.12
_NOTE_NUMBER = re.compile(r"\d{1,3}(?=\s?[^\W\d]|$)")
_RAISED_NUMBER = re.compile(r"(?<=\S)[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
# What has an exponent: a power of ten, a unit of length, a variable.
_BASE = re.compile(r"(?:\b10|\b[a-zA-Z]|\b[kcdmµ]m|\bft|\bin)$")
_BASE_CHARACTERS = 4  # and what is before it
_LOWERED = {raised: plain for plain, raised in RAISED.items()}
# Hyphens, soft hyphens, and the codes that PDFium returns for them.
_HYPHENS = {0x02, 0x2D, 0xAD, 0x2010, 0xFFFE}
_INVISIBLE = {0x7F, 0xAD, 0x200B, 0xFEFF, 0xFFFE, 0xFFFF}


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    left: float
    right: float
    bottom: float
    top: float
    first: int  # the index of its first character


def read_pdf(data: bytes) -> Extracted:
    """Return the text in reading order, its pages and its metadata.

    The values of form fields are beside their labels, notes at the end of their page. Attached
    files are documents of their own. Pages without a usable text layer are read by OCR. Raises
    UnreadableDocument for a file that is encrypted or damaged, and where nothing can be read.
    """
    with opened_pdf(data) as document:
        if len(document) > MAX_PAGES:
            raise UnreadableDocument(f"PDF of more than {MAX_PAGES:,} pages", "split it")
        pinned: list[Pinned] = []
        pages = [_page_lines(document, number, pinned) for number in range(len(document))]
        scans = Scans(document, pages)
        metadata = document.get_metadata_dict()
        lines = mark_headings(scans.lines, bookmarks(document), scanned=scans.read)
        members = tuple(attached(document, data, pinned))
    if not any(scans.lines) and members:
        return Extracted("", (), members=members, notes=scans.notes)
    if not any(scans.lines):
        problem = "PDF without a usable text layer"
        if scans.error is None:
            raise UnreadableDocument(problem)
        raise UnreadableDocument(f"{problem}, and {scans.error.problem}", scans.error.remedy)
    days = (_day(metadata.get(name, "")) for name in ("CreationDate", "ModDate"))
    extracted = arrange(
        lines,
        title=_stated(metadata.get("Title", "")),
        author=_stated(metadata.get("Author", "")),
        saved=next(filter(None, days), ""),
    )
    notes = (*extracted.notes, *scans.notes)
    return located(replace(extracted, notes=notes, members=members), scans.read)


def _day(stated: str) -> str:
    """Return the day of a moment of PDF as ISO 8601, empty if it is none."""
    found = _MOMENT.match(stated)
    if found is None:
        return ""
    day, clock = found.groups()[:3], found.groups()[3:]
    return saved_day("-".join(day) + ("T" + ":".join(clock) if all(clock) else ""))


def draw_pdf(data: bytes, number: int, *, large: bool = False) -> bytes:
    """Return a page of a PDF, from 0, as a JPEG for the screen; ``large`` to be looked at closely.

    The values of form fields are drawn too.
    """
    with opened_page(data, number) as page:
        return to_jpeg(rendered(page), large=large)


def places_in_pdf(data: bytes, number: int, text: str) -> tuple[ScannedLine, ...]:
    """Return where the words of ``text``, which was read from a page from 0, stand on it.

    Offsets are those of ``text``.
    """
    with opened_page(data, number) as page:
        return word_places(page, number + 1, text)


def _stated(value: str) -> str:
    """Return a metadata field, empty if a program filled it in."""
    value = " ".join(value.split())
    return "" if _GENERATED.fullmatch(value) else value


def _page_lines(document: Any, number: int, pinned: list[Pinned]) -> list[Line]:
    """Return the lines of a page; append to ``pinned`` the files attached to it."""
    page = document[number]
    text_page = page.get_textpage()
    try:
        form = document.formenv
        # The values of a form are put beside its labels, line by line.
        structure = structure_of(page) if form is None else Structure()
        lines = structure.completed(
            list(_lines(text_page.raw, number, page.get_height(), structure))
        )
        pinned += pinned_to(document, page, number)
        lines = _separate_note_numbers(lines)
        return add_annotations(lines, page, None if form is None else form.raw, number)
    finally:
        text_page.close()
        page.close()


def _lines(handle: Any, page: int, page_height: float, structure: Structure) -> Iterator[Line]:
    """Yield the lines of a page in PDFium's order, which is that of the page's content.

    Of a table that the file marks there is one line, where it begins; its words are noted.
    """
    import pypdfium2.raw as pdfium

    words: list[_Word] = []
    characters: list[str] = []
    first = 0  # the index of the word's first character

    def end_word(index: int) -> None:
        if characters:
            left, right, bottom, top = _box(pdfium, handle, first)
            if len(characters) > 1:
                right = max(right, _box(pdfium, handle, index)[1])
            words.append(_Word(_text(characters), left, right, bottom, top, first))
            characters.clear()

    def end_line(index: int, *, hyphenated: bool) -> Iterator[Line]:
        end_word(index)
        if structure.cells:
            yield from of_tables(hyphenated=hyphenated)
        # PDFium does not tell of the line's end between some columns of figures.
        starts = [n for n, pair in enumerate(pairwise(words), 1) if _falls(pdfium, handle, *pair)]
        for start, end in pairwise([0, *starts]):
            yield line_of(words[start:end], hyphenated=False)
        if words:
            yield line_of(words[starts[-1] if starts else 0 :], hyphenated=hyphenated)
            words.clear()

    def of_tables(*, hyphenated: bool) -> Iterator[Line]:
        """Note the words of tables, and yield a line for a table that begins."""
        others = []
        for word in words:
            if (found := structure.cells.get(_part(pdfium, handle, word))) is None:
                others.append(word)
                continue
            table, cell = found
            is_turned = pdfium.FPDFText_GetCharAngle(handle, word.first) != 0
            if is_turned and cell.words and not cell.is_turned:
                others.append(word)  # drawn by itself, with marks of its own
                continue
            hyphen = "-" if hyphenated and word is words[-1] else ""
            is_bold = _is_bold(pdfium, handle, word.first)
            edge = word.left, word.right, word.bottom, word.top
            if structure.add_word(
                table, cell, word.text + hyphen, edge, bold=is_bold, is_turned=is_turned
            ):
                yield structure.place_of(table, page, page_height)
        words[:] = others

    def line_of(words: Sequence[_Word], *, hyphenated: bool) -> Line:
        bold = all(_is_bold(pdfium, handle, word.first) for word in (words[0], words[-1]))
        part = partial(_part, pdfium, handle)
        line = _line(words, bold, hyphenated, page, page_height, part)
        if not structure.headings and not structure.tables:
            return line
        marks = {_part(pdfium, handle, word) for word in words}
        is_turned = pdfium.FPDFText_GetCharAngle(handle, words[0].first) != 0
        return structure.noted(line, marks, is_turned=is_turned)

    last = -1
    count = pdfium.FPDFText_CountChars(handle)
    joined = joined_accents(handle, count)
    for index in range(count):
        if joined.get(index) == "":
            continue
        code = pdfium.FPDFText_GetUnicode(handle, index)
        # PDFium may return a hyphen at a line's end as a control or other special character.
        if code in _HYPHENS and pdfium.FPDFText_IsHyphen(handle, index) == 1:
            yield from end_line(last, hyphenated=True)
        elif code in (10, 13) and pdfium.FPDFText_IsGenerated(handle, index) == 1:
            beside = _gap(pdfium, handle, last, index, count) if characters else None
            if beside is None:
                yield from end_line(last, hyphenated=False)
            elif beside > _WORD_GAP:
                end_word(last)
        elif code in (9, 32, 160):
            end_word(last)
        elif code > 32 and code not in _INVISIBLE:
            if not characters:
                first = index
            character = joined.get(index) or SIGNS.get(code) or chr(code)
            if character.isdecimal() and characters and _is_raised(pdfium, handle, first, index):
                character = character.translate(RAISED)
            characters.append(character)
            last = index
    yield from end_line(last, hyphenated=False)


def _line(
    words: Sequence[_Word],
    bold: bool,
    hyphenated: bool,
    page: int,
    page_height: float,
    part: Callable[[_Word], int],
) -> Line:
    """Return words as a line in cells; ``part`` tells the part of the page that a word is in."""
    # A font may give the dots between a name and its value next to no height.
    written = [word for word in words if word.text.strip(".")] or words
    size = median(word.top - word.bottom for word in written)
    cells: list[list[_Word]] = []
    groups = _without_leaders(words)
    for first, *rest in groups:
        cells.append([first])
        for before, word in pairwise([first, *rest]):
            gap = (word.left - before.right) / max(size, 1)
            is_gap = gap > _CELL_GAP or (gap > _TAGGED_GAP and part(before) != part(word))
            if is_gap and not (len(cells) == 1 and _MARKER.fullmatch(_joined(cells[0]))):
                cells.append([])
            cells[-1].append(word)
    return Line(
        cells=tuple(map(_joined, cells)),
        edges=tuple((cell[0].left, max(word.right for word in cell)) for cell in cells),
        page=page,
        bottom=median_low(word.bottom for word in written),
        size=size,
        bold=bold,
        hyphenated=hyphenated,
        page_height=page_height,
        led=len(groups) > 1,
    )


def _part(pdfium: Any, handle: Any, word: _Word) -> int:
    """Return the number of the marked content that a word is in, such as a cell; -1 if in none."""
    found = pdfium.FPDFText_GetTextObject(handle, word.first)
    return int(pdfium.FPDFPageObj_GetMarkedContentID(found)) if found else -1


def _joined(words: Sequence[_Word]) -> str:
    return " ".join(word.text for word in words)


def _falls(pdfium: Any, handle: Any, before: _Word, word: _Word) -> bool:
    """Return whether a word begins another line than the one before it, further left and down."""
    return (
        word.left < before.left
        and before.bottom - word.bottom > 0.5 * (before.top - before.bottom)
        and all(pdfium.FPDFText_GetCharAngle(handle, each.first) == 0 for each in (before, word))
    )


def _without_leaders(words: Sequence[_Word]) -> list[list[_Word]]:
    """Return the words before and after dots that lead from a name to its value, without these."""
    groups = [[words[0]]]
    dots: list[_Word] = []
    for word in words[1:]:
        if not word.text.strip("."):
            dots.append(word)
            continue
        last = groups[-1][-1]
        name = last.text.rstrip(".")
        if name and len(last.text) - len(name) + sum(len(each.text) for each in dots) >= _LEADERS:
            groups[-1][-1] = replace(last, text=name)
            groups.append([word])
        else:
            groups[-1] += [*dots, word]
        dots = []
    groups[-1] += dots
    return groups


def _box(pdfium: Any, handle: Any, index: int) -> tuple[float, float, float, float]:
    """Return the left, right, bottom and top of a character at its font's full height."""
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(handle, index, ctypes.byref(box))
    return box.left, box.right, box.bottom, box.top


def _gap(pdfium: Any, handle: Any, last: int, index: int, count: int) -> float | None:
    """Return the gap to the next character in heights of a line, None where that is on another.

    PDFium begins a line with each raised or lowered sign, such as the exponent of a formula.
    """
    following = (n for n in range(index + 1, min(index + 4, count)))
    visible = (n for n in following if pdfium.FPDFText_GetUnicode(handle, n) > 32)
    if (after := next(visible, None)) is None:
        return None
    if any(pdfium.FPDFText_GetCharAngle(handle, each) for each in (last, after)):
        return None
    left, right, bottom, top = _box(pdfium, handle, last)
    next_left, _, next_bottom, next_top = _box(pdfium, handle, after)
    size = max(top - bottom, next_top - next_bottom, 0.1)
    shared = min(top, next_top) - max(bottom, next_bottom)
    gap = (next_left - right) / size
    is_beside = shared > _SHARED * min(top - bottom, next_top - next_bottom) and left < next_left
    return gap if is_beside and -_WORD_GAP < gap < _CELL_GAP else None


def _is_raised(pdfium: Any, handle: Any, first: int, index: int) -> bool:
    """Return whether a character's baseline is above that of its word's first character."""
    heights = []
    for each in (first, index):
        x, y = ctypes.c_double(), ctypes.c_double()
        if not pdfium.FPDFText_GetCharOrigin(handle, each, ctypes.byref(x), ctypes.byref(y)):
            return False
        heights.append(y.value)
    if heights[0] == heights[1]:
        return False
    _, _, bottom, top = _box(pdfium, handle, first)
    return _MIN_RISE < (heights[1] - heights[0]) / max(top - bottom, 0.1) < 1


def _separate_note_numbers(lines: list[Line]) -> list[Line]:
    """Return a page's lines with a space before the numbers of notes, but not before exponents.

    A note's number also begins a line, in small type or in the lower half of the page.
    """
    notes = {
        found.group()
        for line, after in pairwise([*lines, *lines[-1:]])
        if (found := _NOTE_NUMBER.match(line.cells[0]))
        and (
            (found.group() == line.text and line.size < 0.85 * after.size)
            or (found.end() < len(line.cells[0]) and line.bottom < line.page_height / 2)
        )
    }
    if not notes:
        return lines

    def separate(found: re.Match[str]) -> str:
        number = found.group().translate(_LOWERED)
        before = found.string[max(found.start() - _BASE_CHARACTERS, 0) : found.start()]
        is_power = _BASE.search(before) is not None
        return found.group() if is_power or number not in notes else f" {found.group()}"

    return [
        replace(line, cells=tuple(_RAISED_NUMBER.sub(separate, cell) for cell in line.cells))
        for line in lines
    ]


def _text(characters: Sequence[str]) -> str:
    """Return characters as text, joining the surrogate pairs that PDFium returns."""
    return "".join(characters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_bold(pdfium: Any, handle: Any, index: int) -> bool:
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(handle, index, name, 128, ctypes.byref(flags))
    return _BOLD.search(name.value.decode("utf-8", "replace")) is not None
