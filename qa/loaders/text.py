"""Read plain text unchanged, with a role for each block."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from qa.loaders.dates import find_date, is_date_line
from qa.loaders.extracted import TABLE, Extracted, Range
from qa.loaders.furniture import credit_start, is_agency_line, is_navigation, is_section_label
from qa.loaders.tables.aligned import aligned_rows, is_rule
from qa.types import Block, BlockKind

_LINE = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]+")
_TOP_LINES = 12
_TITLE_CHARACTERS = 150
_SUBHEAD_CHARACTERS = 50
_QUESTION_CHARACTERS = 80
# A line drawn with signs; and the space between columns, of which a heading has two at most.
_RULE = re.compile(r"([=\-~_*#])\1{3,}")
_GAP = re.compile(r"[ \t]{2,}|\t|\|")
# An underline is about as long as the heading above it.
_UNDERLINE = (0.7, 1.5)
_ENDS = tuple(".!:;,…\"”’)'")
# "3. Any other business", "4.2 Repairs", "§ 5 Deposit", "b) Fees", "IV. Costs"
_NUMBERED = re.compile(
    r"(?:§ ?\d{1,3}[a-z]?|\d{1,2}(?:\.\d{1,2}){0,3}[.)]?|[A-Za-z]\)|[IVX]{1,4}[.)])"
    r" +(?=[^\W\d_a-z])"
)
# So many numbered lines, or lines in capitals, make a series of headings.
_SERIES = 2


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    text: str
    alone: bool = True  # between blank lines, or at an end of the text
    kind: BlockKind = "body"
    level: int = 0
    cells: tuple[Range, ...] = ()
    begin: int = 0  # with the spaces before its text


def read_text(text: str, rows: Sequence[Block] = ()) -> Extracted:
    """Return the text unchanged, with its title, its date and its blocks.

    ``rows`` are the rows of tables, as far as they are known; each is a line, other blocks among
    them are passed over.

    Navigation, section labels above the title, picture credits and the agencies at the end are
    furniture. A short line of its own above running text is a heading, and so is one that is
    underlined or between two rules, which then are furniture. Lines whose columns are aligned
    are the rows of a table.
    """
    lines = _lines(text)
    if rows:
        _mark_rows(lines, rows)
    else:
        _mark_tables(text, lines)
    _mark_ruled(text, lines)
    title = date = ""
    for position, line in enumerate(lines):
        at_top = position < _TOP_LINES
        if line.kind != "body":
            is_first = all(each.kind == "furniture" for each in lines[:position])
            if is_first and line.kind == "heading":
                title = " ".join(line.text.split())
        elif is_navigation(line.text) or (at_top and not title and is_section_label(line.text)):
            line.kind = "furniture"
        elif at_top and not date and is_date_line(line.text):
            date = find_date(line.text)  # and text like any other: "Due by 1 May 2024"
        elif at_top and not title and _may_be_title(line, lines[position + 1 :]):
            title, line.kind, line.level = " ".join(line.text.split()), "heading", 1
    if lines and len(lines) > 1 and is_agency_line(lines[-1].text):
        lines[-1].kind = "furniture"
    for line, following in pairwise(lines):
        if line.kind == "body" and _is_subhead(line, following):
            line.kind, line.level = "heading", 2
    _mark_series(text, lines)
    return Extracted(text, tuple(_blocks(text, lines)), title, date)


def _lines(text: str) -> list[_Line]:
    lines = []
    for found in _LINE.finditer(text):
        content = found.group()
        stripped = content.strip()
        if stripped:
            start = found.start() + content.index(stripped)
            lines.append(_Line(start, start + len(stripped), stripped, begin=found.start()))
    for line, following in pairwise(lines):
        if _breaks(text, line, following) < 2:
            line.alone = following.alone = False
    return lines


def _mark_rows(lines: list[_Line], rows: Sequence[Block]) -> None:
    known = {row.start: row for row in rows if row.kind in TABLE}
    for line in lines:
        if row := known.get(line.start):
            line.kind, line.level, line.cells = row.kind, row.level, row.cells


def _mark_tables(text: str, lines: list[_Line]) -> None:
    """Make rows of the lines of tables; a rule below a row belongs to it."""
    searched: list[tuple[int, str]] = []
    numbers: list[int] = []
    for number, line in enumerate(lines):
        if number and _breaks(text, lines[number - 1], line) > 1:
            searched.append((line.begin, ""))
            numbers.append(-1)
        searched.append((line.begin, text[line.begin : line.end]))
        numbers.append(number)
    rows = [(numbers[row.line], row) for row in aligned_rows(searched)]
    for number, row in rows:
        line = lines[number]
        line.kind, line.level, line.cells = (
            "columns" if row.is_header else "row",
            row.table,
            row.cells,
        )
    below = {number: lines[number + 1] for number, _ in rows if number + 1 < len(lines)}
    for number in sorted(below, reverse=True):
        if is_rule(below[number].text) and _breaks(text, lines[number], below[number]) == 1:
            lines[number].end = below[number].end
            del lines[number + 1]


def _mark_ruled(text: str, lines: list[_Line]) -> None:
    """Make headings of lines that are underlined or between rules, and furniture of the rules.

    The header of a table may be between rules too: it has more columns.
    """
    for position, line in enumerate(lines[:-1]):
        below = lines[position + 1]
        if line.cells or _RULE.fullmatch(line.text) or not _RULE.fullmatch(below.text):
            continue
        above = lines[position - 1] if position else None
        if _breaks(text, line, below) > 1 or len(line.text) > _TITLE_CHARACTERS:
            continue
        gaps = len(_GAP.findall(line.text))
        if above and above.text == below.text and _breaks(text, above, line) == 1:
            is_heading, rules = gaps < 2, [above, below]
        else:
            low, high = (share * len(line.text) for share in _UNDERLINE)
            is_first = above is None or _breaks(text, above, line) > 1
            is_heading, rules = is_first and not gaps and low <= len(below.text) <= high, [below]
        if is_heading and any(character.isalpha() for character in line.text):
            line.kind, line.level = "heading", 1 if below.text[0] == "=" else 2
            for rule in rules:
                rule.kind = "furniture"


def _breaks(text: str, line: _Line, following: _Line) -> int:
    """Return how many line breaks are between two lines."""
    between = text[line.end : following.start].replace("\r\n", "\n")
    return sum(between.count(sign) for sign in "\n\r\v\f\x85\u2028\u2029")


def _may_be_title(line: _Line, rest: list[_Line]) -> bool:
    """Return whether the first line of content is a title: short, alone, text below."""
    return (
        bool(rest)
        and line.alone
        and len(line.text) <= _TITLE_CHARACTERS
        and not line.text.endswith(_ENDS)
        and "|" not in line.text
        and any(character.isalpha() for character in line.text)
    )


def _is_subhead(line: _Line, following: _Line) -> bool:
    """Return whether a line is a heading of the running text below it."""
    limit = _QUESTION_CHARACTERS if line.text.endswith("?") else _SUBHEAD_CHARACTERS
    return (
        line.alone
        and len(line.text) <= limit
        and not line.text.endswith(_ENDS)
        and not any(character.isdigit() or character in ":|\t" for character in line.text)
        and line.text[0].isupper()
        and following.kind == "body"
        and len(following.text) > len(line.text)
    )


def _mark_series(text: str, lines: list[_Line]) -> None:
    """Make headings of lines that begin sections: numbered, or all in capitals.

    They are short, come first after a blank line and do not end as a sentence does. There are
    several in a text, at least two of which have running text right below them.
    """
    found: dict[bool, list[_Line]] = {True: [], False: []}
    certain = {True: 0, False: 0}
    for position, (line, following) in enumerate(pairwise(lines)):
        is_first = not position or _breaks(text, lines[position - 1], line) > 1
        number = _NUMBERED.match(line.text)
        item = _NUMBERED.match(following.text)
        if (
            is_first
            and (number or line.text.isupper())
            and line.kind == "body"
            and following.kind in ("body", *TABLE)
            and len(line.text) <= _SUBHEAD_CHARACTERS
            and not line.text.endswith(_ENDS)
            and not any(sign in line.text for sign in ":|\t")
            and not (item and not (number and _is_below(number[0], item[0])))
            and not is_date_line(line.text)
        ):
            found[bool(number)].append(line)
            runs = len(following.text) > _SUBHEAD_CHARACTERS and not following.text.isupper()
            certain[bool(number)] += runs and following.kind == "body"
    for is_numbered, series in found.items():
        if certain[is_numbered] >= _SERIES:
            for line in series:
                line.kind, line.level = "heading", 2


def _is_below(number: str, item: str) -> bool:
    """Return whether an item is one of a numbered section: 4.1 below 4."""
    return item.startswith(f"{number.rstrip(' .)')}.")


def _blocks(text: str, lines: list[_Line]) -> list[Block]:
    """Join the lines of a paragraph and cut off picture credits."""
    blocks: list[Block] = []
    previous: _Line | None = None
    for line in lines:
        cut = credit_start(line.text) if line.kind == "body" else None
        end = line.end if cut is None else line.start + len(line.text[:cut].rstrip())
        if line.start < end:
            joined = (
                previous is not None
                and line.kind == previous.kind == "body"
                and blocks[-1].kind == "body"
                and not _separated(text[previous.end : line.start])
            )
            if joined:
                blocks[-1] = Block(blocks[-1].start, end, "body")
            else:
                blocks.append(Block(line.start, end, line.kind, line.level, line.cells))
        if cut is not None:
            blocks.append(Block(line.start + cut, line.end, "furniture"))
        previous = line
    return blocks


def _separated(between: str) -> bool:
    """Return whether a blank line or a page break separates two lines."""
    unified = between.replace("\r\n", "\n")
    return "\f" in between or sum(unified.count(sign) for sign in "\n\r\v\x85\u2028\u2029") > 1
