"""Question in, quotations out: an open index with its networks."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from qa.answers.calibration import Calibration
from qa.answers.quotations import Quotation, Validity, check
from qa.answers.verdict import judge
from qa.asking import no_collection
from qa.builder import Progress, build
from qa.defaults import FOLDER, INDEX
from qa.errors import (
    ModelCorrupt,
    ModelNotFound,
    QuestionError,
)
from qa.index import (
    DocumentSummary,
    OpenIndex,
    SkippedFile,
    empty_index,
)
from qa.index.manifest import Manifest
from qa.networks.encoder import SentenceEncoder
from qa.networks.reader import OnnxReader
from qa.networks.weights import REINSTALL, SECOND_READER
from qa.pipeline.answering import Answering
from qa.remote import check_store, open_stored, publish_index, workers_of
from qa.retrieval.filters import DocumentFilter
from qa.retrieval.question import resolve
from qa.retrieval.retriever import Retriever
from qa.text import without_surrogates
from qa.types import Document, Encoder, Passage, Prediction, Reader, SearchResult

_LOG = logging.getLogger(__name__)


class QA:
    """Answers questions about one index; immutable, and safe to share between threads."""

    # It consists of no collections: see :class:`~qa.asking.Askable`.
    collections: tuple[str, ...] = ()

    def __init__(
        self,
        index: OpenIndex,
        *,
        encoder: Encoder,
        reader: Reader,
        calibration: Calibration,
        second: Reader | None = None,
    ) -> None:
        self._encoder = encoder
        self._answering = Answering(index, Retriever(index, encoder), reader, second, calibration)
        self._threshold = calibration.threshold
        self._on_prediction: Callable[[Prediction], None] = _tell_nobody

    @classmethod
    def open(
        cls,
        index: str | Path = INDEX,
        *,
        encoder: str | Path | None = None,
        exact: bool = False,
        quick: bool = False,
    ) -> QA:
        """Open a stored index with the encoder it was built with and the shipped readers.

        ``index`` is its folder, or the address of a store (:class:`~qa.milvus.StoreAddress`).
        ``encoder`` is the folder of another sentence-transformers model; None takes the shipped
        one, to whose scores the probability was fitted. ``exact`` compares each question with
        every vector of a large index; without it, three in a thousand of the nearest may be missed.
        ``quick`` leaves out the second reader, and with it the second look at the answers.
        """
        chosen = SentenceEncoder(encoder)
        return cls._assemble(open_stored(index, chosen, exact=exact), chosen, quick=quick)

    @classmethod
    def build(
        cls,
        folder: str | Path = FOLDER,
        index: str | Path = INDEX,
        *,
        store: str = "",
        ray: str = "",
        encoder: str | Path | None = None,
        progress: Progress | None = None,
        quick: bool = False,
    ) -> QA:
        """Bring the index up to date with the folder, then open it.

        With the address of a ``store`` the index is also written there, and opened from there.
        ``ray`` is the address of a cluster of Ray whose machines read and encode, or "auto" for
        one on this machine.
        ``encoder`` and ``quick`` are those of :meth:`open`; ``progress`` that of
        :func:`qa.builder.build`.
        """
        chosen = SentenceEncoder(encoder)
        if store:
            check_store(store)
        with workers_of(ray, encoder) as workers:
            build(Path(folder), Path(index), encoder=chosen, progress=progress, workers=workers)
        if store:
            publish_index(index, store, progress)
        return cls._assemble(open_stored(store or index, chosen), chosen, quick=quick)

    @classmethod
    def _assemble(cls, stored: OpenIndex, encoder: SentenceEncoder, *, quick: bool = False) -> QA:
        reader = OnnxReader()
        calibration = Calibration.load(reader=reader.fingerprint)
        return cls(
            stored,
            encoder=encoder,
            reader=reader,
            calibration=calibration,
            second=None if quick else _second_reader(calibration),
        )

    @classmethod
    def empty(
        cls, folder: str | Path, *, encoder: str | Path | None = None, quick: bool = False
    ) -> QA:
        """Return a pipeline over a folder without documents: it finds nothing, until reopened.

        ``encoder`` and ``quick`` are those of :meth:`open`.
        """
        chosen = SentenceEncoder(encoder)
        return cls._assemble(empty_index(Path(folder), chosen), chosen, quick=quick)

    def without_documents(self, folder: Path, skipped: Sequence[SkippedFile]) -> QA:
        """Return a pipeline with the same networks over a folder in which nothing can be read."""
        return self._over(empty_index(folder, self._encoder, skipped))

    def reopened(self, index: str | Path) -> QA:
        """Return a pipeline with the same networks over the index as it is stored now."""
        return self._over(open_stored(index, self._encoder))

    @property
    def _index(self) -> OpenIndex:
        return self._answering.index

    def _over(self, index: OpenIndex) -> QA:
        other = copy.copy(self)
        other._answering = replace(
            self._answering, index=index, retriever=Retriever(index, self._encoder)
        )
        return other

    def within(self, names: Sequence[str]) -> QA:
        """Return the same pipeline; raise :class:`~qa.errors.NoCollection` for any name."""
        for name in names:
            raise no_collection(name)
        return self

    def with_threshold(self, threshold: float) -> QA:
        """Return the same pipeline with another default threshold."""
        other = copy.copy(self)
        other._threshold = threshold
        return other

    def observed(self, on_prediction: Callable[[Prediction], None]) -> QA:
        """Return the same pipeline, which also tells of every question that it answers."""
        other, before = copy.copy(self), self._on_prediction

        def tell(prediction: Prediction) -> None:
            before(prediction)
            on_prediction(prediction)

        other._on_prediction = tell
        return other

    def unobserved(self) -> QA:
        """Return the same pipeline, which tells nobody of the questions that it answers."""
        other = copy.copy(self)
        other._on_prediction = _tell_nobody
        return other

    @property
    def threshold(self) -> float:
        """The lowest probability shown as an answer, unless a question says otherwise."""
        return self._threshold

    @property
    def possible(self) -> float:
        """The lowest probability shown as a possible answer."""
        return self._answering.calibration.possible

    @property
    def manifest(self) -> Manifest:
        """The manifest of the open index."""
        return self._index.manifest

    @property
    def generation(self) -> str:
        """The name of the open generation of the index."""
        return self._index.generation

    def is_live(self) -> bool:
        """Return whether the open generation is the newest where it is stored."""
        return self._index.live() == self._index.generation

    def close(self) -> None:
        """Release the index; what was returned stays valid."""
        self._index.close()

    def threshold_for(self, strict: float) -> float:
        """Return the threshold at which a share of absent answers is refused, 0 to 1."""
        return self._answering.calibration.threshold_for(_share(strict=strict))

    def strict_for(self, threshold: float) -> float:
        """Return the share of the absent answers that a threshold refuses, 0 to 1."""
        return self._answering.calibration.strict_for(threshold)

    def documents(self) -> list[DocumentSummary]:
        """Return one summary per document, copies too, in the order of ids."""
        return self._index.documents()

    def document(self, document_id: str) -> Document:
        """Return a document as it was indexed."""
        return self._index.document(document_id)

    def build_command(self) -> str:
        """Return the shell command that brings the index up to date.

        The folder is ``FOLDER`` if the one it was built from no longer exists.
        """
        folder = Path(self.manifest.folder)
        return self._index.command("build", str(folder) if folder.is_dir() else "FOLDER")

    def outdated(self) -> list[str]:
        """Return the documents that changed or vanished since the build, by id."""
        return sorted(self._index.outdated(self._index.indexed))

    def is_outdated(self, document_id: str) -> bool:
        """Return whether a document changed or vanished since the build; KeyError if unknown."""
        return bool(self._index.outdated([document_id]))

    @property
    def refused(self) -> frozenset[str]:
        """The files not quoted as their content changed, although size and times did not."""
        return self._index.refused

    def check(self, quotation: Quotation) -> tuple[Quotation, Validity]:
        """Return a quotation with its place, and whether the document's words stand there."""
        return check(self._index, quotation)

    def original_of(self, document_id: str) -> str:
        """Return the document whose text is stored: itself, or the one it is a copy of.

        Passages have its id. KeyError for an unknown id.
        """
        return self._index.places_of(document_id)[0]

    def passages_of(self, document_id: str) -> list[Passage]:
        """Return the passages of a document, or of the one it is a copy of."""
        return self._index.passages_of(self.original_of(document_id))

    def search(
        self,
        question: str,
        *,
        top_k: int = 10,
        only: str | Sequence[str] = (),
        since: str = "",
        until: str = "",
        language: str = "",
    ) -> SearchResult:
        """Return the passages nearest to a question, unread.

        ``only``, ``since``, ``until`` and ``language`` are those of :meth:`ask`.
        """
        _at_least_one(top_k=top_k)
        resolved = resolve(question)
        wanted = _filter(only, since, until, language)
        retrieved = self._answering.retrieved(resolved, top_k, wanted)
        return SearchResult(
            question=without_surrogates(question),
            resolved_question=resolved,
            passages=retrieved.hits,
            outdated=tuple(sorted(retrieved.outdated)),
        )

    def ask(
        self,
        question: str,
        *,
        top_k: int = 10,
        max_answers: int = 3,
        threshold: float | None = None,
        only: str | Sequence[str] = (),
        since: str = "",
        until: str = "",
        language: str = "",
        history: Sequence[Prediction] = (),
        quick: bool = False,
    ) -> Prediction:
        """Answer a question from the ``top_k`` nearest passages.

        ``history`` are the earlier predictions of a conversation, oldest first. A follow-up such
        as "and when?" is then asked as the stand-alone question that it means, which is the
        ``resolved_question`` of the result; a question that stands alone is left as it is.
        ``threshold`` moves the operating point: 0 always answers, 0.9 only what is nearly
        certain; :meth:`threshold_for` gives one in terms of false answers. Below it, and from
        :attr:`possible` on, the verdict is "possible". ``only`` chooses
        documents by shell patterns ("2024/*"), ``since`` and ``until`` by date, ``language`` by
        ISO 639-1 code: see :class:`~qa.retrieval.filters.DocumentFilter`. ``quick`` leaves
        out the second look at the answers (:mod:`qa.answers.second_look`). Raises
        :class:`~qa.errors.QuestionError` for an empty or endless question, where no document
        matches the filter, for a ``top_k`` or ``max_answers`` below 1, and for a ``threshold``
        that is not 0 to 1.
        """
        _at_least_one(top_k=top_k, max_answers=max_answers)
        threshold = self._threshold if threshold is None else _share(threshold=threshold)
        wanted = _filter(only, since, until, language)
        resolved = resolve(question)
        answering = replace(self._answering, second=None) if quick else self._answering
        prediction = answering.answer(
            resolved, top_k=top_k, max_answers=max_answers, wanted=wanted, history=history
        )
        judged = judge(
            replace(prediction, question=without_surrogates(question)),
            threshold=threshold,
            possible=self.possible,
        )
        self._on_prediction(judged)
        return judged


