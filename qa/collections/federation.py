"""Several collections asked as one."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from typing import TypeVar

from qa.answers.disagreement import disagreement
from qa.answers.quotations import Quotation, Validity
from qa.answers.verdict import judge
from qa.asking import Askable, no_collection
from qa.collections.patterns import below
from qa.collections.placed import (
    answer_in,
    disagreement_in,
    document_in,
    earlier_in,
    hit_in,
    indexed_in,
    joined,
    parted,
    skipped_in,
    summary_in,
)
from qa.errors import QuestionError
from qa.index import DocumentSummary
from qa.index.manifest import Manifest
from qa.retrieval.filters import DocumentFilter
from qa.retrieval.question import resolve
from qa.text import normalize, without_surrogates
from qa.types import Answer, Disagreement, Document, Hit, Prediction, SearchResult

Patterns = tuple[str, ...]
Found = TypeVar("Found", Prediction, SearchResult)
# How a collection is asked: its name, itself, and the patterns of its documents.
Asking = Callable[[str, Askable, Patterns], Found]


class Federation:
    """Asks several collections, each with an index of its own; implements ``Askable``.

    An answer has the probability that it has in its collection; the most probable comes first.
    Answers in the same words are one, with all of its places. ``networks`` is a pipeline without
    documents: it is asked where there is no collection, and knows the thresholds, which are those
    of all. ``watchers`` are told of each question that is answered.
    """

    def __init__(
        self,
        members: Mapping[str, Askable],
        *,
        networks: Askable,
        watchers: Sequence[Callable[[Prediction], None]] = (),
    ) -> None:
        # In the order of the ids: "law-old/…" comes before "law/…".
        self._members = {
            name: members[name] for name in sorted(members, key=lambda name: f"{name}/")
        }
        self._networks, self._watchers = networks, watchers

    @property
    def collections(self) -> tuple[str, ...]:
        """The names of the collections, in the order of ids."""
        return tuple(self._members)

    @property
    def threshold(self) -> float:
        """The lowest probability shown as an answer, unless a question says otherwise."""
        return self._networks.threshold

    @property
    def possible(self) -> float:
        """The lowest probability shown as a possible answer."""
        return self._networks.possible

    @cached_property
    def generation(self) -> str:
        """A name that is new after each build of one of them; another for other collections."""
        names = [f"{name}:{member.generation}" for name, member in self._members.items()]
        if len(names) == 1:
            return names[0]
        return f"{len(names)}:{sha256(' '.join(names).encode()).hexdigest()[:16]}"

    @cached_property
    def manifest(self) -> Manifest:
        """What is indexed, of all collections."""
        members = self._members.items()
        return replace(
            self._networks.manifest,
            folder="",
            documents=tuple(
                indexed_in(name, file) for name, each in members for file in each.manifest.documents
            ),
            skipped=tuple(
                skipped_in(name, file) for name, each in members for file in each.manifest.skipped
            ),
        )

    def within(self, names: Sequence[str]) -> Federation:
        """Return the same with these collections alone, with all of them for no name.

        Raises :class:`~qa.errors.NoCollection` where there is none of a name.
        """
        for name in names:
            if name not in self._members:
                raise no_collection(name)
        if not names or set(names) == set(self._members):
            return self
        chosen = {name: self._members[name] for name in names}
        return Federation(chosen, networks=self._networks, watchers=self._watchers)

    def threshold_for(self, strict: float) -> float:
        """Return the threshold at which a share of absent answers is refused, 0 to 1."""
        return self._networks.threshold_for(strict)

    def strict_for(self, threshold: float) -> float:
        """Return the share of the absent answers that a threshold refuses, 0 to 1."""
        return self._networks.strict_for(threshold)

    def documents(self) -> list[DocumentSummary]:
        """Return one summary per document, in the order of ids."""
        return list(self._documents)

    @cached_property
    def _documents(self) -> tuple[DocumentSummary, ...]:
        return tuple(
            summary_in(name, document)
            for name, member in self._members.items()
            for document in member.documents()
        )

    def document(self, document_id: str) -> Document:
        """Return a document as it was indexed; KeyError for an unknown id."""
        name, local = parted(document_id)
        return document_in(name, self._members[name].document(local))

    def is_outdated(self, document_id: str) -> bool:
        """Return whether a document changed or vanished since the build; KeyError if unknown."""
        name, local = parted(document_id)
        return self._members[name].is_outdated(local)

    def check(self, quotation: Quotation) -> tuple[Quotation, Validity]:
        """Return a quotation with its place, and whether the document's words stand there."""
        name, local = parted(quotation.document)
        if name not in self._members:
            return quotation, "gone"
        found, verdict = self._members[name].check(replace(quotation, document=local))
        return replace(found, document=quotation.document), verdict

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
        """Return the passages nearest to a question; the arguments are those of ``QA.search``."""
        if not self._members:
            return self._networks.search(question, top_k=top_k)
        found = self._each(
            question,
            DocumentFilter(_listed(only), since, until, language),
            lambda _, member, patterns: member.search(
                question,
                top_k=top_k,
                only=patterns,
                since=since,
                until=until,
                language=language,
            ),
        )
        return SearchResult(
            question=without_surrogates(question),
            resolved_question=resolve(question),
            passages=_nearest(found)[:top_k],
            outdated=_outdated(found),
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
        """Answer a question; the arguments are those of ``QA.ask``.

        ``top_k`` are the passages of each collection. A follow-up is asked of all of them as what
        it means where it has the most probable answer. Answers of two collections disagree where
        one of them is shown as an answer: they have not competed for one probability.
        """
        began = time.perf_counter()

        def asked(words: str, turns: Sequence[Prediction]) -> Asking[Prediction]:
            return lambda name, member, patterns: member.ask(
                words,
                top_k=top_k,
                max_answers=max_answers,
                threshold=0.0,
                only=patterns,
                since=since,
                until=until,
                language=language,
                history=[earlier_in(name, each) for each in turns],
                quick=quick,
            )

        wanted = DocumentFilter(_listed(only), since, until, language)
        if not self._members:
            found = {"": self._networks.ask(question, history=history, quick=True)}
        else:
            found = self._each(question, wanted, asked(question, history))
        best = max(found, key=lambda name: _probability(found[name]))
        meant = found[best].resolved_question
        others = [name for name in found if found[name].resolved_question != meant]
        if others:
            found |= self._each(meant, wanted, asked(meant, ()), names=others)
        answers = _merged(found)
        timings_ms: Counter[str] = Counter()
        for each in found.values():
            timings_ms.update(each.timings_ms)
        total = round(1000 * (time.perf_counter() - began), 2)
        prediction = judge(
            replace(
                found[best],
                question=without_surrogates(question),
                talked_of=joined(best, found[best].talked_of),
                answers=answers[:max_answers],
                verdict="answer",
                passages=_nearest(found),
                timings_ms={stage: round(ms, 2) for stage, ms in timings_ms.items()}
                | {"total": total},
                outdated=_outdated(found),
                passages_read=sum(each.passages_read for each in found.values()),
                disagreement=self._across(meant, answers)
                or disagreement_in(best, found[best].disagreement),
            ),
            threshold=self.threshold if threshold is None else threshold,
            possible=self.possible,
        )
        for tell in self._watchers:
            tell(prediction)
        return prediction

    def _across(self, question: str, answers: Sequence[Answer]) -> Disagreement | None:
        """Return answers of several collections that contradict each other."""
        if not answers or answers[0].probability < self.threshold:
            return None
        found = disagreement(
            question, answers, threshold=self.threshold, document=self.document, apart=True
        )
        of = {parted(answer.document_id)[0] for answer in found.answers} if found else ()
        return found if len(of) > 1 else None

    def _each(
        self,
        question: str,
        wanted: DocumentFilter,
        ask: Asking[Found],
        *,
        names: Sequence[str] = (),
    ) -> dict[str, Found]:
        """Return what is found in each collection, or these, with documents that a filter chooses.

        Raises :class:`~qa.errors.QuestionError` if there is none, or the question cannot be asked.
        """
        resolve(question)
        found = {}
        for name in names or self._members:
            member, patterns = self._members[name], below(wanted.only, name)
            if wanted.only and not patterns:
                continue
            local = replace(wanted, only=patterns)
            # A pipeline would refuse a filter that chooses nothing.
            if not wanted or any(local.matches(each) for each in member.documents()):
                found[name] = ask(name, member, patterns)
        if not found:
            raise QuestionError(f"no document matches {wanted}", "change the filter")
        return found


def _listed(only: str | Sequence[str]) -> Patterns:
    return ((only,) if only else ()) if isinstance(only, str) else tuple(only)


def _probability(found: Prediction) -> float:
    return found.answers[0].probability if found.answers else 0.0


def _merged(found: Mapping[str, Prediction]) -> tuple[Answer, ...]:
    """Return the answers of all, the most probable first, those in the same words as one."""
    answers = [answer_in(name, answer) for name, each in found.items() for answer in each.answers]
    answers.sort(key=lambda answer: -answer.probability)  # equals stay in the order of ids
    merged: dict[str, Answer] = {}
    for answer in answers:
        words = normalize(answer.text)
        if words in merged:
            places = (*merged[words].also_at, answer.place, *answer.also_at)
            merged[words] = replace(merged[words], also_at=places)
        else:
            merged[words] = answer
    return tuple(merged.values())


def _nearest(found: Mapping[str, Found]) -> tuple[Hit, ...]:
    hits = [hit_in(name, hit) for name, each in found.items() for hit in each.passages]
    return tuple(sorted(hits, key=lambda hit: -hit.score))


def _outdated(found: Mapping[str, Found]) -> tuple[str, ...]:
    return tuple(joined(name, each) for name, each_of in found.items() for each in each_of.outdated)
