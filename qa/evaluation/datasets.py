"""Labelled questions on paragraphs: one JSON object per line, plain or gzipped."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Reference:
    """One accepted answer: ``context[start:start + len(text)] == text``."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question with its accepted answers; none means that it is unanswerable."""

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
        # gzip.open and open take the same arguments for text.
        with (gzip.open if is_gzip else open)(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"cannot read questions from {path} ({error}): "
            "give a UTF-8 JSON Lines file, plain or gzipped"
        ) from error


def read_paragraphs(path: str | Path) -> Iterator[Paragraph]:
    """Yield the paragraphs of a file in the format of ``qa eval reader``.

    Each line is ``{"title", "context", "qas": [{"id", "question", "answers":
    [{"text", "answer_start"}]}]}``; ``answer_start`` counts code points of
    ``context``. Raises :class:`~qa.errors.DatasetError` naming the line.
    """
    for number, line in read_lines(path):
        try:
            row = json.loads(line)
            questions = tuple(
                LabelledQuestion(
                    id=str(item["id"]),
                    question=item["question"],
                    references=tuple(
                        Reference(answer["text"], answer["answer_start"])
                        for answer in item["answers"]
                    ),
                )
                for item in row["qas"]
            )
            yield Paragraph(row.get("title") or "", row["context"], questions)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"{path}, line {number}: not a paragraph with questions ({error!r}); "
                'expected {"title", "context", "qas": [{"id", "question", "answers"}]}'
            ) from error
