"""The lines of a plain text, each with a role."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from qa.loaders.extracted import Range
from qa.types import BlockKind

_LINE = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]+")
# Behind such a sign no title and no heading ends.
ENDS = tuple(".!:;,…\"”’)'")
TITLE_CHARACTERS = 150
# "3. Any other business", "4.2 Repairs", "§ 5 Deposit", "b) Fees", "IV. Costs"
NUMBERED = re.compile(
    r"(?:§ ?\d{1,3}[a-z]?|\d{1,2}(?:\.\d{1,2}){0,3}[.)]?|[A-Za-z]\)|[IVX]{1,4}[.)])"
    r"[ \xa0]+(?=[^\W\d_a-z])"
)
# "Article IV", "Section 3. Fees", "Chapter 2: The weir", "Appendix B"
DIVISION = re.compile(
    r"(?:article|section|chapter|part|title|schedule|annex|appendix|exhibit|lesson|unit|week|day"
    r"|step|act|scene|clause|rule|module|artikel|abschnitt|kapitel|teil|anhang|chapitre|partie"
    r"|annexe|cap[ií]tulo|secci[oó]n|se[cç][aã]o|capitolo|sezione)"
    r"[ \xa0](?:\d{1,3}(?:\.\d{1,2})*|[IVXLC]{1,7}|[A-Z])"
    r"(?P<name>[.:]?[ \xa0]+\S.*|[.:]?\s*[–—-]\s*\S.*|\.)?",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Line:
    """A line: its place, without the spaces around it, and what it is."""

    start: int
    end: int
    text: str
    alone: bool = True  # between blank lines, or at an end of the text
    kind: BlockKind = "body"
    level: int = 0
    cells: tuple[Range, ...] = ()
    begin: int = 0  # with the spaces before its text

    @property
    def indent(self) -> int:
        """The number of spaces before its text."""
        return self.start - self.begin


def lines_of(text: str) -> list[Line]:
    """Return the lines of a text that are not empty."""
    lines = []
    for found in _LINE.finditer(text):
        content = found.group()
        stripped = content.strip()
        if stripped:
            start = found.start() + content.index(stripped)
            lines.append(Line(start, start + len(stripped), stripped, begin=found.start()))
    for line, following in pairwise(lines):
        if breaks(text, line, following) < 2:
            line.alone = following.alone = False
    return lines


def breaks(text: str, line: Line, following: Line) -> int:
    """Return how many line breaks are between two lines."""
    between = text[line.end : following.start].replace("\r\n", "\n")
    return sum(between.count(sign) for sign in "\n\r\v\f\x85\u2028\u2029")
