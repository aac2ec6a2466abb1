"""What happens to a question: the only module that knows every stage."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

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
from qa.answers.quotations import verify
from qa.answers.reading import Reading, read
from qa.answers.rivals import Rivals, rivals
from qa.answers.second_look import look_again
from qa.answers.selection import CONSIDERED, Evidence
from qa.errors import CorpusError
from qa.index import OpenIndex
from qa.retrieval.conversation import stand_alone
from qa.retrieval.filters import DocumentFilter
from qa.retrieval.retriever import Retrieved, Retriever
from qa.types import Prediction, Reader

# A second answer less likely than this is noise on the page.
MIN_PROBABILITY = 0.02


@dataclass(frozen=True, slots=True)
class Answering:
    """The stages from a question to what is quoted, over one index.

    Without a ``second`` reader there is no second look at the answers.
    """

    index: OpenIndex
    retriever: Retriever
    reader: Reader
    second: Reader | None
    calibration: Calibration

    def retrieved(
        self, question: str, top_k: int, wanted: DocumentFilter, talked_of: str = ""
    ) -> Retrieved:
        """Return the nearest passages; CorpusError where the folder of the documents is gone."""
        retrieved = self.retriever.retrieve(question, top_k, wanted, talked_of=talked_of)
        # Nothing could be quoted then, and "not found" would be said of documents not looked at.
        if retrieved.outdated and not self.index.folder.is_dir():
            raise CorpusError(
                f"the folder of the documents, {self.index.manifest.folder}, is not there",
                "put it back, or build from where it is now: "
                f"{self.index.command('build', 'FOLDER')}",
            )
        return retrieved

    def answer(
        self,
        resolved: str,
        *,
        top_k: int,
        max_answers: int,
        wanted: DocumentFilter,
        history: Sequence[Prediction],
    ) -> Prediction:
        """Return all answers to a question that is well formed, whatever their probability.

        The question of the result is the stand-alone one that was asked. The arguments are those
        of :meth:`qa.pipeline.QA.ask`, which raises for what they may not be.
        """
        began = time.perf_counter()
        readings = stand_alone(resolved, history)
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
            scored = self._scored(look, is_looked_at_again=len(questions) == 1)
            tried.append((look, scored))
            if is_settled(scored, history, at_least=self.calibration.threshold):
                break
        look, scored = tried[choose([each for _, each in tried], self.calibration.threshold)]
        if len(questions) > 1:
            scored = self._scored(look)
        settled = is_settled(scored, history, at_least=self.calibration.threshold)
        if readings[0].is_marked and not settled:
            other = readings[1].question if len(readings) > 1 else ""
            scored = self._read_otherwise(look, scored, resolved, other, max_answers)
        prediction = self._answered(look, scored, max_answers)
        total = _milliseconds(began)
        rest = round(total - sum(prediction.timings_ms.values()), 2)
        timings_ms = {**prediction.timings_ms, "look_again": rest, "total": total}
        return replace(prediction, timings_ms=timings_ms)

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
        retrieved = self.retrieved(resolved, top_k, wanted, talked_of)
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
            self.reader,
            question,
            retrieved.hits,
            ranking=self.calibration.ranking,
            early_stopping=self.calibration.early_stopping,
        )
        marks.append(time.perf_counter())
        evidence = Evidence.of(question, retrieved.hits)
        candidates = self.calibration.selection.select(
            evidence, reading.candidates, max(max_answers, CONSIDERED)
        )
        marks.append(time.perf_counter())
        stages = zip(("read", "select"), pairwise(marks), strict=True)
        timings_ms = {stage: _milliseconds(*between) for stage, between in stages}
        return _FirstLook(retrieved, reading, evidence, candidates, continued, timings_ms)

    def _scored(self, look: _FirstLook, *, is_looked_at_again: bool = True) -> Scored:
        """Return the candidates with their probability, best first."""
        candidates = look.candidates
        if is_looked_at_again and self.second and self.calibration.is_worth_it(candidates):
            candidates = look_again(self.second, look.evidence, candidates)
        scored = self.calibration.calibrate(candidates, at_least=MIN_PROBABILITY)
        return weighed(scored, look.continued) if look.continued else scored

    def _read_otherwise(
        self,
        look: _FirstLook,
        as_asked: Scored,
        typed: str,
        other: str,
        max_answers: int,
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
        scored = mixed(as_asked, self._scored(own, is_looked_at_again=False), as_asked)
        if scored and scored[0][1] >= self.calibration.possible:
            return scored
        otherwise = self._scored(again(other), is_looked_at_again=False) if other else as_asked
        return mixed(as_asked, self._scored(own), otherwise)

    def _answered(self, look: _FirstLook, scored: Scored, max_answers: int) -> Prediction:
        """Return all answers to a stand-alone question, whatever their probability."""
        question, excluded = look.evidence.question, look.retrieved.excluded
        # Those that contradict the best may come after all that are shown.
        compared = sum(probability >= LEAST for _, probability in scored)
        answers = verify(self.index, scored[: max(max_answers, compared)], excluded)
        others = self._rivals(look, scored)
        found = disagreement(
            question,
            answers[:compared],
            rivals=verify(self.index, others.found, excluded),
            changed=verify(self.index, others.changed, excluded),
            threshold=self.calibration.threshold,
            document=self.index.document,
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
        if not scored or scored[0][1] < self.calibration.possible:
            return Rivals()
        is_nearly_answer = scored[0][1] >= TOGETHER * self.calibration.threshold
        return rivals(
            look.evidence,
            scored[0],
            look.reading,
            reader=self.reader if is_nearly_answer else None,
            calibration=self.calibration,
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


def _milliseconds(began: float, ended: float | None = None) -> float:
    """Return the milliseconds between two times in seconds, or from one until now."""
    return round(1000 * ((time.perf_counter() if ended is None else ended) - began), 2)
