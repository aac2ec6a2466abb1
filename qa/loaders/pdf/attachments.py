"""The files that are attached to a PDF: documents of their own."""

from __future__ import annotations

from functools import partial
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Inner, numbered
from qa.loaders.pdf.opened import opened_pdf
from qa.text import without_surrogates
from qa.types import Member

_MAX_ATTACHMENTS = 1_000  # a PDF may declare any number
_MAX_ANNOTATIONS = 2_000
_PINNED = 17  # FPDF_ANNOT_FILEATTACHMENT


def attached(document: Any, data: bytes) -> list[Inner]:
    """Return the files attached to a document of PDFium, which ``data`` are the bytes of.

    None is unpacked before it is read, so each has as its size its share of the PDF.
    """
    from pypdfium2 import PdfiumError

    count = min(max(document.count_attachments(), 0), _MAX_ATTACHMENTS)
    names = []
    for index in range(count):
        try:
            name = without_surrogates(document.get_attachment(index).get_name())
        except (PdfiumError, UnicodeError):
            name = ""
        # A path would be one of folders, and "Bill: 1" is no name of a file everywhere.
        name = name.replace("\\", "/").rsplit("/", 1)[-1].strip("\0 ")
        names.append(name if name.strip(".") else f"attachment {index + 1}")
    return [
        Inner(Member(name, len(data) // count), partial(_content, data, index))
        for index, name in enumerate(numbered(names))
    ]


def count_pinned(page: Any) -> int:
    """Return how many files are attached to a place on a page: PDFium does not read those."""
    import pypdfium2.raw as pdfium

    count = 0
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        if annotation := pdfium.FPDFPage_GetAnnot(page, index):
            count += pdfium.FPDFAnnot_GetSubtype(annotation) == _PINNED
            pdfium.FPDFPage_CloseAnnot(annotation)
    return count


def _content(data: bytes, index: int) -> bytes:
    from pypdfium2 import PdfiumError

    with opened_pdf(data) as document:
        try:
            return bytes(document.get_attachment(index).get_data())
        except PdfiumError as error:
            raise UnreadableDocument("empty or damaged in its PDF") from error
