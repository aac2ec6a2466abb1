"""Put the values of a PDF's form fields beside their labels, and its notes into its text.

Both are drawn over a page and are not in its text layer.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

from qa.loaders.printed.line import Line

# FPDF_ANNOT_*: a note, text on the page, shapes, marked words, stamps and a caret.
_NOTES = frozenset({1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
# The heights of the lines of notes, in turn: unlike any other and each other, so that each is a
# paragraph of its own.
NOTE_SIZES = (1.0, 2.0)
_WIDGET = 20
_CHECK_BOX, _RADIO_BUTTON, _PUSH_BUTTON, _SIGNATURE = 2, 3, 1, 7  # FPDF_FORMFIELD_*
_MAX_ANNOTATIONS = 2_000  # a page may declare any number
# In points: how far a label is from its field, and how far a box from the words to its right.
_ALIGNED = 3.0
_MAX_GAP = 40.0


@dataclass(frozen=True, slots=True)
class _Field:
    value: str
    name: str
    left: float
    right: float
    bottom: float
    top: float
    is_box: bool


def add_annotations(lines: list[Line], page: Any, form: Any, number: int) -> list[Line]:
    """Return the lines of a page with its form fields and notes.

    ``form`` is the document's form environment, None where it has no form.
    """
    import pypdfium2.raw as pdfium

    height = page.get_height()
    alone: list[str] = []
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            if kind in _NOTES:
                alone.append(_note(annotation))
            elif kind == _WIDGET and form is not None:
                field = _field(form, annotation)
                if field is not None and not _place(field, lines):
                    alone.append(f"{field.name}: {field.value}" if field.name else field.value)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return lines + [
        Line((text,), ((0.0, 1.0),), number, height / 2, size, False, False, height)
        for text, size in zip(
            filter(None, map(_in_one_line, alone)), cycle(NOTE_SIZES), strict=False
        )
    ]


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _note(annotation: Any) -> str:
    """Return the words of a note, marked as such, with its author if that is stated."""
    import pypdfium2.raw as pdfium

    words, author = (
        _string(pdfium.FPDFAnnot_GetStringValue, annotation, key) for key in (b"Contents", b"T")
    )
    return f"{f'Note by {author}' if author.strip() else 'Note'}: {words}" if words.strip() else ""


def _field(form: Any, annotation: Any) -> _Field | None:
    import pypdfium2.raw as pdfium

    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in (_PUSH_BUTTON, _SIGNATURE):
        return None
    value = _string(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)
    name = _string(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, annotation)
    name = name or _string(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)
    is_box = kind in (_CHECK_BOX, _RADIO_BUTTON)
    if is_box:
        checked = pdfium.FPDFAnnot_IsChecked(form, annotation)
        value = f"☒ {value}" if checked else "☐"
    value = " ".join(value.split())
    box = pdfium.FS_RECTF()
    if not value or not pdfium.FPDFAnnot_GetRect(annotation, ctypes.byref(box)):
        return None
    left, right = sorted((box.left, box.right))
    bottom, top = sorted((box.bottom, box.top))
    return _Field(value, name, left, right, bottom, top, is_box)


def _place(field: _Field, lines: list[Line]) -> bool:
    """Put a field's value into the line of its label; return whether there is one.

    The label is in the same line, to the right of a box or to the left, or in the line above.
    """
    beside = [
        position
        for position, line in enumerate(lines)
        if line.bottom < field.top and line.bottom + line.size > field.bottom
    ]
    if field.is_box:
        for position in beside:
            line = lines[position]
            for cell, (left, _) in enumerate(line.edges):
                if -_ALIGNED < left - field.right < _MAX_GAP:
                    cells = list(line.cells)
                    cells[cell] = f"{field.value[:1]} {cells[cell]}"
                    lines[position] = replace(line, cells=tuple(cells))
                    return True
    before = [p for p in beside if lines[p].left < field.left]
    above = [
        position
        for position, line in enumerate(lines)
        if abs(line.left - field.left) < _MAX_GAP
        and -_ALIGNED < line.bottom - field.top < 1.5 * line.size
    ]
    labels = sorted(before, key=lambda p: lines[p].left) or above
    if not labels:
        return False
    line = lines[labels[-1]]
    place = sum(left < field.left for left, _ in line.edges) if before else len(line.cells)
    edge = (field.left, field.right) if before else (line.right, line.right)
    lines[labels[-1]] = replace(
        line,
        cells=(*line.cells[:place], field.value, *line.cells[place:]),
        edges=(*line.edges[:place], edge, *line.edges[place:]),
    )
    return True


def _string(function: Callable[..., int], *handles: Any) -> str:
    """Return a string of PDFium, which writes UTF-16 into a buffer of the size that it names."""
    import pypdfium2.raw as pdfium

    size = function(*handles, None, 0)
    buffer = ctypes.create_string_buffer(max(size, 2))
    function(*handles, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return buffer.raw[:size].decode("utf-16-le", "replace").rstrip("\0")
