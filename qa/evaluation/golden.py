"""Read and check questions over a corpus: one JSON object per line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.errors import DatasetError
from qa.evaluation.datasets import question_of, read_rows, text_of

_KEYS = {"id", "question", "answers", "document", "tags"}


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question asked of a whole folder; without an accepted answer it is unanswerable.

    ``documents`` are the ids of the documents that contain the answer, empty if
    unknown. ``tags`` are free; those of the questions over ``seeds/`` name what is asked for
    (person, number, date, place, thing, reason, list) and how (paraphrase: in other words
    than the documents'; unanswerable). Each question is asked by itself, without follow-ups.
    ``line`` is its line in the file.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    documents: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)


def read_golden(path: str | Path) -> list[GoldenQuestion]:
    """Read corpus questions; raise :class:`~qa.errors.DatasetError` naming the line.

    Each line is ``{"id", "question", "answers": [text, …], "document": id or
    [id, …] or null, "tags": […]}`` (``document`` and ``tags`` may be absent),
    or a paragraph with questions in the format of `qa eval reader`, whose context is
    ignored. SQuAD's JSON is read too.
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
        seen[question.id] = question.line
    return questions


def check_golden(
    path: str | Path,
    questions: Sequence[GoldenQuestion],
    document_ids: Collection[str],
    text: Callable[[str], str],
) -> None:
    """Raise :class:`~qa.errors.DatasetError` for the first question that contradicts the corpus.

    Each document named must be among ``document_ids``, and each accepted answer must occur in
    a document named, or in any document if none is named; only white space may differ.
    ``text`` returns the text of a document.
    """
    known: dict[str, str] = {}

    def spaced(document_id: str) -> str:
        if document_id not in known:
            known[document_id] = _spaced(text(document_id))
        return known[document_id]

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
            if not any(_spaced(answer) in spaced(document_id) for document_id in within):
                named = ", ".join(question.documents) or "any document"
                raise DatasetError(
                    f"{where}: the answer {answer!r} does not occur in {named}",
                    "write it as the document does, or name the document that says it",
                )


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
            documents = row.get("document") or ()
            yield GoldenQuestion(
                str(row["id"]),
                question_of(row["question"]),
                tuple(text_of(text) for text in _list(row["answers"])),
                (documents,) if isinstance(documents, str) else tuple(map(text_of, documents)),
                tuple(text_of(tag) for tag in _list(row.get("tags") or [])),
                line=number,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"{path}, line {number}: not a question ({error!r})",
                'write {"id", "question", "answers": ["…"], "document", "tags"}',
            ) from error


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value
