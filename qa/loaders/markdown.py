"""Read Markdown as the text of the rendered page, without the markup."""

from __future__ import annotations

import re

from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted, TextBuilder

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
# A field of the front matter: a value on its line, or a list on the lines below.
_FIELD = re.compile(
    r"^(title|date|author|creator)s?[ \t]*:[ \t]*(.*(?:\r?\n[ \t]*-[ \t].*)*)",
    re.MULTILINE | re.IGNORECASE,
)


def read_markdown(text: str) -> Extracted:
    """Return headings, paragraphs, list items, table rows and code as plain text.

    A table row becomes one line, cells joined by " | ". The front matter's ``title``, ``date``
    and ``author`` become metadata.
    """
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    fields: dict[str, str] = {}
    if front := _FRONT_MATTER.match(text):
        fields = {name.lower(): _value(value) for name, value in _FIELD.findall(front.group(1))}
        text = text[front.end() :]

    def plain(token: Token) -> str:
        parts = []
        for child in token.children or ():
            if child.type in ("text", "code_inline") or child.type == "image":
                parts.append(child.content)
            elif child.type in ("softbreak", "hardbreak"):
                parts.append(" ")
        return "".join(parts)

    builder = TextBuilder()
    title = ""
    level = 0
    row: list[str] | None = None
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "heading_open":
            level = int(token.tag[1:])
        elif token.type == "heading_close":
            level = 0
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            builder.add(" | ".join(row), "body")
            row = None
        elif token.type == "inline":
            content = plain(token)
            if row is not None:
                row.append(content.strip())
            elif level:
                title = title or content.strip()
                builder.add(content, "heading", level=level)
            else:
                builder.add_content(content)
        elif token.type in ("fence", "code_block"):
            builder.add(token.content, "body")
    return builder.result(
        title=fields.get("title") or title,
        date=find_date(fields.get("date", "")),
        author=fields.get("author") or fields.get("creator", ""),
    )


def _value(value: str) -> str:
    """Return a value of the front matter in one line, the items of a list joined."""
    items = value.strip().removeprefix("[").removesuffix("]")
    if items == value.strip() and "\n" not in items:
        return items.strip("\"'")
    parts = re.split(r"(?:\A|\n)[ \t]*-[ \t]|,", items)
    return ", ".join(part.strip(" \t\r\"'") for part in parts if part.strip())
