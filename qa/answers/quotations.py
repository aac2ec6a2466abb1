"""Candidates as quotations, each compared with its document before it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from qa.answers.candidates import Candidate
from qa.errors import IndexCorrupt
from qa.index import OpenIndex
from qa.types import Answer, Place, Span


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
    for each in (document_id, *sorted(copies - index.outdated(copies))):
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