@lru_cache(maxsize=1)
def _shared_second_reader() -> OnnxReader:
    """Return the second reader of this process: it is large, and every pipeline has the same."""
    return OnnxReader(name=SECOND_READER)


def _second_reader(calibration: Calibration) -> Reader | None:
    """Return the second reader; None, with one line in the log, where it cannot be used."""
    try:
        second = _shared_second_reader()
        if second.fingerprint != calibration.second:
            raise ModelCorrupt("the probability was fitted to another second reader", REINSTALL)
    except (ModelNotFound, ModelCorrupt) as error:
        _LOG.warning("answers are not looked at twice: %s", error)
        return None
    return second


def _at_least_one(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise QuestionError(f"{name} is {number}", "give a number from 1 on")


def _share(**numbers: float) -> float:
    """Return the only one of the numbers, by its name; QuestionError unless it is 0 to 1."""
    ((name, number),) = numbers.items()
    if not 0 <= number <= 1:  # what is no number either
        raise QuestionError(f"{name} is {number}", "give a number from 0 to 1")
    return number


def _filter(only: str | Sequence[str], since: str, until: str, language: str) -> DocumentFilter:
    patterns = (only,) if isinstance(only, str) and only else only
    return DocumentFilter(tuple(patterns), since, until, language)


def _tell_nobody(prediction: Prediction) -> None:
    """Take no notice of an answer."""
