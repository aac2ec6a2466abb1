"""Documents, answers and passages of a collection, named as parts of several."""

from __future__ import annotations

from dataclasses import replace

from qa.index import DocumentSummary, IndexedFile, SkippedFile
from qa.types import Answer, Disagreement, Document, Hit, Passage, Place, Prediction


def joined(name: str, document_id: str) -> str:
    """Return the id that a document of a collection has among several; empty if it has none."""
    return f"{name}/{document_id}" if document_id else ""


def parted(document_id: str) -> tuple[str, str]:
    """Return the collection of such an id, and the document's id in it."""
    name, _, rest = document_id.partition("/")
    return name, rest


def document_in(name: str, document: Document) -> Document:
    """Return a document under its id among several."""
    return replace(document, id=joined(name, document.id))


def summary_in(name: str, document: DocumentSummary) -> DocumentSummary:
    """Return a summary under the document's id among several."""
    return replace(document, id=joined(name, document.id))


def indexed_in(name: str, file: IndexedFile) -> IndexedFile:
    """Return what a manifest says of a document, with ids among several."""
    return replace(
        file,
        path=joined(name, file.path),
        copy_of=joined(name, file.copy_of),
        inside=joined(name, file.inside),
    )


def skipped_in(name: str, file: SkippedFile) -> SkippedFile:
    """Return what a manifest says of a file that was not read, with paths among several."""
    return replace(file, path=joined(name, file.path), inside=joined(name, file.inside))


def answer_in(name: str, answer: Answer) -> Answer:
    """Return an answer with its places among several."""
    return replace(
        answer,
        place=_place(name, answer.place),
        passage=_passage(name, answer.passage),
        also_at=tuple(_place(name, place) for place in answer.also_at),
    )


def hit_in(name: str, hit: Hit) -> Hit:
    """Return a passage that was found with its document's id among several."""
    return replace(hit, passage=_passage(name, hit.passage))


def disagreement_in(name: str, found: Disagreement | None) -> Disagreement | None:
    """Return answers that contradict each other with their places among several."""
    if found is None:
        return None
    return replace(found, answers=tuple(answer_in(name, answer) for answer in found.answers))


def earlier_in(name: str, earlier: Prediction) -> Prediction:
    """Return an earlier answer as a collection knows it: its documents under their ids in it.

    Those of other collections keep their ids, which it does not know.
    """

    def local(document_id: str) -> str:
        return document_id.removeprefix(f"{name}/")

    def answer(found: Answer) -> Answer:
        return replace(found, place=replace(found.place, document_id=local(found.document_id)))

    def hit(found: Hit) -> Hit:
        passage = found.passage
        return replace(found, passage=replace(passage, document_id=local(passage.document_id)))

    return replace(
        earlier,
        answers=tuple(map(answer, earlier.answers)),
        candidates=tuple(map(answer, earlier.candidates)),
        passages=tuple(map(hit, earlier.passages)),
    )


def _place(name: str, place: Place) -> Place:
    return replace(place, document_id=joined(name, place.document_id))


def _passage(name: str, passage: Passage) -> Passage:
    return replace(passage, document_id=joined(name, passage.document_id))
