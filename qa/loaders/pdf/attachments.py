"""The files that are attached to a PDF, or to a place on a page: documents of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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

# A file's name, and what finds it in a document of PDFium that is open.
Pinned = tuple[str, Callable[[Any], bytes]]


def attached(document: Any, data: bytes, pinned: Sequence[Pinned]) -> list[Inner]:
    """Return the files attached to a document of PDFium, which ``data`` are the bytes of.

    ``pinned`` are those of its pages. None is unpacked before it is read, so each has as its
    size its share of the PDF.
    """
    count = min(max(document.count_attachments(), 0), _MAX_ATTACHMENTS)
    found: list[Pinned] = [
        (_name(document.get_attachment(index)), partial(_attachment, index))
        for index in range(count)
    ]
    found += pinned[: _MAX_ATTACHMENTS - count]
    names = numbered([name or f"attachment {n}" for n, (name, _) in enumerate(found, start=1)])
    return [
        Inner(Member(name, len(data) // len(found)), partial(_read, data, content))
        for name, (_, content) in zip(names, found, strict=True)
    ]


def pinned_to(document: Any, page: Any, number: int) -> Iterator[Pinned]:
    """Yield the files attached to places on a page that is open, and has this number."""
    import pypdfium2.raw as pdfium

    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        with _file_of(document, page, index) as file:
            if file is not None:
                yield _name(file), partial(_on_page, number, index)


def _attachment(index: int, document: Any) -> bytes:
    return bytes(document.get_attachment(index).get_data())


def _on_page(number: int, index: int, document: Any) -> bytes:
    page = document[number]
    try:
        with _file_of(document, page, index) as file:
            return b"" if file is None else bytes(file.get_data())
    finally:
        page.close()


@contextmanager
def _file_of(document: Any, page: Any, index: int) -> Iterator[Any]:
    """Yield the file of an annotation, None if it has none."""
    import pypdfium2.raw as pdfium
    from pypdfium2 import PdfAttachment

    annotation = pdfium.FPDFPage_GetAnnot(page, index)
    if not annotation:
        yield None
        return
    try:
        is_pinned = pdfium.FPDFAnnot_GetSubtype(annotation) == _PINNED
        raw = pdfium.FPDFAnnot_GetFileAttachment(annotation) if is_pinned else None
        yield PdfAttachment(raw, document) if raw else None
    finally:
        pdfium.FPDFPage_CloseAnnot(annotation)


def _name(file: Any) -> str:
    """Return the name of a file without the folders that it may have been in."""
    from pypdfium2 import PdfiumError

    try:
        name = without_surrogates(file.get_name())
    except (PdfiumError, UnicodeError):
        return ""
    name = name.replace("\\", "/").rsplit("/", 1)[-1].strip("\0 ")
    return name if name.strip(".") else ""


def _read(data: bytes, content: Callable[[Any], bytes]) -> bytes:
    from pypdfium2 import PdfiumError

    with opened_pdf(data) as document:
        try:
            return content(document)
        except PdfiumError as error:
            raise UnreadableDocument("empty or damaged in its PDF") from error
