"""Open a PDF with PDFium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from qa.errors import UnreadableDocument

_PASSWORD, _SECURITY = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_ONE_AT_A_TIME = threading.Lock()  # PDFium is not thread-safe


@contextmanager
def opened_pdf(data: bytes) -> Iterator[Any]:
    """Yield a document of PDFium with its forms; no other thread has one meanwhile.

    Raises UnreadableDocument for a file that is encrypted or damaged.
    """
    from pypdfium2 import PdfDocument, PdfiumError

    with _ONE_AT_A_TIME:
        try:
            document = PdfDocument(data)
        except PdfiumError as error:
            if error.err_code in (_PASSWORD, _SECURITY):
                raise UnreadableDocument("encrypted PDF", "save it without its password") from error
            raise UnreadableDocument("damaged PDF", "open it and save it again") from error
        try:
            if document.get_formtype():
                document.init_forms()
            yield document
        except PdfiumError as error:
            raise UnreadableDocument("damaged PDF", "open it and save it again") from error
        finally:
            document.close()


@contextmanager
def opened_page(data: bytes, number: int) -> Iterator[Any]:
    """Yield a page of a PDF, from 0; raises as :func:`opened_pdf` does."""
    with opened_pdf(data) as document:
        if not 0 <= number < len(document):
            raise UnreadableDocument("it has no such page")
        page = document[number]
        try:
            yield page
        finally:
            page.close()
