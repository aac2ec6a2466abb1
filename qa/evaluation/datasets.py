"""Read labelled questions on paragraphs: JSON Lines or SQuAD's JSON, plain or gzipped."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Reference:
    """One accepted answer: ``context[start:start + len(text)] == text``."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question with its accepted answers; without any it is unanswerable."""

    id: str
    question: str
    references: tuple[Reference, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The accepted answer texts."""
        return tuple(reference.text for reference in self.references)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A context and the questions asked of it; ``title`` may be empty."""

    title: str
    context: str
    questions: tuple[LabelledQuestion, ...]


def read_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield ``(line number from 1, line)`` for each non-empty line of a text or gzip file."""
    path = Path(path)
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == b"\x1f\x8b"
        # gzip.open and open take the same arguments for text; utf-8-sig drops a byte order mark.
        with (gzip.open if is_gzip else open)(path, "rt", encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise DatasetError(
            f"cannot read questions from {path} ({error})",
            "give a UTF-8 JSON Lines file, plain or gzipped",
        ) from error


def read_rows(path: str | Path) -> Iterator[tuple[int, Any]]:
    """Yield ``(line number from 1, JSON value)`` of each line, or each paragraph of SQuAD's JSON.

    SQuAD's file is one object, ``{"data": [{"title", "paragraphs": [{"context", "qas"}]}]}``,
    on one line or several; the line number of its rows is that of its beginning. Raises
    :class:`~qa.errors.DatasetError` naming the line.
    """
    lines = read_lines(path)
    for number, line in lines:
        try:
            row = json.loads(line)
        except ValueError as error:
            # An object may be laid out over several lines.
            row = _whole(line + "".join(rest for _, rest in lines))
            if row is None:
                raise DatasetError(
                    f"{path}, line {number}: not JSON ({error})", "write one object a line"
                ) from error
        if isinstance(row, dict) and "data" in row:
            yield from ((number, paragraph) for paragraph in _squad(row, f"{path}, line {number}"))
        else:
            yield number, row


def _whole(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "data" in value else None


def _squad(value: dict[str, Any], where: str) -> Iterator[dict[str, Any]]:
    try:
        for article in value["data"]:
            for paragraph in article["paragraphs"]:
                yield {"title": article.get("title"), **paragraph}
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{where}: not the JSON of SQuAD ({error!r})",
            'write {"data": [{"title", "paragraphs": [{"context", "qas"}]}]}',
        ) from error


def read_paragraphs(path: str | Path) -> Iterator[Paragraph]:
    """Yield the paragraphs of a file in the format of ``qa eval reader``.

    Each line is ``{"title", "context", "qas": [{"id", "question", "answers":
    [{"text", "answer_start"}]}]}``; ``answer_start`` counts code points of
    ``context``, which must contain each text. SQuAD's JSON is read too. Raises
    :class:`~qa.errors.DatasetError` naming the line.
    """
    for number, row in read_rows(path):
        try:
            questions = tuple(_question(item) for item in row["qas"])
            paragraph = Paragraph(row.get("title") or "", row["context"], questions)
            absent = [t for q in questions for t in q.texts if t not in text_of(paragraph.context)]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"{path}, line {number}: not a paragraph with questions ({error!r})",
                'write {"title", "context", "qas": [{"id", "question", "answers": '
                '[{"text", "answer_start"}]}]}',
            ) from error
        if absent:
            raise DatasetError(
                f"{path}, line {number}: the answer {absent[0]!r} does not occur in its context",
                "write it as the context does",
            )
        yield paragraph


def _question(item: dict[str, Any]) -> LabelledQuestion:
    references = tuple(
        Reference(text_of(answer["text"]), answer["answer_start"]) for answer in item["answers"]
    )
    return LabelledQuestion(str(item["id"]), question_of(item["question"]), references)


def text_of(value: Any) -> str:
    """Return a value that is a non-blank text; raise TypeError or ValueError for any other.

    A text with lone surrogates is invalid: it could not be printed or saved.
    """
    if not isinstance(value, str) or not value.strip():
        raise TypeError(f"{value!r} is not a text")
    value.encode("utf-8")
    return value


def question_of(value: Any) -> str:
    """Return a value that is a text with a word in it; raise as :func:`text_of` does."""
    if not any(character.isalnum() for character in text_of(value)):
        raise ValueError(f"{value!r} contains no word")
    return str(value)
