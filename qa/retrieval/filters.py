"""Which documents a question is asked of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from qa.errors import QuestionError
from qa.index import DocumentSummary
from qa.retrieval.patterns import Patterns, patterns_of

_DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_FIRST_DAY = "0000-01-01"
_LANGUAGE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """A choice of documents by path, date and language; a copy is chosen by its own path.

    ``only`` are shell patterns, at least one of which must match; ``*`` crosses folders.
    ``since`` and ``until`` are dates or their beginnings ("2024-02-20", "2024-02", "2024"),
    both inclusive; ``language`` is an ISO 639-1 code, in either case. A document without a
    date, or whose language is not known, does not match a filter by it. An empty field
    matches every document. Raises :class:`~qa.errors.QuestionError` for an invalid date or
    language, and for patterns that are empty or too many.
    """

    only: Sequence[str] = ()
    since: str = ""
    until: str = ""
    language: str = ""
    _patterns: Patterns = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("since", "until"):
            value = getattr(self, name)
            if value and not _is_date(value):
                raise QuestionError(
                    f"{name} is {value!r}", "write a date such as 2024-02-20, 2024-02 or 2024"
                )
        if not all(self.only):
            raise QuestionError("only is ''", "write a path or a pattern such as '2024/*'")
        object.__setattr__(self, "_patterns", patterns_of(tuple(self.only)))
        object.__setattr__(self, "language", self.language.lower())
        if self.language and not _LANGUAGE.fullmatch(self.language):
            raise QuestionError(
                f"language is {self.language!r}", "write a code of two letters such as en or de"
            )

    def __bool__(self) -> bool:
        return bool(self.only or self.since or self.until or self.language)

    def __str__(self) -> str:
        given = {
            "only": ", ".join(self.only),
            "since": self.since,
            "until": self.until,
            "language": self.language,
        }
        return ", ".join(f"{name} {value}" for name, value in given.items() if value)

    def matches(self, document: DocumentSummary) -> bool:
        """Return whether a document is asked."""
        if self.only and not self._patterns.match(document.id):
            return False
        if self.language and document.language != self.language:
            return False
        if (self.since or self.until) and not document.date:
            return False
        # ISO dates sort as text, and a beginning sorts before what it begins.
        late_enough = document.date >= self.since
        return late_enough and (not self.until or document.date[: len(self.until)] <= self.until)


def _is_date(text: str) -> bool:
    """Return whether a text is a day of the calendar, or the beginning of one."""
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text + _FIRST_DAY[len(text) :])
    except ValueError:
        return False
    return True
