"""Places in documents, as the tools return them."""

from __future__ import annotations

from typing import Any

from qa.answers.sections import section_of
from qa.asking import Askable
from qa.mcp.outputs import Place, Quotation
from qa.types import Answer, Document


def about(document: Document) -> dict[str, Any]:
    """Return the fields of :class:`~qa.mcp.outputs.About`."""
    return {
        "document": document.id,
        "sha256": document.sha256,
        "title": document.title,
        "date": document.date,
        "author": document.author,
        "language": document.language,
    }


def fields_of(document: Document, start: int, end: int) -> dict[str, Any]:
    """Return the fields of :class:`~qa.mcp.outputs.Place`."""
    return {
        **about(document),
        "start": start,
        "end": end,
        "page": document.page_at(start),
        "section": section_of(document, start),
    }


def quotation_of(qa: Askable, answer: Answer) -> Quotation:
    """Return an answer with all its places."""
    return Quotation(
        **fields_of(qa.document(answer.document_id), answer.start, answer.end),
        quotation=answer.text,
        probability=answer.probability,
        passage=answer.passage.text,
        read_by_ocr=bool(answer.place.ocr),
        also_at=[
            Place(**fields_of(qa.document(place.document_id), place.start, place.end))
            for place in answer.also_at
        ],
    )
