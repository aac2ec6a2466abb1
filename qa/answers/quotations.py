"""Quotations: each compared with its document before it is shown, and whenever one is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal

from qa.answers.candidates import Candidate
from qa.errors import IndexCorrupt
from qa.index import OpenIndex
from qa.types import Answer, Place, Span

Validity = Literal["valid", "document changed", "gone", "cannot be read", "not a quotation"]


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that a document is said to contain.

    ``start`` and ``end`` are None where the place is not known, ``sha256``, the hash of the file
    that was quoted, empty where that is not.
    """

    document: str
    text: str
    start: int | None = None
    end: int | None = None
    sha256: str = ""


def check(index: OpenIndex, quotation: Quotation) -> tuple[Quotation, Validity]:
    """Compare a quotation with its document as it is indexed, letter by letter.

    Returns it with the place where it was found. A document of which the file has changed or
    vanished since the build is "document changed".
    """
    text = quotation.text
    try:
        document = index.document(quotation.document)
    except KeyError:
        return quotation, "gone"
    if quotation.sha256 not in ("", document.sha256) or index.outdated([document.id], quoted=True):
        return quotation, "document changed"
    if not text:
        return quotation, "not a quotation"
    if quotation.start is None or quotation.end is None:
        start = document.text.find(text)
        if start < 0:
            return quotation, "not a quotation"
        return replace(quotation, start=start, end=start + len(text)), "valid"
    found = document.text[quotation.start : quotation.end]
    return quotation, "valid" if found == text else "not a quotation"


def verify(
    index: OpenIndex, candidates: Sequence[tuple[Candidate, float]], excluded: Set[str]
) -> tuple[Answer, ...]:
    """Return the candidates with their probabilities as checked quotations, in order.

    No file in ``excluded`` is cited. Raises :class:`~qa.errors.IndexCorrupt` if the words at a
    place are not those of the document as it was indexed, letter by letter; that the file is
    still the same is checked in :mod:`qa.retrieval.retriever`.
    """
    return tuple(
        _answer(index, candidate, probability, excluded) for candidate, probability in candidates
    )


def _answer(
    index: OpenIndex, candidate: Candidate, probability: float, excluded: Set[str]
) -> Answer:
    place, *copies = _places(index, candidate.span, excluded)
    elsewhere = [place for span in candidate.also for place in _places(index, span, excluded)]
    return Answer(
        text=candidate.span.text,
        place=place,
        probability=round(probability, 4),
        passage=candidate.span.passage,
        also_at=(*copies, *elsewhere),
    )


def _places(index: OpenIndex, span: Span, excluded: Set[str]) -> Iterator[Place]:
    """Yield where a span occurs: its document, then each copy that is still unchanged."""
    document_id = span.passage.document_id
    copies = set(index.places_of(document_id)) - {document_id} - excluded
    for each in (document_id, *sorted(copies - index.outdated(copies, quoted=True))):
        document = index.document(each)
        if document.text[span.start : span.end] != span.text:
            raise IndexCorrupt(
                f"a passage of {each} in the index is not part of its text",
                f"run {index.command('build', index.manifest.folder)}",
            )
        yield Place(
            document.id,
            span.start,
            span.end,
            document.source,
            page=document.page_at(span.start),
            sha256=document.sha256,
            text=span.text,
            title=document.title,
            date=document.date,
            author=document.author,
            language=document.language,
            ocr=document.read_by_ocr(span.start, span.end),
        )
