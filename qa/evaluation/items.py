"""Golden questions as tests of pytest, and one more test for each budget."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from qa.errors import QAError
from qa.evaluation.corpus import ask_corpus, check_current
from qa.evaluation.golden import (
    GoldenQuestion,
    check_golden,
    conversation,
    read_golden,
)
from qa.evaluation.outcomes import MISSES, RIGHT, Outcome
from qa.evaluation.scores import percent
from qa.pipeline import QA

_OPEN = pytest.StashKey[QA]()


class GoldenFile(pytest.File):
    """A file of golden questions; each is asked once, however many tests use its outcome."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each question, and one for each budget given."""
        self._outcomes: dict[str, Outcome] = {}
        try:
            self.questions = read_golden(self.path)
        except QAError as error:
            raise self.CollectError(str(error)) from error
        for question in self.questions:
            yield QuestionItem.from_parent(self, name=question.id, question=question)
        for name in ("qa_min_f1", "qa_max_false_answers"):
            if self.config.getoption(name) is not None:
                yield BudgetItem.from_parent(self, name=name.replace("_", "-"))

    def outcome(self, question: GoldenQuestion) -> Outcome:
        """Return the outcome of a question, after checking it against the documents."""
        if question.id not in self._outcomes:
            qa = self._qa()
            names = [file.path for file in qa.manifest.documents]
            check_golden(self.path, [question], names, lambda name: qa.document(name).text)
            *_, self._outcomes[question.id] = ask_corpus(conversation(question, self.questions), qa)
        return self._outcomes[question.id]

    def _qa(self) -> QA:
        """Return the index, opened once for the whole run and up to date with ``qa_folder``."""
        stash = self.config.stash
        if _OPEN not in stash:
            folder, root = self.config.getini("qa_folder"), self.config.rootpath
            if folder:
                # Each worker of pytest-xdist has an index of its own: builds lock theirs.
                worker = os.environ.get("PYTEST_XDIST_WORKER", "index")
                cache = self.config.rootpath / ".pytest_cache" / "verbatim"
                stash[_OPEN] = QA.build(root / folder, cache / worker)
            else:
                qa = QA.open(root / self.config.getini("qa_index"))
                check_current(qa)
                stash[_OPEN] = qa
        return stash[_OPEN]


class GoldenItem(pytest.Item):
    """Base of the two kinds of tests."""

    parent: GoldenFile

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the message of a miss or of a ``QAError``, else a traceback."""
        if isinstance(excinfo.value, QAError | MissError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the location of the test, for the heading of its failure."""
        return self.path, None, self.name


class QuestionItem(GoldenItem):
    """A golden question: passes if an accepted answer, or a correct "not found", is shown.

    With a budget, a miss is an expected failure: the budget decides.
    """

    def __init__(self, *, question: GoldenQuestion, **others: Any) -> None:
        super().__init__(**others)
        self.question = question

    def runtest(self) -> None:
        """Ask the question."""
        outcome = self.parent.outcome(self.question)
        if outcome.stage == RIGHT:
            return
        options = self.config.option
        if options.qa_min_f1 is not None or options.qa_max_false_answers is not None:
            pytest.xfail(f"{outcome.stage}; the budget decides")
        raise MissError(_message(outcome))

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the location of the question, for the heading of its failure."""
        return self.path, self.question.line - 1, f"{self.name}: {self.question.question}"


class BudgetItem(GoldenItem):
    """A budget over all questions of a file, deselected ones too."""

    def runtest(self) -> None:
        """Ask the questions not asked yet, and compare their scores with the budget."""
        outcomes = [self.parent.outcome(question) for question in self.parent.questions]
        missed = [outcome.id for outcome in outcomes if outcome.stage != RIGHT]
        if self.name == "qa-min-f1":
            least, reached = self.config.option.qa_min_f1, percent([o.f1 for o in outcomes])
            if reached is not None and reached < least:
                raise MissError(f"F1 is {reached:g}, below {least:g}; missed: {missed}")
            return
        absent = [outcome for outcome in outcomes if not outcome.answerable]
        if not absent:
            raise MissError("no question is unanswerable: add some, or drop this budget")
        most, given = (
            self.config.option.qa_max_false_answers,
            percent([float(outcome.found) for outcome in absent]),
        )
        if given is not None and given > most:
            answered = [outcome.id for outcome in absent if outcome.found]
            raise MissError(
                f"{given:g} % of the unanswerable questions were answered, over {most:g} %: "
                f"{answered}"
            )


class MissError(AssertionError):
    """A question or a budget was missed; reported by its message, without a traceback."""


def _message(outcome: Outcome) -> str:
    accepted = " or ".join(f"“{text}”" for text in outcome.accepted) or "not found"
    shown = f"“{outcome.shown}”" if outcome.found else "not found"
    return (
        f"{outcome.question}\n"
        f"  expected  {accepted}\n"
        f"  shown     {shown}\n"
        f"  missed    {outcome.stage}: {MISSES[outcome.stage]}\n"
        f"  best      “{outcome.best}”, {outcome.confidence:.0%}, {outcome.source}\n"
        f"  passage   {' '.join(outcome.passage.split())}"
    )
