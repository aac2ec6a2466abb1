"""Read Org files: headings, paragraphs, lists, tables and code, without the markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.papers.agenda import headline, is_planning, planned, states_of, told_by
from qa.loaders.tables.grid import Cell, add_grid

_STARS = re.compile(r"(\*+)\s+(.*)")
_TAGS = re.compile(r"(?<!\s)\s+:[\w@#%:]+:\s*$")
_KEYWORD = re.compile(r"\s*#\+(\w+):\s*(.*)", re.IGNORECASE)
_BEGIN = re.compile(r"\s*#\+begin_(\w+)", re.IGNORECASE)
_DRAWER = re.compile(r"\s*:(\w[\w-]*):\s*$")
_END = ":END:"
_LINK = re.compile(r"\[\[([^\[\]]+)\](?:\[([^\[\]]+)\])?\]")
_MARK = re.compile(r"(?<![\w*/=~_+])([*/=~_+])(?=\S)([^\n]{0,300}?\S)\1(?![\w*/=~_+])")
_ITEM = re.compile(r"\s*(?:[-+]|\d{1,4}[.)]|\*(?=\s))\s+")
# A row that says how wide columns are, and how they are set: "| <10> | <r> |", "| / | < | > |".
_COLUMN_MARKS = re.compile(r"\|(?:\s*+(?:/|<[lcr]?\d{0,3}>|<>?|>)?\s*+\|)++")
_RULE = re.compile(r"\s*\|[-+|]+\s*$")
_CODE = {"src", "example", "export"}
_KEPT = {"title", "author", "date", "subtitle", "caption"}
_PROPERTIES = "PROPERTIES"


def read_org(text: str) -> Extracted:
    """Return the text of a file; keywords for programs and comments are left out.

    What a heading is marked with, its state and its days, is text below it, and so is what its
    drawers tell.
    """
    builder = TextBuilder()
    stated: dict[str, str] = {}
    paragraph: list[str] = []
    about: list[str] = []  # of the heading above: its state, its days
    table: list[str] = []
    in_drawer = False

    def flush() -> None:
        builder.add("\n".join(about), "body")  # a day to come is not that of the document
        about.clear()
        words = " ".join(" ".join(paragraph).split())
        if in_drawer:
            builder.add(words, "body")  # of a day on which something was noted
        else:
            builder.add_content(words)
        paragraph.clear()
        if table:
            _add_table(table, builder)
            table.clear()

    source = text.splitlines()
    states = states_of(source)
    drawers = dict(_drawers(source))
    ends = set(drawers.values())
    lines = iter(enumerate(source))
    for number, line in lines:
        if (stars := _STARS.match(line)) is not None:
            flush()
            state, words = headline(_TAGS.sub("", stars.group(2)), states)
            builder.add(_plain(words), "heading", level=1 + len(stars.group(1)))
            if state:
                about.append(state)
        elif is_planning(line):
            if paragraph or table:
                flush()
            about += planned(line)
        elif (begin := _BEGIN.match(line)) is not None:
            flush()
            name = begin.group(1).lower()
            inner = []
            for _, each in lines:
                if re.match(rf"\s*#\+end_{re.escape(name)}\b", each, re.IGNORECASE):
                    break
                inner.append(each)
            if name in _CODE:
                builder.add("\n".join(inner), "body")
            elif name != "comment":
                builder.add_content(" ".join(_plain(" ".join(inner)).split()))
        elif (keyword := _KEYWORD.match(line)) is not None:
            flush()
            key, value = keyword.group(1).lower(), _plain(keyword.group(2)).strip()
            if key in _KEPT and value:
                stated.setdefault(key, value)
                if key == "title":
                    builder.add(value, "heading", level=1)
                else:
                    builder.add_content(value.strip("<>"))
        elif number in drawers and line.strip(" \t:").upper() == _PROPERTIES:
            end = drawers[number]
            about += told_by(source[number + 1 : end])
            next(islice(lines, end - number - 1, None), None)  # passes over it
        elif number in drawers or number in ends:
            flush()
            in_drawer = number in drawers
        elif line.lstrip().startswith("|"):
            if paragraph:
                flush()
            table.append(line)
        elif not line.strip() or line.lstrip().startswith("# ") or line.strip() == "#":
            flush()
        else:
            if table or about or _ITEM.match(line):
                flush()
            paragraph.append(_plain(_ITEM.sub("", line, count=1) if _ITEM.match(line) else line))
    flush()
    return builder.result(
        title=stated.get("title", "") or builder.first_heading(),
        author=stated.get("author", ""),
        date=find_date(stated.get("date", "")),
    )


def _drawers(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and last line of each drawer, by number; one that never ends is none."""
    begun = -1
    for number, line in enumerate(lines):
        if line.strip().upper() == _END:
            if begun >= 0:
                yield begun, number
            begun = -1
        elif _STARS.match(line):
            begun = -1
        elif _DRAWER.match(line):
            begun = number


def _add_table(lines: list[str], builder: TextBuilder) -> None:
    lines = [line for line in lines if not _COLUMN_MARKS.fullmatch(line.strip())]
    rows = [
        [Cell(_plain(cell.strip())) for cell in line.strip().strip("|").split("|")]
        for line in lines
        if not _RULE.match(line)
    ]
    rules = [number for number, line in enumerate(lines) if _RULE.match(line)]
    inside = [number for number in rules if 0 < number < len(lines) - 1]
    headers = inside[0] - sum(number < inside[0] for number in rules) if inside else None
    add_grid(rows, builder, headers=headers)


def _plain(text: str) -> str:
    """Return a text without the marks of links and emphasis."""
    text = _LINK.sub(lambda found: found.group(2) or found.group(1), text)
    return _MARK.sub(lambda found: found.group(2), text)
