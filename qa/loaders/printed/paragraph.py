"""The lines of a paragraph, and its text, in which divided words are whole."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from qa.loaders.printed.line import Line

_LAST_PART, _FIRST_PART = re.compile(r"(?<![\w-])[\w-]+\Z"), re.compile(r"\w+")
_MAX_WORD = 100
# First parts of words that keep their hyphen at the end of a line.
_HYPHENATED = re.compile(
    r"(?:^|\W)(?:all|anti|cross|co|ex|half|high|long|low|mid|non|post|pre|pro|self|semi|short|so|"
    r"well|world|\w*[A-Z\d]\w*)$"
)


@dataclass(slots=True)
class Paragraph:
    """Lines that are one paragraph, or one row of a table."""

    lines: list[Line]
    is_row: bool = False
    is_group: bool = False  # names the rows of a table that follow
    is_over: bool = False  # names columns of the next row, not aligned with them
    is_merged: bool = False  # a cell that is merged over the next rows
    is_said: bool = False  # says something of the row above, such as what is in a dish


def text_of(paragraph: Paragraph, words: Counter[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return a paragraph's text, and each line's page and start in the text."""
    text = ""
    offsets = []
    previous: Line | None = None
    for line in paragraph.lines:
        if previous is not None:
            text += _seam(text, line.text, words) if previous.hyphenated else " "
        offsets.append((line.page, len(text)))
        text += line.text
        previous = line
    if previous is not None and previous.hyphenated:
        text += "-"
    return text, offsets


def _seam(before: str, after: str, words: Counter[str]) -> str:
    """Return what joins two parts of a word, a hyphen or nothing."""
    left, right = _LAST_PART.search(before[-_MAX_WORD:]), _FIRST_PART.match(after)
    part, rest = (left.group() if left else ""), (right.group() if right else "")
    whole, hyphened = words[(part + rest).lower()], words[f"{part}-{rest}".lower()]
    if whole != hyphened:
        return "" if whole > hyphened else "-"
    return "-" if not rest[:1].islower() or _HYPHENATED.search(part) else ""
