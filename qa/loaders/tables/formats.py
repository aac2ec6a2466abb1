"""Show the numbers of a workbook as its cells do: percent, currency, decimals, thousands."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from qa.loaders.archive import damaged, parse_xml, read_member
from qa.loaders.office.parts import relations

# The formats that a file names by a number alone, as far as they are no dates (ECMA-376, 18.8.30).
_BUILT_IN = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%"},
    **{37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00"},
    **dict.fromkeys((5, 6, 41, 42), "#,##0"),
    **dict.fromkeys((7, 8, 43, 44), "#,##0.00"),
}
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)(?:-[^\]]*)?\]')
_REMOVED = re.compile(r"_.|\*.|\[[^\]]*\]")
_NUMBER = re.compile(r"[#0?][#0?,]*(?:\.[#0?]+)?,*")
# Letters of literal text are moved out of the way of the codes while a format is read.
_SHIFT = 0xE000
_HIDDEN = {_SHIFT + code: chr(code) for code in range(128)}
_MAX_CODE = 255  # characters, as in Excel
_CHUNK_BYTES = 1 << 20
_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?>")
# A formula whose value the program that wrote it did not compute.
_UNCOUNTED = re.compile(
    rb"<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*+(?:(?:<(?:\w+:)?v\s*/>|<v></v>)\s*)?</(?:\w+:)?c>"
)
_HEADER_ROW = re.compile(
    rb'<(?:\w+:)?(?:autoFilter\b[^>]*?\bref="\$?[A-Z]+\$?|pane\b[^>]*?\bySplit=")(\d{1,7})'
)
_FIRST_ROW = re.compile(r"\A[A-Z]+(\d{1,7})")
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_STYLE = re.compile(rb'\bs="(\d+)"')


@dataclass(frozen=True, slots=True)
class _Format:
    """One section of a format: what is before and after the number, and its form."""

    before: str
    after: str
    spec: str  # of Python's formatting
    scale: float
    optional: int  # decimals that are left out if they are zeros


def shown(value: float, code: str) -> str:
    """Return a number in a format, such as ``0.0%`` or ``#,##0.00 €``; empty if not understood.

    Scientific notation, fractions and dates are not understood.
    """
    positive, negative = _sections(code)
    form = positive
    if value < 0 and negative is not None:
        form, value = negative, -value
    if form is None:
        return ""
    text = format(value * form.scale, form.spec)
    if form.optional:
        kept, cut = text[: -form.optional], text[-form.optional :].rstrip("0")
        text = (kept + cut).rstrip(".")
    sign = "-" if text.startswith("-") else ""
    return " ".join(f"{sign}{form.before}{text.removeprefix('-')}{form.after}".split())


@lru_cache(maxsize=1_000)
def _sections(code: str) -> tuple[_Format | None, _Format | None]:
    """Return a format for positive numbers and one for negative ones, if there is another."""
    if len(code) > _MAX_CODE or re.search(r"\[[<>=]", code):  # sections for ranges of values
        return None, None
    sections = _LITERAL.sub(lambda found: found.group().replace(";", "\0"), code).split(";")
    negative = sections[1] if len(sections) > 1 and sections[1].strip() else None
    return _parsed(sections[0]), None if negative is None else _parsed(negative)


def _parsed(section: str) -> _Format | None:
    literals = _LITERAL.sub(lambda m: _kept(next(filter(None, m.groups()), "")), section)
    plain = _REMOVED.sub("", literals)
    found = _NUMBER.search(plain)
    if found is None or re.search(r"[a-zA-Z/@]", _NUMBER.sub("", plain, count=1)):
        return None
    number = found.group()
    before, after = plain[: found.start()], plain[found.end() :]
    scale = 100.0 if "%" in before + after else 1.0
    while number.endswith(","):  # in thousands
        number, scale = number[:-1], scale / 1000
    decimals = number.partition(".")[2]
    before, after = (part.translate(_HIDDEN).replace("\0", ";") for part in (before, after))
    spec = f"{',' if ',' in number else ''}.{len(decimals)}f"
    return _Format(before, after, spec, scale, len(decimals) - len(decimals.rstrip("#")))


def _kept(text: str) -> str:
    return "".join(chr(_SHIFT + ord(c)) if ord(c) < 128 else c for c in text)


class CellFormats:
    """The formats of the numbers in a workbook (XLSX)."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._codes: dict[bytes, str] = {}
        self.bold: set[bytes] = set()  # the numbers of styles in bold type
        root = parse_xml(read_member(archive, "xl/styles.xml"))
        if root is None:
            return
        own = {node.get("numFmtId"): node.get("formatCode", "") for node in root.iter("{*}numFmt")}
        fonts: Any = root.find("{*}fonts")
        is_bold = [_is_bold(font) for font in (fonts if fonts is not None else ())]
        styles: Any = root.find("{*}cellXfs")
        for number, style in enumerate(styles if styles is not None else ()):
            font = style.get("fontId", "0")
            if font.isdigit() and int(font) < len(is_bold) and is_bold[int(font)]:
                self.bold.add(str(number).encode())
            name = style.get("numFmtId", "0")
            code = own.get(name) or _BUILT_IN.get(int(name) if name.isdigit() else 0, "")
            if code and shown(1.5, code):
                self._codes[str(number).encode()] = code

    def of_cells(self, part: str) -> Iterator[tuple[int, int, str]]:
        """Yield the row, the column and the format of each formatted cell of a sheet, in order."""
        for tag in _cell_tags(self._archive, part) if self._codes else ():
            style, place = _STYLE.search(tag), _PLACE.search(tag)
            if style and place and (code := self._codes.get(style.group(1))):
                yield int(place.group(2)) - 1, column_number(place.group(1)), code


