"""Contrast pairs: two questions about one passage whose answers differ, or one has none.

"Who sold it?" and "who bought it?", "the fee in 2023" and "in 2024", "why was it put off" and
"why was it cancelled", where it never was. Whoever goes by the words they share gets one wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import DatasetError
from qa.evaluation.datasets import question_of, read_rows, text_of
from qa.evaluation.golden import GoldenQuestion
from qa.evaluation.outcomes import Outcome

# In what the two questions of a pair differ.
TAGS = ("role", "version", "number", "negation", "premise", "person", "date", "heading")


@dataclass(frozen=True, slots=True)
class ContrastPair:
    """Two questions about a ``document`` of a ``corpus``; ``tag`` is what they differ in."""

    id: str
    corpus: str
    document: str
    tag: str
    questions: tuple[GoldenQuestion, GoldenQuestion]


def read_pairs(path: str | Path) -> list[ContrastPair]:
    """Read ``{"id", "corpus", "document", "tag", "questions": [{"question", "answers"}, …]}``.

    No answers: the corpus does not say. Raises :class:`~qa.errors.DatasetError` for a line of
    another kind, for an id or a question that occurs twice, and for two equal sets of answers.
    """
    pairs: list[ContrastPair] = []
    ids: set[str] = set()
    asked: set[tuple[str, str]] = set()
    for number, row in read_rows(path):
        where = f"{path}, line {number}"
        try:
            pair = _pair(row, number)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"{where}: not a contrast pair ({error!r})",
                'write {"id", "corpus", "document", "tag", "questions"}',
            ) from error
        if pair.id in ids:
            raise DatasetError(f"{where}: the id {pair.id!r} occurs twice", "rename one")
        ids.add(pair.id)
        for question in pair.questions:
            key = (pair.corpus, question.question.lower())
            if key in asked:
                raise DatasetError(
                    f"{where}: {question.question!r} is asked twice", "ask it in other words"
                )
            asked.add(key)
        first, second = (set(question.answers) for question in pair.questions)
        if first == second:
            raise DatasetError(f"{where}: both questions have the same answer", "ask another")
        pairs.append(pair)
    return pairs


def _pair(row: Mapping[str, Any], line: int) -> ContrastPair:
    document, tag = text_of(row["document"]), text_of(row["tag"])
    if tag not in TAGS:
        raise ValueError(f"tag {tag!r} is none of {', '.join(TAGS)}")
    first, second = (
        GoldenQuestion(
            f"{row['id']}{letter}",
            question_of(each["question"]),
            tuple(text_of(answer) for answer in each["answers"]),
            (document,),
            (tag,),
            line=line,
        )
        for letter, each in zip("ab", row["questions"], strict=True)
    )
    return ContrastPair(text_of(row["id"]), text_of(row["corpus"]), document, tag, (first, second))


def misquoted(
    pairs: Iterable[ContrastPair], text: Callable[[str, str], str]
) -> list[tuple[str, str]]:
    """Return ``(question id, answer)`` for each accepted answer not in its document.

    ``text`` returns the text of a document, given its corpus and its id. Only white space
    may differ.
    """
    return [
        (question.id, answer)
        for pair in pairs
        for question in pair.questions
        for answer in question.answers
        if _spaced(answer) not in _spaced(text(pair.corpus, pair.document))
    ]


def _spaced(text: str) -> str:
    return " ".join(text.split())


def pair_scores(
    pairs: Sequence[ContrastPair], outcomes: Mapping[str, Outcome]
) -> dict[str, dict[str, float]]:
    """Return, of all pairs (``"all"``) and by tag, their number and shares in percent.

    ``both_shown``: each question whose answer is there is shown the right one, from the right
    place, and each other one is refused. ``both_best``: the same, where the best answer counts
    whether or not it was shown. ``one_shown``: only one of the two is shown right or refused
    rightly. ``outcomes`` are by the ids of the questions.
    """
    groups = {"all": list(pairs)}
    for tag in TAGS:
        if chosen := [pair for pair in pairs if pair.tag == tag]:
            groups[tag] = chosen
    return {name: _scores(chosen, outcomes) for name, chosen in groups.items() if chosen}


def _scores(pairs: Sequence[ContrastPair], outcomes: Mapping[str, Outcome]) -> dict[str, float]:
    of_pairs = [[outcomes[question.id] for question in pair.questions] for pair in pairs]
    shown = [sum(_is_right(outcome, shown=True) for outcome in each) for each in of_pairs]
    best = [all(_is_right(outcome, shown=False) for outcome in each) for each in of_pairs]
    return {
        "pairs": len(pairs),
        "both_shown": _percent(sum(count == 2 for count in shown), len(pairs)),
        "both_best": _percent(sum(best), len(pairs)),
        "one_shown": _percent(sum(count == 1 for count in shown), len(pairs)),
    }


def _is_right(outcome: Outcome, *, shown: bool) -> bool:
    if not outcome.answerable:
        return not outcome.found
    return outcome.best_right and outcome.place_right and (outcome.found or not shown)


def _percent(count: int, total: int) -> float:
    return round(100 * count / total, 1)
