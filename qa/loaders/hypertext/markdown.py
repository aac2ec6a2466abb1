"""Read Markdown as the text of the rendered page, without the markup."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from qa.loaders.bold import Paragraph, bold_headings
from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.hypertext.elements import BREAK
from qa.loaders.hypertext.markup import add_page
from qa.loaders.tables.grid import Cell, Grid, add_grid
from qa.loaders.versions import mark_versions

if TYPE_CHECKING:
    from markdown_it.token import Token

# Text within more lists and quotations would be left out; each list counts twice.
_MAX_NESTING = 80
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# What begins a line of a key and its value.
_KEY = re.compile(r"[^\W_][^\n:|;?!]{0,39}:[ \t]+\S")
# A note's number, and the line of its text, which is no link's address.
_NOTE = re.compile(r"\[\^([^\[\]\s]+)\](?::[ \t]*)?")
_NOTE_TEXT = re.compile(r"^\[\^([^\[\]\s]+)\]:", re.MULTILINE)

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
# A field of the front matter: a value on its line, or a list on the lines below.
_FIELD = re.compile(
    r"^(title|date|author|creator)s?[ \t]*:[ \t]*(.*(?:\r?\n[ \t]*-[ \t].*)*)",
    re.MULTILINE | re.IGNORECASE,
)


def read_markdown(text: str) -> Extracted:
    """Return headings, paragraphs, list items, table rows, code and HTML as plain text.

    A table row becomes one line, cells joined by " | ". The front matter is text too; its
    ``title``, ``date`` and ``author`` become metadata.
    """
    fields: dict[str, str] = {}
    builder = TextBuilder()
    if front := _FRONT_MATTER.match(text):
        fields = {name.lower(): _value(value) for name, value in _FIELD.findall(front.group(1))}
        text = text[front.end() :]
        builder.add(front.group(1), "body")
    title = add_markdown(text, builder)
    return builder.result(
        title=fields.get("title") or title,
        date=find_date(fields.get("date", "")),
        author=fields.get("author") or fields.get("creator", ""),
    )


def add_markdown(text: str, builder: TextBuilder) -> str:
    """Append Markdown without front matter; return its first heading, empty if there is none.

    Where it has none, short paragraphs in bold are headings.
    """
    from markdown_it import MarkdownIt

    notes = set(_NOTE_TEXT.findall(text))

    def without_number(found: re.Match[str]) -> str:
        return "" if found.group(1) in notes else found.group()

    def plain(token: Token) -> str:
        parts: list[str] = []
        links = 0
        for child in token.children or ():
            links += (child.type == "link_open") - (child.type == "link_close")
            if child.type == "text":
                parts.append(_NOTE.sub(without_number, child.content))
            elif child.type == "image" and (links or (level and "".join(parts).strip())):
                continue  # a badge
            elif child.type in ("code_inline", "image"):
                parts.append(child.content)
            elif child.type == "softbreak":
                parts.append("\n")
            elif child.type == "hardbreak" or _LINE_BREAK.match(child.content):
                parts.append(BREAK)
        return "".join(parts)

    first = len(builder.blocks)
    bold: set[int] = set()  # the numbers of blocks
    title = ""
    level = 0
    rows: list[list[Cell]] = []
    row: list[str] | None = None
    headers = 0
    is_header = False
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table")
    for token in parser.parse(_NOTE_TEXT.sub(r"\\\g<0>", text)):
        if token.type == "heading_open":
            level = int(token.tag[1:])
        elif token.type == "heading_close":
            level = 0
        elif token.type == "table_open":
            rows, headers = [], 0
        elif token.type == "table_close":
            _add_table(rows, headers, builder)
        elif token.type == "tr_open":
            row = []
        elif token.type in ("thead_open", "thead_close"):
            is_header = token.type == "thead_open"
        elif token.type == "tr_close" and row is not None:
            if any(row):
                headers += is_header
                rows.append([Cell(text) for text in row])
            row = None
        elif token.type == "list_item_open":
            builder.items.append(int(token.info) if token.info.isdecimal() else 0)
        elif token.type == "list_item_close":
            builder.items.pop()
        elif token.type == "inline":
            content = plain(token)
            if row is not None:
                row.append(content.strip())
            elif level:
                heading = " ".join(content.split())
                title = title or heading
                builder.add(heading, "heading", level=level)
            else:
                if not builder.items and _is_bold(token):
                    bold.add(len(builder.blocks))
                builder.add_content(_joined(content))
        elif token.type in ("fence", "code_block"):
            builder.add(token.content, "body")
        elif token.type == "html_block":
            add_page(token.content, builder)
    if bold and not title and not any(each.kind == "heading" for each in builder.blocks[first:]):
        title = _mark_bold(builder, first, bold)
    mark_versions(builder, first)
    return title


def _add_table(rows: Sequence[Sequence[Cell]], headers: int, builder: TextBuilder) -> None:
    """Append a table; one whose header is empty may have its names in another row, or be a form."""
    if not headers:
        add_grid(rows, builder)
        return
    grid = Grid(builder)
    for number, row in enumerate(rows):
        grid.add(row, header=number < headers)


def _is_bold(token: Token) -> bool:
    """Return whether all words of a paragraph are in bold."""
    depth = 0
    for child in token.children or ():
        depth += (child.type == "strong_open") - (child.type == "strong_close")
        if not depth and child.content.strip():
            return False
    return True


def _mark_bold(builder: TextBuilder, first: int, bold: Set[int]) -> str:
    """Make headings of the bold ones among the blocks from ``first``; return the title."""
    text = "".join(builder.parts)
    paragraphs = [
        Paragraph(text[block.start : block.end], number in bold, is_other=block.kind != "body")
        for number, block in enumerate(builder.blocks[first:], first)
    ]
    found = bold_headings(paragraphs)
    for position, level in found.items():
        number = first + position
        builder.blocks[number] = replace(builder.blocks[number], kind="heading", level=level)
    lines = [paragraphs[each].text for each, level in sorted(found.items()) if level == 1]
    return " ".join(" ".join(lines).split())


def _joined(paragraph: str) -> str:
    """Return a paragraph with its lines joined, except where they are to stay lines.

    Those are lines that end in a marked break, and those beside a key and its value ("Date: 3
    March"), which are often written below each other without one.
    """
    lines = [
        line
        for part in paragraph.split(BREAK)
        for line in _unbroken([each.strip() for each in part.split("\n")])
    ]
    return "\n".join(filter(None, lines))


def _unbroken(lines: Sequence[str]) -> list[str]:
    joined = [lines[0]]
    for before, line in pairwise(lines):
        if _KEY.match(before) or _KEY.match(line):
            joined.append(line)
        else:
            joined[-1] = f"{joined[-1]} {line}"
    return joined


def _value(value: str) -> str:
    """Return a value of the front matter in one line, the items of a list joined."""
    items = value.strip().removeprefix("[").removesuffix("]")
    if items == value.strip() and "\n" not in items:
        return items.strip("\"'")
    parts = re.split(r"(?:\A|\n)[ \t]*-[ \t]|,", items)
    return ", ".join(part.strip(" \t\r\"'") for part in parts if part.strip())