def _is_bold(font: Any) -> bool:
    bold = font.find("{*}b")
    return bold is not None and bold.get("val", "1") not in ("0", "false")


@dataclass(frozen=True, slots=True)
class Survey:
    """What is in a sheet: its extent, its formulas without a stored value, and its headers.

    ``headers`` are the numbers, from 0, of rows that the sheet marks as such: those above its
    filters, the last of those that stay in sight, the first of its tables, and those in bold
    type above a row that is not.
    """

    rows: int
    columns: int
    formulas: int
    headers: frozenset[int]


def survey(archive: zipfile.ZipFile, part: str, bold: Collection[bytes] = ()) -> Survey:
    """Return what is in a sheet; ``bold`` are the numbers of its styles in bold type."""
    rows = columns = formulas = 0
    headers = set()
    types = _RowTypes(bold)
    for related in relations(archive, part).values():
        if related.kind != "table":
            continue
        table = parse_xml(read_member(archive, related.target))
        if table is not None and table.get("headerRowCount", "1") != "0":
            headers |= {int(row) - 1 for row in _FIRST_ROW.findall(table.get("ref", ""))}
    for chunk in _chunks(archive, part):
        headers |= {int(row) - 1 for row in _HEADER_ROW.findall(chunk)}
        formulas += len(_UNCOUNTED.findall(chunk))
        types.add(chunk)
        found = _PLACE.findall(chunk)
        if found:
            columns = max(columns, *map(column_number, {letters for letters, _ in found}))
            rows = max(rows, *(int(number) for _, number in found))
    return Survey(rows, columns + 1, formulas, frozenset(headers | types.headers))


class _RowTypes:
    """Finds the rows of a sheet that are in bold type, above one that is not."""

    def __init__(self, bold: Collection[bytes]) -> None:
        self._bold = bold
        self._row, self._is_bold, self._was_bold = -1, False, -1
        self.headers: set[int] = set()

    def add(self, chunk: bytes) -> None:
        """Take the next part of the sheet."""
        for tag in _CELL.findall(chunk) if self._bold else ():
            place, style = _PLACE.search(tag), _STYLE.search(tag)
            if place is None or tag.endswith(b"/>"):
                continue  # an empty cell
            row, is_bold = int(place.group(2)) - 1, style is not None and style[1] in self._bold
            if row != self._row:
                self._was_bold = self._row if self._is_bold else -1
                self._row, self._is_bold = row, is_bold
            self._is_bold &= is_bold
            if not is_bold and self._was_bold >= 0:
                self.headers.add(self._was_bold)


def column_number(letters: bytes) -> int:
    """Return the number, from 0, of the column with these letters."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _cell_tags(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    for chunk in _chunks(archive, part):
        yield from _CELL.findall(chunk)


def _chunks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield a part in pieces that end where a tag ends."""
    rest = b""
    try:
        file = archive.open(part)
        while data := file.read(_CHUNK_BYTES):
            head, sign, tail = (rest + data).rpartition(b">")
            yield head + sign
            rest = tail[-_CHUNK_BYTES:]
    except Exception as error:  # zipfile's, zlib's and lzma's errors have no common ancestor
        raise damaged() from error
