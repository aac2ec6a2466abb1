"""What can be asked: one index, or several collections as if they were one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, Self

from qa.errors import NoCollection

if TYPE_CHECKING:
    from qa.answers.quotations import Quotation, Validity
    from qa.index import DocumentSummary
    from qa.index.manifest import Manifest
    from qa.types import Document, Prediction, SearchResult


class Askable(Protocol):
    """Answers questions as :class:`~qa.pipeline.QA` does, whose methods these are.

    ``collections`` are the names of the collections that it consists of, none for one index. With
    them the id of a document begins with the name of its collection, as if that were a folder.
    """

    @property
    def collections(self) -> tuple[str, ...]:
        """The names of the collections, in the order of ids."""

    @property
    def manifest(self) -> Manifest:
        """What is indexed."""

    @property
    def generation(self) -> str:
        """A name that is new after each build that changed anything."""

    @property
    def threshold(self) -> float:
        """The lowest probability shown as an answer, unless a question says otherwise."""

    @property
    def possible(self) -> float:
        """The lowest probability shown as a possible answer."""

    def within(self, names: Sequence[str]) -> Self:
        """Return the same with these collections alone, with all of them for no name.

        Raises :class:`~qa.errors.NoCollection` where there is none of a name.
        """

    def ask(
        self,
        question: str,
        *,
        top_k: int = ...,
        max_answers: int = ...,
        threshold: float | None = ...,
        only: str | Sequence[str] = ...,
        since: str = ...,
        until: str = ...,
        language: str = ...,
        history: Sequence[Prediction] = ...,
        quick: bool = ...,
    ) -> Prediction:
        """Answer a question."""

    def search(
        self,
        question: str,
        *,
        top_k: int = ...,
        only: str | Sequence[str] = ...,
        since: str = ...,
        until: str = ...,
        language: str = ...,
    ) -> SearchResult:
        """Return the passages nearest to a question."""

    def documents(self) -> list[DocumentSummary]:
        """Return one summary per document, in the order of ids."""

    def document(self, document_id: str) -> Document:
        """Return a document; KeyError for an unknown id."""

    def is_outdated(self, document_id: str) -> bool:
        """Return whether a document changed or vanished since the build; KeyError if unknown."""

    def check(self, quotation: Quotation) -> tuple[Quotation, Validity]:
        """Return a quotation with its place, and whether the document's words stand there."""

    def threshold_for(self, strict: float) -> float:
        """Return the threshold at which a share of absent answers is refused, 0 to 1."""

    def strict_for(self, threshold: float) -> float:
        """Return the share of the absent answers that a threshold refuses, 0 to 1."""


def no_collection(name: str) -> NoCollection:
    """Return the error for a name; the same whether it is unknown, or hidden from who asks."""
    return NoCollection(f"there is no collection {name}", "leave it out to ask all that there are")
