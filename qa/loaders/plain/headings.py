"""The headings of a plain text, and the rules drawn with signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from qa.loaders.dates import is_date_line
from qa.loaders.extracted import TABLE
from qa.loaders.plain.line import ENDS, NUMBERED, TITLE_CHARACTERS, Line, breaks

_SUBHEAD_CHARACTERS = 50
_QUESTION_CHARACTERS = 80
# A line drawn with signs; and the space between columns, of which a heading has two at most.
_RULE = re.compile(r"([=\-~_*#])\1{3,}")
_GAP = re.compile(r"[ \t]{2,}|\t|\|")
# An underline is about as long as the heading above it.
_UNDERLINE = (0.7, 1.5)
# So many numbered lines, or lines in capitals, make a series of headings.
_SERIES = 2
_ITEM = re.compile(r"[-*•‣+]\s|\[[ xX]\]|[☐☒☑]")
_CASE = re.compile(r"(?P<word>[^\W\d_]{2,20}) (?:\d{1,3}[a-z]?|[A-Z]{1,8})(?: {2,}|\t)(?=\S)")


def mark_ruled(text: str, lines: Sequence[Line]) -> None:
    """Make headings of lines that are underlined or between rules, and furniture of the rules.

    The header of a table may be between rules too: it has more columns.
    """
    for position, line in enumerate(lines[:-1]):
        below = lines[position + 1]
        if line.cells or _RULE.fullmatch(line.text) or not _RULE.fullmatch(below.text):
            continue
        above = lines[position - 1] if position else None
        if breaks(text, line, below) > 1 or len(line.text) > TITLE_CHARACTERS:
            continue
        gaps = len(_GAP.findall(line.text))
        if above and above.text == below.text and breaks(text, above, line) == 1:
            is_heading, rules = gaps < 2, [above, below]
        else:
            low, high = (share * len(line.text) for share in _UNDERLINE)
            is_first = above is None or breaks(text, above, line) > 1
            is_heading, rules = is_first and not gaps and low <= len(below.text) <= high, [below]
        if is_heading and any(character.isalpha() for character in line.text):
            line.kind, line.level = "heading", 1 if below.text[0] == "=" else 2
            for rule in rules:
                rule.kind = "furniture"


def mark_headings(text: str, lines: Sequence[Line]) -> None:
    """Make headings of lines that name what is below them.

    These are lines of their own above running text, lines below a rule, and those of a series.
    """
    for line, following in pairwise(lines):
        if line.kind == "body" and _is_subhead(line, following):
            line.kind, line.level = "heading", 2
    _mark_below_rules(text, lines)
    _mark_series(text, lines)
    _mark_cases(text, lines)


def _mark_below_rules(text: str, lines: Sequence[Line]) -> None:
    """Make headings of short lines right below a rule, with a blank line or a list after them."""
    for rule, line, following in zip(lines, lines[1:], lines[2:], strict=False):
        if (
            rule.kind == line.kind == "body"
            and _RULE.fullmatch(rule.text)
            and breaks(text, rule, line) == 1
            and (breaks(text, line, following) > 1 or following.indent > line.indent)
            and len(line.text) <= _SUBHEAD_CHARACTERS
            and line.text[0].isupper()
            and not line.text.endswith(ENDS)
            and not _GAP.search(line.text)
            and not is_date_line(line.text)
        ):
            rule.kind = "furniture"
            line.kind, line.level = "heading", 2


def _is_subhead(line: Line, following: Line) -> bool:
    """Return whether a line is a heading of the running text below it."""
    limit = _QUESTION_CHARACTERS if line.text.endswith("?") else _SUBHEAD_CHARACTERS
    return (
        line.alone
        and len(line.text) <= limit
        and not line.text.endswith(ENDS)
        and not any(character.isdigit() or character in ":|\t" for character in line.text)
        and line.text[0].isupper()
        and following.kind == "body"
        and len(following.text) > len(line.text)
    )


def _mark_series(text: str, lines: Sequence[Line]) -> None:
    """Make headings of lines that begin sections: numbered, or all in capitals.

    They are short, come first after a blank line and do not end as a sentence does. There are
    several in a text, at least two of which have running text, a list or a table below them.
    """
    found: dict[bool, list[Line]] = {True: [], False: []}
    certain = {True: 0, False: 0}
    for position, (line, following) in enumerate(pairwise(lines)):
        is_first = not position or breaks(text, lines[position - 1], line) > 1
        number = NUMBERED.match(line.text)
        item = NUMBERED.match(following.text)
        if (
            is_first
            and (number or line.text.isupper())
            and line.kind == "body"
            and following.kind in ("body", *TABLE)
            and len(line.text) <= _SUBHEAD_CHARACTERS
            and not line.text.endswith(ENDS)
            and not any(sign in line.text for sign in ":|\t")
            and not (item and not (number and _is_below(number[0], item[0])))
            and not is_date_line(line.text)
        ):
            found[bool(number)].append(line)
            certain[bool(number)] += _has_text_below(text, line, following)
    for is_numbered, series in found.items():
        if certain[is_numbered] >= _SERIES:
            for line in series:
                line.kind, line.level = "heading", 2


def _is_below(number: str, item: str) -> bool:
    """Return whether an item is one of a numbered section: 4.1 below 4."""
    return item.startswith(f"{number.rstrip(' .)')}.")


def _has_text_below(text: str, line: Line, following: Line) -> bool:
    if following.kind in TABLE:
        return True
    is_next = breaks(text, line, following) == 1
    is_item = is_next and _ITEM.match(following.text) is not None
    is_below = is_next and following.indent > line.indent and not NUMBERED.match(following.text)
    runs = len(following.text) > _SUBHEAD_CHARACTERS or is_item or is_below
    return runs and not following.text.isupper()


def _mark_cases(text: str, lines: Sequence[Line]) -> None:
    """Make headings of lines that begin paragraphs with a word that recurs: "BED 4   Mr Pell".

    The word is in capitals or has a number, and a gap is behind it.
    """
    found: dict[str, list[Line]] = {}
    for position, (line, following) in enumerate(pairwise(lines)):
        case = _CASE.match(line.text)
        if (
            case
            and line.kind == following.kind == "body"
            and not (position and breaks(text, lines[position - 1], line) < 2)
            and breaks(text, line, following) == 1
            and following.indent < case.end()
            and not _CASE.match(following.text)
            and len(line.text) <= _QUESTION_CHARACTERS
            and not line.text.endswith((".", ":", ";", ","))
            and ":" not in line.text
        ):
            found.setdefault(case["word"], []).append(line)
    for series in found.values():
        if len(series) >= _SERIES:
            for line in series:
                line.kind, line.level = "heading", 2
