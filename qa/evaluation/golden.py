"""Read and check questions over a corpus: one JSON object per line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from qa.errors import DatasetError
from qa.evaluation.datasets import question_of, read_rows, text_of

_TAG = re.compile(r"<[^>]*>")
_KEYS = {"id", "question", "answers", "document", "also", "tags", "why", "after"}


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question asked of a whole folder; without an accepted answer it is unanswerable.

    ``documents`` are the ids of the documents that contain the answer, empty if
    unknown. ``tags`` are free; those of the questions over ``seeds/`` name what is asked for
    (person, number, date, place, thing, reason, list) and how (paraphrase: in other words
    than the documents'; unanswerable). ``after`` is the id of the question that it follows up,
    empty for one that stands alone. ``line`` is its line in the file.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    documents: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    after: str = ""
    line: int = field(default=0, compare=False)


def read_golden(path: str | Path) -> list[GoldenQuestion]:
    """Read corpus questions; raise :class:`~qa.errors.DatasetError` naming the line.

    Each line is ``{"id", "question", "answers": [text, …], "document": id or [id, …] or null,
    "also": the same for further documents with the answer, or [{"document", "answers"}, …] where
    they say it in other words, "tags": […], "why": a note, "after": the id of an earlier line
    that it follows up}``, of which all but the first three are optional, or a paragraph with
    questions in the format of `qa eval reader`, whose context is ignored. SQuAD's JSON is
    read too.
    """
    questions = list(_read(path))
    if not questions:
        raise DatasetError(f"{path} contains no question", "add some")
    seen: dict[str, int] = {}
    for question in questions:
        if question.id in seen:
            raise DatasetError(
                f"{path}, line {question.line}: the id {question.id!r} occurs twice, "
                f"first on line {seen[question.id]}",
                "rename one",
            )
        if question.after and question.after not in seen:
            raise DatasetError(
                f"{path}, line {question.line}: no line before it has the id {question.after!r}, "
                "which it follows up",
                "name an earlier line",
            )
        seen[question.id] = question.line
    return questions


def conversation(
    question: GoldenQuestion, questions: Sequence[GoldenQuestion]
) -> list[GoldenQuestion]:
    """Return the questions that one follows up, oldest first, and itself."""
    by_id = {each.id: each for each in questions}
    turns = [question]
    while turns[0].after:
        turns.insert(0, by_id[turns[0].after])
    return turns


def check_golden(
    path: str | Path,
    questions: Sequence[GoldenQuestion],
    document_ids: Collection[str],
    text: Callable[[str], str],
    file_text: Callable[[str], str] = lambda _: "",
) -> list[str]:
    """Raise :class:`~qa.errors.DatasetError` for the first question that contradicts the corpus.

    Each document named must be among ``document_ids``, and each accepted answer must occur in
    a document named, or in any document if none is named; only white space may differ.
    ``text`` returns the indexed text of a document, ``file_text`` that of its file. An answer
    that only the file contains was lost by extraction, which is not an error in the question:
    the ids of such questions, which count as misses, are returned.
    """
    indexed = cache(lambda document_id: _spaced(text(document_id)))
    in_file = cache(lambda document_id: _spaced(file_text(document_id)))
    lost: dict[str, None] = {}
    for question in questions:
        where = f"{path}, line {question.line} ({question.id})"
        for document_id in question.documents:
            if document_id not in document_ids:
                raise DatasetError(
                    f"{where}: there is no document {document_id!r} in the index",
                    "correct its name (`qa info --json` lists them), or build the index with it",
                )
        within = question.documents or document_ids
        for answer in question.answers:
            if any(_spaced(answer) in indexed(document_id) for document_id in within):
                continue
            if any(_spaced(answer) in in_file(document_id) for document_id in within):
                lost[question.id] = None
            else:
                named = ", ".join(question.documents) or "any document"
                raise DatasetError(
                    f"{where}: the answer {answer!r} does not occur in {named}",
                    "write it as the document does, or name the document that says it",
                )
    return list(lost)


def markup_free(path: Path) -> str:
    """Return the text of a file without its tags; meaningless for a binary file."""
    return unescape(_TAG.sub(" ", path.read_bytes().decode("utf-8", errors="replace")))


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _read(path: str | Path) -> Iterator[GoldenQuestion]:
    for number, row in read_rows(path):
        try:
            if "qas" in row:
                for item in row["qas"]:
                    # Several annotators often gave the same answer.
                    texts = dict.fromkeys(text_of(answer["text"]) for answer in item["answers"])
                    question = question_of(item["question"])
                    yield GoldenQuestion(str(item["id"]), question, tuple(texts), line=number)
                continue
            if unknown := row.keys() - _KEYS:
                raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
            elsewhere, otherwise = _also(row.get("also"))
            documents = (*_documents(row.get("document")), *elsewhere)
            yield GoldenQuestion(
                str(row["id"]),
                question_of(row["question"]),
                (*(text_of(text) for text in _list(row["answers"])), *otherwise),
                tuple(dict.fromkeys(documents)),
                tuple(text_of(tag) for tag in _list(row.get("tags") or [])),
                "" if row.get("after") is None else str(row["after"]),
                line=number,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"{path}, line {number}: not a question ({error!r})",
                'write {"id", "question", "answers": ["…"], "document", "tags"}',
            ) from error


def _documents(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(map(text_of, value or ()))


def _also(value: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return further documents with the answer, and what they say in other words."""
    documents: list[str] = []
    answers: list[str] = []
    if not isinstance(value, list):
        return _documents(value), ()
    for each in value:
        if isinstance(each, dict):
            documents += _documents(each["document"])
            answers += map(text_of, _list(each["answers"]))
        else:
            documents.append(text_of(each))
    return tuple(documents), tuple(answers)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value
