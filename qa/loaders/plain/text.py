"""Read plain text unchanged, with a role for each block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qa.loaders.dates import own_date
from qa.loaders.extracted import TABLE, Extracted
from qa.loaders.furniture import credit_start, is_agency_line, is_navigation
from qa.loaders.lines.aligned import AlignedRow, aligned_rows
from qa.loaders.lines.rules import is_rule
from qa.loaders.plain.headings import mark_headings, mark_ruled
from qa.loaders.plain.line import Line, breaks, lines_of
from qa.loaders.plain.pages import mark_pages
from qa.loaders.plain.title import TOP_LINES, mark_subject, mark_title
from qa.types import Block


def read_text(text: str, rows: Sequence[Block] = ()) -> Extracted:
    """Return the text unchanged, with its title, its date and its blocks.

    ``rows`` are the rows of tables, and headings, as far as they are known; each is a line, other
    blocks among them are passed over.

    Navigation, section labels above the title, picture credits and the agencies at the end are
    furniture. A short line of its own above running text is a heading, and so is one that is
    underlined or between two rules, which then are furniture. Lines whose columns are aligned
    are the rows of a table.
    """
    lines = lines_of(text)
    if rows:
        _mark_rows(lines, rows)
    else:
        _mark_tables(text, lines)
    mark_pages(text, lines)
    mark_ruled(text, lines)
    subject = mark_subject(lines)
    title = mark_title(text, lines) if subject is None else lines[subject].text
    date = ""
    for position, line in enumerate(lines):
        if line.kind != "body":
            continue
        if is_navigation(line.text):
            line.kind = "furniture"
        elif position < TOP_LINES and not date:
            date = own_date(line.text)  # and text like any other
    if len(lines) > 1 and is_agency_line(lines[-1].text):
        lines[-1].kind = "furniture"
    mark_headings(text, lines[subject:])  # not of a sender, or of whom a letter is for
    return Extracted(text, tuple(_blocks(text, lines)), title, date)


def _mark_rows(lines: list[Line], rows: Sequence[Block]) -> None:
    known = {row.start: row for row in rows if row.kind in ("heading", *TABLE)}
    for line in lines:
        if row := known.get(line.start):
            line.kind, line.level, line.cells = row.kind, row.level, row.cells


def _mark_tables(text: str, lines: list[Line]) -> None:
    """Make rows of the lines of tables; a rule below a row belongs to it."""
    searched: list[tuple[int, str]] = []
    numbers: list[int] = []
    for number, line in enumerate(lines):
        if number and breaks(text, lines[number - 1], line) > 1:
            searched.append((line.begin, ""))
            numbers.append(-1)
        searched.append((line.begin, text[line.begin : line.end]))
        numbers.append(number)
    rows = [(numbers[row.line], row) for row in aligned_rows(searched)]
    first: dict[int, AlignedRow] = {}
    forms: dict[int, list[AlignedRow]] = {}
    for number, row in rows:
        line = lines[number]
        if line.cells:
            forms.setdefault(id(line), [first[number]]).append(row)
            continue
        first[number] = row
        line.kind, line.level, line.cells = (
            "columns" if row.is_header else "row",
            row.table,
            row.cells,
        )
    below = {number: lines[number + 1] for number, _ in rows if number + 1 < len(lines)}
    for number in sorted(below, reverse=True):
        if is_rule(below[number].text) and breaks(text, lines[number], below[number]) == 1:
            lines[number].end = below[number].end
            del lines[number + 1]
    lines[:] = [part for line in lines for part in _pairs(text, line, forms.get(id(line), ()))]


def _pairs(text: str, line: Line, rows: Sequence[AlignedRow]) -> Iterator[Line]:
    """Yield a line of a form as one for each of its names with its value; any other as it is."""
    if not rows:
        yield line
        return
    for row in rows:
        start, end = row.extent(line.start)
        yield replace(line, start=start, end=end, text=text[start:end], cells=row.cells)


def _blocks(text: str, lines: list[Line]) -> list[Block]:
    """Join the lines of a paragraph and cut off picture credits."""
    blocks: list[Block] = []
    previous: Line | None = None
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
