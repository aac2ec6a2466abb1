"""Questions over a corpus: one JSON object per line, with accepted answers or none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.errors import DatasetError
from qa.evaluation.datasets import read_lines


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question asked of a whole folder; no accepted answer means "not in these documents".

    ``documents`` are the ids of the documents that hold the answer, empty where
    that is not known.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    documents: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def read_golden(path: str | Path) -> list[GoldenQuestion]:
    """Read corpus questions; raise :class:`~qa.errors.DatasetError` naming the line.

    Each line is ``{"id", "question", "answers": [text, …], "document": id or
    [id, …] or null, "tags": […]}`` (``document`` and ``tags`` may be absent),
    or a paragraph with questions as `qa eval reader` reads them, whose context
    is then left aside.
    """
    questions = list(_read(path))
    if not questions:
        raise DatasetError(f"{path} holds no question: an empty set proves nothing, add some")
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise DatasetError(f"{path}: the id {question.id!r} stands twice: rename one")
        seen.add(question.id)
    return questions


def _read(path: str | Path) -> Iterator[GoldenQuestion]:
    for number, line in read_lines(path):
        try:
            row = json.loads(line)
            if "qas" in row:
                for item in row["qas"]:
                    texts = tuple(answer["text"] for answer in item["answers"])
                    yield GoldenQuestion(str(item["id"]), item["question"], texts)
                continue
            documents = row.get("document") or ()
            yield GoldenQuestion(
                str(row["id"]),
                row["question"],
                tuple(str(text) for text in row["answers"]),
                (documents,) if isinstance(documents, str) else tuple(documents),
                tuple(row.get("tags", ())),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"{path}, line {number}: not a question ({error!r}); "
                'expected {"id", "question", "answers": ["…"], "document"}'
            ) from error
