"""The headings of a plain text, and the rules drawn with signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from qa.loaders.dates import is_date_line
from qa.loaders.extracted import TABLE
from qa.loaders.plain.line import DIVISION, ENDS, NUMBERED, TITLE_CHARACTERS, Line, breaks
from qa.loaders.versions import LEAST as VERSIONS
from qa.loaders.versions import is_version

_SUBHEAD_CHARACTERS = 50
_QUESTION_CHARACTERS = 80
# A line drawn with signs; and the space between columns, of which a heading has two at most.
_RULE = re.compile(r"([=\-~_*#^\"'`.:+])\1{3,}")
_GAP = re.compile(r"[ \t]{2,}|\t|\|")
# An underline is about as long as the heading above it. Of several drawn by hand some are longer,
# but not as long as what separates parts of a text.
_MAX_GAPS = 3  # of a heading above a table whose columns it names
_UNDERLINE = (0.7, 1.5)
_LONG_UNDERLINE = 40
# So many numbered lines, or lines in capitals, make a series of headings.
_SERIES = 2
_ITEM = re.compile(r"[-*•‣+]\s|\[[ xX]\]|[☐☒☑]")
# "[network]" above the settings of a program.
_SECTION = re.compile(r"\[[^\W\d_][^\[\]]{0,40}\]")
_SETTING = re.compile(r"[^\W\d_][\w. -]{0,40}[=:].*")
_CASE = re.compile(r"(?P<word>[^\W\d_]{2,20}) (?:\d{1,3}[a-z]?|[A-Z]{1,8})(?: {2,}|\t)(?=\S)")


def mark_ruled(text: str, lines: Sequence[Line]) -> None:
    """Make headings of lines that are underlined or between rules, and furniture of the rules.

    An underline that is longer than its line makes a heading where there are several underlined
    ones.
    """
    underlined: list[tuple[Line, Line]] = []
    longer: list[tuple[Line, Line]] = []
    ended: Line | None = None  # the rule of the last heading, below which another may begin
    for above, line, below in zip([None, *lines], lines, lines[1:], strict=False):
        if not _is_above_rule(text, line, below):
            continue
        gaps = len(_GAP.findall(line.text))
        if above and above.text == below.text and breaks(text, above, line) == 1:
            # The header of a table may be between rules too: it has more columns.
            if gaps < 2 and _is_named(line):
                _mark_ruled(line, [above, below])
                ended = below
            continue
        begins = above is None or above is ended or breaks(text, above, line) > 1
        if gaps or not begins:
            continue
        low, high = (share * len(line.text) for share in _UNDERLINE)
        if low <= len(below.text) <= high and _is_named(line):
            underlined.append((line, below))
            ended = below
        elif high < len(below.text) <= _LONG_UNDERLINE:
            longer += [(line, below)] * _is_short(line)
            ended = below
    if len(underlined) + len(longer) >= _SERIES:
        underlined += longer
    for line, rule in underlined:
        _mark_ruled(line, [rule])


def _is_above_rule(text: str, line: Line, below: Line) -> bool:
    """Return whether a line that may be a heading has a rule right below it."""
    return (
        not line.cells
        and len(line.text) <= TITLE_CHARACTERS
        and _RULE.fullmatch(line.text) is None
        and _RULE.fullmatch(below.text) is not None
        and breaks(text, line, below) == 1
    )


def _mark_ruled(line: Line, rules: Sequence[Line]) -> None:
    line.kind, line.level = "heading", 1 if rules[-1].text[0] == "=" else 2
    for rule in rules:
        rule.kind = "furniture"


def _is_named(line: Line) -> bool:
    """Return whether a line has letters, or names a version or a day."""
    text = line.text
    return any(map(str.isalpha, text)) or is_version(text) or is_date_line(text)


def _is_short(line: Line) -> bool:
    return (
        _is_named(line)
        and len(line.text) <= _SUBHEAD_CHARACTERS
        and not line.text.endswith((".", ":", ",", ";"))
    )


def mark_headings(text: str, lines: Sequence[Line]) -> None:
    """Make headings of lines that name what is below them.

    These are lines of their own above running text, lines below a rule, and those of a series.
    """
    for line, following in pairwise(lines):
        if line.kind == "body" and _is_subhead(line, following):
            line.kind, line.level = "heading", 2
    _mark_below_rules(text, lines)
    _mark_divisions(text, lines)
    _mark_series(text, lines)
    _mark_cases(text, lines)
    _mark_versions(text, lines)
    _mark_sections(lines)


def _mark_sections(lines: Sequence[Line]) -> None:
    """Make headings of lines that name the settings below them: "[network]"."""
    for line, following in pairwise(lines):
        is_named = line.kind == following.kind == "body" and _SECTION.fullmatch(line.text)
        if is_named and _SETTING.match(following.text):
            line.kind, line.level = "heading", 2


def _limit(line: Line) -> int:
    """Return how many characters a heading may have; a question may have more."""
    return _QUESTION_CHARACTERS if line.text.endswith("?") else _SUBHEAD_CHARACTERS


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
    return (
        line.alone
        and len(line.text) <= _limit(line)
        and not line.text.endswith(ENDS)
        and not any(character.isdigit() or character in ":|\t" for character in line.text)
        and line.text[0].isupper()
        and following.kind == "body"
        and len(following.text) > len(line.text)
    )


def _mark_divisions(text: str, lines: Sequence[Line]) -> None:
    """Make headings of lines that name the divisions of a text: "Article IV", "Section 3. Fees".

    There are several of a kind, each first after a blank line and with text below it. A kind that
    comes later is within those before it.
    """
    found: dict[str, list[Line]] = {}
    for position, (line, following) in enumerate(pairwise(lines)):
        division = DIVISION.fullmatch(line.text)
        if (
            division
            and line.kind == "body"
            and (not position or breaks(text, lines[position - 1], line) > 1)
            and _names_division(line, division["name"] or "")
            and not _is_same_kind(division, following)
        ):
            found.setdefault(_kind_of(division), []).append(line)
    series = [each for each in found.values() if len(each) >= _SERIES]
    for depth, each in enumerate(series):
        for line in each:
            line.kind, line.level = "heading", min(2 + depth, 6)


def _names_division(line: Line, name: str) -> bool:
    """Return whether a division's line has its name and is no sentence."""
    name = name.strip(".:–— \xa0-")
    return not name or (
        not name[0].islower()
        and len(line.text) <= (_QUESTION_CHARACTERS if line.alone else _SUBHEAD_CHARACTERS)
        and not name.endswith((".", ":", ";", ","))
        and not _GAP.search(line.text)
    )


def _kind_of(division: re.Match[str]) -> str:
    return division[0].replace("\xa0", " ").split(" ")[0].lower()


def _is_same_kind(division: re.Match[str], following: Line) -> bool:
    other = DIVISION.fullmatch(following.text)
    return other is not None and _kind_of(other) == _kind_of(division)


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
            and len(line.text) <= _limit(line)
            and not line.text.endswith(ENDS)
            and not any(sign in line.text for sign in ":|\t")
            and len(_GAP.findall(line.text)) <= _MAX_GAPS
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


def _mark_versions(text: str, lines: Sequence[Line]) -> None:
    """Make headings of lines that name the versions of a changelog, first after a blank line."""
    found = [
        line
        for above, line, following in zip([None, *lines], lines, lines[1:], strict=False)
        if line.kind == following.kind == "body"
        and (above is None or breaks(text, above, line) > 1 or _is_rule_of(text, above, line))
        and is_version(line.text)
        and not is_version(following.text)
    ]
    if len(found) >= VERSIONS:
        for line in found:
            line.kind, line.level = "heading", 2


def _is_rule_of(text: str, above: Line, line: Line) -> bool:
    return above.kind == "furniture" and breaks(text, above, line) == 1
