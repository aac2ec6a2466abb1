"""Which documents a question is asked of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from qa.errors import QuestionError

_DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_FIRST_DAY = "0000-01-01"


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Documents by the pattern of their id and by their date; each copy by its own id.

    ``only`` are shell patterns, of which one has to fit; ``*`` crosses folders.
    ``since`` and ``until`` are dates or their beginnings ("2024-02-20",
    "2024-02", "2024"), both inclusive; a document without a date fits neither.
    Empty ones let everything through. Raises QuestionError for what is no date, and for
    an empty pattern, which would fit no document.
    """

    only: Sequence[str] = ()
    since: str = ""
    until: str = ""

    def __post_init__(self) -> None:
        for name in ("since", "until"):
            value = getattr(self, name)
            if value and not _is_date(value):
                raise QuestionError(
                    f"{name} is {value!r}", "write a date such as 2024-02-20, 2024-02 or 2024"
                )
        if not all(self.only):
            raise QuestionError("only is ''", "write a path or a pattern such as '2024/*'")

    def __bool__(self) -> bool:
        return bool(self.only or self.since or self.until)

    def __str__(self) -> str:
        given = [("only", ", ".join(self.only)), ("since", self.since), ("until", self.until)]
        return ", ".join(f"{name} {value}" for name, value in given if value)

    def fits(self, document_id: str, date: str) -> bool:
        """Tell whether a document is asked; ``date`` is ISO 8601 or empty."""
        if self.only and not any(fnmatchcase(document_id, pattern) for pattern in self.only):
            return False
        if (self.since or self.until) and not date:
            return False
        # ISO dates sort as text, and a beginning sorts before what it begins.
        return date >= self.since and (not self.until or date[: len(self.until)] <= self.until)


def _is_date(text: str) -> bool:
    """Tell whether a text is a day of the calendar, or the beginning of one."""
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text + _FIRST_DAY[len(text) :])
    except ValueError:
        return False
    return True
