"""Read workbooks (XLSX, XLSB, XLS) with calamine, as their cells show what they contain."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.archive import core_properties, parse_xml, read_member
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.office.parts import local_name, relation_id, relations
from qa.loaders.saved import saved_day
from qa.loaders.tables.formats import CellFormats, column_number, shown, survey
from qa.loaders.tables.grid import Cell
from qa.loaders.tables.sheet import Covered, Row, Sheet
from qa.text import counted

# calamine keeps the place of empty cells too, some 30 bytes each.
MAX_CELLS = 20_000_000
_WORKBOOK = "xl/workbook.xml"
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_MAX_NAME_CHARACTERS = 60
# What programs name the first sheet.
_UNNAMED = re.compile(r"(?:Sheet|Tabelle|Feuil|Hoja|Foglio|Planilha|Blad|Ark|Лист|Arkusz)\s?\d+")
_Value = Any  # str, bool, int, float, or a date, time or duration
_Format = Callable[[int, int], str]


def read_workbook(data: bytes, archive: zipfile.ZipFile | None = None) -> Extracted:
    """Return each sheet under its name; ``archive`` is that of XLSX, whose formats are known."""
    from python_calamine import CalamineError, PasswordError, SheetVisibleEnum, load_workbook

    try:
        book = _guarded(partial(load_workbook, io.BytesIO(data)))
    except PasswordError as error:
        raise UnreadableDocument("encrypted workbook", "save it without its password") from error
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableDocument("damaged workbook", "open it and save it again") from error
    parts = _sheet_parts(archive) if archive else {}
    formats = CellFormats(archive) if archive else None
    builder = TextBuilder()
    hidden = []
    for sheet in book.sheets_metadata:
        if sheet.visible != SheetVisibleEnum.Visible:
            hidden.append(sheet.name)
        part = parts.get(sheet.name, "")
        headers: frozenset[int] = frozenset()
        if archive and part:
            found = survey(archive, part, formats.bold if formats else ())
            headers = found.headers
            if found.rows * found.columns > MAX_CELLS:
                builder.notes.append(f"not read: sheet {sheet.name}, its cells are too far apart")
                continue
            if found.formulas:
                formulas = counted(found.formulas, "formula")
                builder.notes.append(f"{formulas} without a stored value in sheet {sheet.name}")
        try:
            cells = _guarded(partial(book.get_sheet_by_name, sheet.name))
        except (CalamineError, OSError, ValueError):
            builder.notes.append(f"not read: sheet {sheet.name}, damaged or a chart")
            continue
        if len(book.sheets_metadata) > 1 or not _UNNAMED.fullmatch(sheet.name):
            builder.add(sheet.name, "heading", level=1)
        codes = formats.of_cells(part) if formats and part else iter(())
        Sheet(builder, headers).add(_rows(cells, codes))
        if archive and part:
            _add_beside(archive, part, builder, _RowNames(cells))
    if hidden:
        builder.notes.append(f"hidden, but read: sheet {', '.join(hidden)}")
    stated: Mapping[str, str] = {}
    if archive:
        pictures = sum(name.startswith("xl/media/") for name in archive.namelist())
        if pictures:
            builder.notes.append(f"{counted(pictures, 'picture')} without text")
        stated = core_properties(parse_xml(read_member(archive, "docProps/core.xml")))
    return builder.result(
        title=stated.get("title", ""),
        saved=saved_day(stated.get("modified", "")),
        author=stated.get("creator", ""),
    )


def _guarded(call: Callable[[], Any]) -> Any:
    """Return a call's result; raise ValueError where calamine panics, which is no Exception."""
    try:
        return call()
    except Exception:
        raise
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("calamine panicked") from error


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of each sheet by its name."""
    root = parse_xml(read_member(archive, _WORKBOOK))
    parts = relations(archive, _WORKBOOK)
    names = set(archive.namelist())
    return {
        node.get("name", ""): part.target
        for node in (root.iter("{*}sheet") if root is not None else ())
        if (part := parts.get(relation_id(node))) and part.target in names
    }


def _rows(sheet: Any, formats: Iterator[tuple[int, int, str]]) -> Iterator[Row]:
    """Yield the rows of a sheet that are not empty."""
    if sheet.start is None:
        return
    top, left = sheet.start
    merged = {
        (top, left): (right - left + 1, bottom - top + 1)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    }
    covered = Covered()
    formatted = next(formats, None)
    for number, values in enumerate(sheet.iter_rows(), start=top):
        codes: dict[int, str] = {}
        while formatted is not None and formatted[0] <= number:
            if formatted[0] == number:
                codes[formatted[1]] = formatted[2]
            formatted = next(formats, None)
        row = covered.places(number)
        for column, value in enumerate(values, start=left):
            if value != "" and column not in row and (text := _text(value, codes.get(column, ""))):
                size = merged.get((number, column))
                row[column] = cell = Cell(text, *size) if size else Cell(text)
                if size:
                    covered.add(number, column, cell)
        if row:
            yield number, dict(sorted(row.items()))


def _text(value: _Value, code: str) -> str:
    """Return a value as its cell shows it, as far as that is known."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return (shown(value, code) if code else "") or f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        is_day = value.time() == datetime.time()
        return (
            value.date().isoformat() if is_day else f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
        )
    if isinstance(value, datetime.timedelta):
        minutes = round(value.total_seconds()) // 60
        return f"{minutes // 60}:{minutes % 60:02}"
    return (
        str(value.isoformat()).removesuffix(":00")
        if value.__class__ is datetime.time
        else str(value)
    )


class _RowNames:
    """The first text of each row of a sheet, read once it is asked for."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._names: dict[int, tuple[int, str]] | None = None

    def of(self, place: str) -> str:
        """Return what is in the row of a cell ("C6") before it; empty if there is nothing."""
        found = _PLACE.fullmatch(place)
        if found is None or self._sheet.start is None:
            return ""
        top, left = self._sheet.start
        if self._names is None:
            self._names = {
                number: next(
                    (
                        (column, value)
                        for column, value in enumerate(values, start=left)
                        if isinstance(value, str) and value.strip()
                    ),
                    (0, ""),
                )
                for number, values in enumerate(self._sheet.iter_rows(), start=top)
            }
        column, name = self._names.get(int(found[2]) - 1, (0, ""))
        is_before = column < column_number(found[1].encode())
        return " ".join(name.split())[:_MAX_NAME_CHARACTERS] if is_before else ""


def _add_beside(
    archive: zipfile.ZipFile, part: str, builder: TextBuilder, names: _RowNames
) -> None:
    """Append what is beside the cells of a sheet: text boxes and comments, marked as such.

    A comment names the row of its cell.
    """
    for related in relations(archive, part).values():
        if related.kind not in ("drawing", "comments"):
            continue
        root = parse_xml(read_member(archive, related.target))
        for node in root.iter("{*}comment", "{*}txBody") if root is not None else ():
            words = " ".join("".join(t.text or "" for t in node.iter("{*}t")).split())
            if local_name(node) == "comment" and words:
                place = node.get("ref", "a cell")
                name = names.of(place)
                words = f"Comment on {f'{name}, {place}' if name else place}: {words}"
            builder.add_content(words)
