"""Question in, quotations out: the only module that knows every stage."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

from qa.answers.calibration import Calibration
from qa.answers.candidates import Candidate
from qa.answers.choice import (
    Continued,
    Scored,
    choose,
    is_settled,
    mixed,
    talked_of,
    weighed,
)
from qa.answers.disagreement import LEAST, TOGETHER, disagreement
from qa.answers.quotations import Quotation, Validity, check, verify
from qa.answers.reading import Reading, read
from qa.answers.rivals import Rivals, rivals
from qa.answers.second_look import look_again
from qa.answers.selection import CONSIDERED, Evidence
from qa.answers.verdict import judge
from qa.asking import no_collection
from qa.builder import Progress, build
from qa.defaults import FOLDER, INDEX
from qa.errors import (
    CorpusError,
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
from qa.remote import check_store, open_stored, publish_index, workers_of
from qa.retrieval.conversation import stand_alone
from qa.retrieval.filters import DocumentFilter
from qa.retrieval.question import resolve
from qa.retrieval.retriever import Retrieved, Retriever
from qa.text import without_surrogates
from qa.types import Document, Encoder, Passage, Prediction, Reader, SearchResult

_LOG = logging.getLogger(__name__)
# A second answer less likely than this is noise on the page.
MIN_PROBABILITY = 0.02


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
        self._index, self._encoder = index, encoder
        self._retriever = Retriever(index, encoder)
        self._reader, self._second = reader, second
        self._calibration = calibration
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

    def _over(self, index: OpenIndex) -> QA:
        other = copy.copy(self)
        other._index = index
        other._retriever = Retriever(index, self._encoder)
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
        return self._calibration.possible

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
        return self._calibration.threshold_for(_share(strict=strict))

    def strict_for(self, threshold: float) -> float:
        """Return the share of the absent answers that a threshold refuses, 0 to 1."""
        return self._calibration.strict_for(threshold)

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

    def _retrieved(
        self, question: str, top_k: int, wanted: DocumentFilter, talked_of: str = ""
    ) -> Retrieved:
        """Return the nearest passages; CorpusError where the folder of the documents is gone."""
        retrieved = self._retriever.retrieve(question, top_k, wanted, talked_of=talked_of)
        # Nothing could be quoted then, and "not found" would be said of documents not looked at.
        if retrieved.outdated and not self._index.folder.is_dir():
            raise CorpusError(
                f"the folder of the documents, {self.manifest.folder}, is not there",
                f"put it back, or build from where it is now: {self.build_command()}",
            )
        return retrieved

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
        retrieved = self._retrieved(resolved, top_k, wanted)
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
        began = time.perf_counter()
        resolved = resolve(question)
        readings = stand_alone(resolved, history)
        second = None if quick else self._second
        about = talked_of(history)
        tried: list[tuple[_FirstLook, Scored]] = []
        # What says that it continues is asked as it is likeliest meant; what may stand alone is
        # taken for a follow-up only where that has an answer.
        questions = readings[:1] if readings[0].is_marked else readings
        for reading in questions:
            continued = None
            if reading.continues:
                continued = Continued(history, about if reading.is_about_same else "")
            look = self._look(reading.question, top_k, max_answers, wanted, continued)
            scored = self._scored(look, None if len(questions) > 1 else second)
            tried.append((look, scored))
            if is_settled(scored, history, at_least=self._calibration.threshold):
                break
        look, scored = tried[choose([each for _, each in tried], self._calibration.threshold)]
        if len(questions) > 1:
            scored = self._scored(look, second)
        settled = is_settled(scored, history, at_least=self._calibration.threshold)
        if readings[0].is_marked and not settled:
            other = readings[1].question if len(readings) > 1 else ""
            scored = self._read_otherwise(look, scored, resolved, other, max_answers, second)
        prediction = self._answered(look, scored, max_answers)
        total = _milliseconds(began)
        rest = round(total - sum(prediction.timings_ms.values()), 2)
        prediction = replace(
            prediction,
            question=without_surrogates(question),
            timings_ms={**prediction.timings_ms, "look_again": rest, "total": total},
        )
        judged = judge(prediction, threshold=threshold, possible=self.possible)
        self._on_prediction(judged)
        return judged

    def _look(
        self,
        resolved: str,
        top_k: int,
        max_answers: int,
        wanted: DocumentFilter,
        continued: Continued | None,
    ) -> _FirstLook:
        """Return what the first reader finds in the passages nearest to a stand-alone question."""
        began = time.perf_counter()
        talked_of = continued.document_id if continued else ""
        retrieved = self._retrieved(resolved, top_k, wanted, talked_of)
        if continued and not any(hit.passage.document_id == talked_of for hit in retrieved.hits):
            continued = replace(continued, document_id="")  # far from it, or filtered out
        retrieve = _milliseconds(began)
        look = self._read(resolved, retrieved, max_answers, continued)
        return replace(look, timings_ms={"retrieve": retrieve, **look.timings_ms})

    def _read(
        self,
        question: str,
        retrieved: Retrieved,
        max_answers: int,
        continued: Continued | None,
    ) -> _FirstLook:
        """Return what the first reader finds in passages, the best answers first."""
        marks = [time.perf_counter()]
        reading = read(
            self._reader,
            question,
            retrieved.hits,
            ranking=self._calibration.ranking,
            early_stopping=self._calibration.early_stopping,
        )
        marks.append(time.perf_counter())
        evidence = Evidence.of(question, retrieved.hits)
        candidates = self._calibration.selection.select(
            evidence, reading.candidates, max(max_answers, CONSIDERED)
        )
        marks.append(time.perf_counter())
        stages = zip(("read", "select"), pairwise(marks), strict=True)
        timings_ms = {stage: _milliseconds(*between) for stage, between in stages}
        return _FirstLook(retrieved, reading, evidence, candidates, continued, timings_ms)

    def _scored(self, look: _FirstLook, second: Reader | None) -> Scored:
        """Return the candidates with their probability, best first, after a second look."""
        candidates = look.candidates
        if second and self._calibration.is_worth_it(candidates):
            candidates = look_again(second, look.evidence, candidates)
        scored = self._calibration.calibrate(candidates, at_least=MIN_PROBABILITY)
        return weighed(scored, look.continued) if look.continued else scored

    def _read_otherwise(
        self,
        look: _FirstLook,
        as_asked: Scored,
        typed: str,
        other: str,
        max_answers: int,
        second: Reader | None,
    ) -> Scored:
        """Return what other wordings of a follow-up find as well, in the passages of a first look.

        There its own words are often read better than what was made of them. The ``other``
        wording, if there is one, is read only where these bring not even a possible answer.
        """
        again = partial(
            self._read,
            retrieved=look.retrieved,
            max_answers=max_answers,
            continued=look.continued,
        )
        own = again(typed)
        scored = mixed(as_asked, self._scored(own, None), as_asked)
        if scored and scored[0][1] >= self.possible:
            return scored
        otherwise = self._scored(again(other), None) if other else as_asked
        return mixed(as_asked, self._scored(own, second), otherwise)

    def _answered(self, look: _FirstLook, scored: Scored, max_answers: int) -> Prediction:
        """Return all answers to a stand-alone question, whatever their probability."""
        question, excluded = look.evidence.question, look.retrieved.excluded
        # Those that contradict the best may come after all that are shown.
        compared = sum(probability >= LEAST for _, probability in scored)
        answers = verify(self._index, scored[: max(max_answers, compared)], excluded)
        others = self._rivals(look, scored)
        found = disagreement(
            question,
            answers[:compared],
            rivals=verify(self._index, others.found, excluded),
            changed=verify(self._index, others.changed, excluded),
            threshold=self._calibration.threshold,
            document=self._index.document,
        )
        return Prediction(
            question=question,
            resolved_question=question,
            answers=answers[:max_answers],
            verdict="answer",
            passages=look.retrieved.hits,
            timings_ms=look.timings_ms,
            outdated=tuple(sorted(look.retrieved.outdated)),
            passages_read=look.reading.passages_read,
            disagreement=found,
            talked_of=look.continued.document_id if look.continued else "",
        )

    def _rivals(self, look: _FirstLook, scored: Scored) -> Rivals:
        """Return likely answers of other documents that differ from the best that is shown.

        Only what contradicts an answer, or nearly one, is worth reading more for.
        """
        if not scored or scored[0][1] < self.possible:
            return Rivals()
        is_nearly_answer = scored[0][1] >= TOGETHER * self._calibration.threshold
        return rivals(
            look.evidence,
            scored[0],
            look.reading,
            reader=self._reader if is_nearly_answer else None,
            calibration=self._calibration,
        )


@dataclass(frozen=True, slots=True)
class _FirstLook:
    """What the first reader found for a stand-alone question; ``evidence`` has its words.

    ``continued`` is None where the question does not continue a conversation.
    """

    retrieved: Retrieved
    reading: Reading
    evidence: Evidence
    candidates: Sequence[Candidate]
    continued: Continued | None
    timings_ms: dict[str, float]


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


def _milliseconds(began: float, ended: float | None = None) -> float:
    """Return the milliseconds between two times in seconds, or from one until now."""
    return round(1000 * ((time.perf_counter() if ended is None else ended) - began), 2)


def _tell_nobody(prediction: Prediction) -> None:
    """Take no notice of an answer."""
