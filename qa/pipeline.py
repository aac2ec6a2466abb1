"""Question in, quotations out: the only module that knows every stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from pathlib import Path

from qa.answers.calibration import Calibration
from qa.answers.candidates import Candidate, rank_candidates
from qa.answers.reading import read_hits
from qa.builder import BuildReport, Progress, build, is_stale
from qa.errors import IndexCorrupt, QuestionError, StoredIndexError
from qa.index import DocumentSummary, StoredIndex, build_command, index_command, open_index
from qa.index.freshness import outdated_documents
from qa.index.manifest import Manifest
from qa.networks.encoder import SentenceEncoder
from qa.networks.reader import MAX_TOKENS_READ, OnnxReader
from qa.retrieval.filters import DocumentFilter
from qa.retrieval.question import asking_part, readable
from qa.retrieval.retriever import Retriever
from qa.types import Answer, Document, Encoder, Hit, Passage, Place, Prediction, Reader, Span

INDEX = "index"
FOLDER = "seeds"
MAX_QUESTION_WORDS = 5000
# A second answer less likely than this is noise on the page.
MIN_PROBABILITY = 0.02


class QA:
    """Answers questions about one index; safe to share between threads.

    ``threshold`` is the lowest probability shown as an answer.
    """

    def __init__(
        self,
        index: StoredIndex,
        *,
        encoder: Encoder,
        reader: Reader,
        calibration: Calibration,
    ) -> None:
        self._index = index
        self._retriever = Retriever(index, encoder)
        self._reader = reader
        self._calibration = calibration
        self.threshold = calibration.threshold

    @classmethod
    def open(cls, index: str | Path = INDEX) -> QA:
        """Open a stored index with the shipped encoder and reader."""
        encoder = SentenceEncoder()
        stored = open_index(Path(index), encoder_fingerprint=encoder.fingerprint)
        return cls._assemble(stored, encoder)

    @classmethod
    def build(
        cls,
        folder: str | Path = FOLDER,
        index: str | Path = INDEX,
        *,
        progress: Progress | None = None,
    ) -> QA:
        """Bring the index up to date with the folder, then open it."""
        encoder = SentenceEncoder()
        build(Path(folder), Path(index), encoder=encoder, progress=progress)
        stored = open_index(Path(index), encoder_fingerprint=encoder.fingerprint)
        return cls._assemble(stored, encoder)

    @classmethod
    def _assemble(cls, stored: StoredIndex, encoder: SentenceEncoder) -> QA:
        encoder.load()  # now, or the first question would wait for it
        reader = OnnxReader()
        calibration = Calibration.load(reader=reader.fingerprint)
        return cls(stored, encoder=encoder, reader=reader, calibration=calibration)

    @property
    def manifest(self) -> Manifest:
        """What the open index holds."""
        return self._index.manifest

    def threshold_for(self, strict: float) -> float:
        """Return the threshold at which a share of absent answers is refused, 0 to 1."""
        return self._calibration.threshold_for(strict)

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
        """Return what brings the index up to date, as a shell takes it.

        ``FOLDER`` stands where the folder of the documents is gone.
        """
        folder = Path(self.manifest.folder)
        return build_command(self._index.path, folder if folder.is_dir() else "FOLDER")

    def outdated(self) -> list[str]:
        """Return the documents that changed or vanished since the build, by id."""
        return sorted(outdated_documents(self._index, self._index.indexed))

    def original_of(self, document_id: str) -> str:
        """Return the document that holds the text of one: itself, or what it is a copy of.

        Passages name that one. KeyError for an unknown id.
        """
        return self._index.places_of(document_id)[0]

    def passages_of(self, document_id: str) -> list[Passage]:
        """Return the passages of a document, or of the one it is a copy of."""
        return self._index.passages(self._index.rows_of(self.original_of(document_id)))

    def search(
        self,
        question: str,
        *,
        top_k: int = 10,
        only: str | Sequence[str] = (),
        since: str = "",
        until: str = "",
    ) -> list[Hit]:
        """Return the passages nearest to a question, nearest first.

        ``only``, ``since`` and ``until`` are those of :meth:`ask`.
        """
        hits, _, _ = self._retrieve(_resolved(question), top_k, _filter(only, since, until))
        return hits

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
        max_tokens: int = MAX_TOKENS_READ,
    ) -> Prediction:
        """Answer a question from those of the ``top_k`` nearest passages that are worth reading.

        ``threshold`` moves the operating point: 0 always answers, 0.9 answers
        only what is nearly certain; :meth:`threshold_for` gives one in terms of
        false answers. ``only`` names documents by shell patterns ("2024/*"),
        ``since`` and ``until`` by date: see :class:`~qa.retrieval.filters.DocumentFilter`.
        ``max_tokens`` bounds what is read, see :mod:`qa.answers.reading` for the order. Raises
        :class:`~qa.errors.QuestionError` for an empty or endless question, and where no
        document is left to ask.
        """
        question = readable(question)
        resolved = _resolved(question)
        threshold = self.threshold if threshold is None else threshold
        began = time.perf_counter()
        hits, outdated, left_out = self._retrieve(resolved, top_k, _filter(only, since, until))
        retrieved = time.perf_counter()
        spans = read_hits(
            self._reader,
            resolved,
            hits,
            ranking=self._calibration.ranking,
            prospects=self._calibration.prospects,
            max_tokens=max_tokens,
        )
        read = time.perf_counter()
        answers = self._answers(hits, spans, max_answers, left_out)
        found = bool(answers) and answers[0].probability >= threshold
        ended = time.perf_counter()
        return Prediction(
            question=question,
            resolved_question=resolved,
            answers=tuple(answers) if found else (),
            found=found,
            passages=tuple(hits),
            timings_ms={
                "retrieve": round(1000 * (retrieved - began), 2),
                "read": round(1000 * (read - retrieved), 2),
                "select": round(1000 * (ended - read), 2),
                "total": round(1000 * (ended - began), 2),
            },
            outdated=tuple(sorted(outdated)),
            passages_read=sum(map(bool, spans)),
        )

    def _retrieve(
        self, question: str, top_k: int, wanted: DocumentFilter
    ) -> tuple[list[Hit], set[str], set[str]]:
        """Return the nearest passages of documents that are wanted and what they were.

        With them come the documents that changed, and all that may not be cited.
        """
        left_out = self._unwanted(wanted) if wanted else set()
        hits = self._nearest(question, top_k, left_out)
        if not outdated_documents(self._index, {hit.passage.document_id for hit in hits}):
            return hits, set(), left_out
        # Seldom, and then often for the whole folder: all are looked at in one go.
        outdated = outdated_documents(self._index, self._index.indexed.keys() - left_out)
        left_out |= outdated
        return self._nearest(question, top_k, left_out), outdated, left_out

    def _nearest(self, question: str, top_k: int, left_out: Set[str]) -> list[Hit]:
        """Return the nearest passages, each as that of its first document not left out."""
        places = self._index.places_of
        # What is stored of a document that is left out may stand in a copy that is not.
        silent = {each for each in left_out if left_out >= set(places(each))}
        hits = []
        for hit in self._retriever.search(question, top_k, exclude=silent):
            here = next(each for each in places(hit.passage.document_id) if each not in left_out)
            hits.append(replace(hit, passage=replace(hit.passage, document_id=here)))
        return hits

    def _unwanted(self, wanted: DocumentFilter) -> set[str]:
        """Return the documents that a filter leaves out; a copy is one by its own path."""
        documents = self._index.documents()
        unwanted = {each.id for each in documents if not wanted.fits(each.id, each.date)}
        if len(unwanted) == len(documents):
            raise QuestionError(
                f"no document fits {wanted}",
                "ask with another choice; "
                f"{index_command(self._index.path, 'info', '--json')} lists all",
            )
        return unwanted

    def _answers(
        self,
        hits: Sequence[Hit],
        spans: Sequence[Sequence[Span]],
        limit: int,
        left_out: Set[str],
    ) -> list[Answer]:
        """Return the candidates as checked quotations, best first."""
        candidates = rank_candidates(
            hits, spans, ranking=self._calibration.ranking, limit=max(limit, 0)
        )
        probabilities = self._calibration.probabilities(each.features for each in candidates)
        return [
            self._answer(candidate, probability, left_out)
            for position, (candidate, probability) in enumerate(
                zip(candidates, probabilities, strict=True)
            )
            if position == 0 or probability >= MIN_PROBABILITY
        ]

    def _answer(self, candidate: Candidate, probability: float, left_out: Set[str]) -> Answer:
        """Return a quotation, after comparing it with its document letter by letter."""
        place, *copies = self._places(candidate.span, left_out)
        answer = Answer(
            text=candidate.span.text,
            place=place,
            probability=round(probability, 4),
            passage=candidate.span.passage,
            also_at=(
                *copies,
                *(place for span in candidate.also for place in self._places(span, left_out)),
            ),
        )
        text = self._index.document(answer.document_id).text
        if text[answer.start : answer.end] != answer.text:
            raise IndexCorrupt(
                f"a quotation does not occur in {answer.document_id}", f"run {self.build_command()}"
            )
        return answer

    def _places(self, span: Span, left_out: Set[str]) -> Iterator[Place]:
        """Yield where a span stands: its document, then each copy that is still the same."""
        document_id = span.passage.document_id
        copies = set(self._index.places_of(document_id)) - {document_id} - left_out
        for each in (document_id, *sorted(copies - outdated_documents(self._index, copies))):
            document = self._index.document(each)
            yield Place(
                document.id,
                span.start,
                span.end,
                document.source,
                # Its page, where the format has pages.
                page=sum(1 for begin in document.pages if begin <= span.start) or None,
                sha256=document.sha256,
            )


def open_or_build(
    folder: str | Path = FOLDER,
    index: str | Path = INDEX,
    *,
    progress: Progress | None = None,
    on_build: Callable[[BuildReport], None] | None = None,
) -> QA:
    """Open the index, building it first where it is missing or no longer fits the folder."""
    encoder = SentenceEncoder()
    folder, index = Path(folder), Path(index)
    stale = is_stale(folder, index, encoder.fingerprint)
    if not stale:
        try:
            return QA._assemble(open_index(index, encoder_fingerprint=encoder.fingerprint), encoder)
        except StoredIndexError:
            pass  # damaged: the documents are at hand, so it is built anew
    report = build(folder, index, encoder=encoder, progress=progress)
    if on_build is not None:
        on_build(report)
    return QA._assemble(open_index(index, encoder_fingerprint=encoder.fingerprint), encoder)


def _filter(only: str | Sequence[str], since: str, until: str) -> DocumentFilter:
    return DocumentFilter((only,) if isinstance(only, str) and only else only, since, until)


def _resolved(question: str) -> str:
    """Return the question as it is asked of the documents, or say why it cannot be."""
    words = readable(question).split()
    if not any(character.isalnum() for word in words for character in word):
        raise QuestionError("the question is empty", 'write one, as in `qa ask "Who …?"`')
    if len(words) > MAX_QUESTION_WORDS:
        raise QuestionError(
            f"the question has {len(words):,} words",
            f'ask one of at most {MAX_QUESTION_WORDS:,}, as in `qa ask "Who …?"`',
        )
    return asking_part(" ".join(words))
