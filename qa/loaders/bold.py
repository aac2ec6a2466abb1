"""Tell headings that were typed in bold from other paragraphs in bold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from qa.loaders.dates import find_date, is_day
from qa.loaders.letter import subject_of

# An amount of money, a figure of thousands or with decimals, a telephone number, "key: 7".
_VALUE = re.compile(
    r"[€£$]\s?\d|\d\s?(?:€|£|%|euros?\b|dollars?\b|pounds?\b)|\d{1,3}(?:[,'’]\d{3})+\b|\b\d+[.,]\d{2}\b"
    r"|(?<!\d)(?:\+|0)\d[\d /()-]{6,}\d|^[^:]{2,40}:\s*\d+$"
)
_KEY = re.compile(r"[^\W\d_][^:]{0,38}:\s")
_MAX_CHARACTERS = 80
_MAX_TITLE_LINES = 3
# More paragraphs in bold, one after the other, are a letterhead, a list or a warning.
_MAX_RUN = 2
_MAX_BOLD = 2 / 3


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph's text in lines; ``is_other`` is what stands among them: a table, a list."""

    text: str
    is_bold: bool = False
    is_other: bool = False


def states_value(text: str) -> bool:
    """Return whether a line in bold or large type says something: an amount, a number, a day."""
    return _VALUE.search(text) is not None or bool(find_date(text))


def bold_headings(paragraphs: Sequence[Paragraph]) -> Mapping[int, int]:
    """Return the positions of headings, each with its level.

    Level 1 have the first lines of a text, which are its title, or the subject of a letter, above
    which are no others. There are none where most of a text is bold. A heading is short, says
    nothing by itself and has text below it.
    """
    subject = subject_of(
        [each.text for each in paragraphs], [each.is_bold for each in paragraphs], above=True
    )
    found: dict[int, int] = {} if subject is None else {subject: 1}
    bold = sum(len(each.text) for each in paragraphs if each.is_bold)
    if bold > _MAX_BOLD * sum(len(each.text) for each in paragraphs):
        return found
    position = 0 if subject is None else subject + 1
    last = 0  # the line of a long title that may be the first heading below it
    while position < len(paragraphs):
        end = position
        while end < len(paragraphs) and paragraphs[end].is_bold:
            end += 1
        run = paragraphs[position:end]
        has_text = end < len(paragraphs)
        title = list(takewhile(lambda each: not is_day(each.text), run))
        if position == 0 and has_text and _is_title(title):
            found |= dict.fromkeys(range(len(title)), 1)
            last = len(title) - 1 if len(title) == len(run) == _MAX_TITLE_LINES else 0
        elif has_text and 0 < len(run) <= _MAX_RUN and all(_is_heading(each.text) for each in run):
            found |= dict.fromkeys(range(position, end), 2)
        position = max(end, position + 1)
    if last and 2 in found.values():
        found[last] = 2
    return found


def _is_title(run: Sequence[Paragraph]) -> bool:
    return 0 < len(run) <= _MAX_TITLE_LINES and all(
        _is_name(each.text) and not _VALUE.search(each.text) for each in run
    )


def _is_heading(text: str) -> bool:
    return _is_name(text) and not states_value(text)


def _is_name(text: str) -> bool:
    return (
        len(text) <= _MAX_CHARACTERS
        and "\n" not in text
        and "\t" not in text
        and any(map(str.isalpha, text))
        and not text[0].islower()
        and not text.endswith((".", ":", ";", ",", ")"))
        and _KEY.match(text) is None
    )
