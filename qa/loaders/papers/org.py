"""Read Org files: headings, paragraphs, lists, tables and code, without the markup."""

from __future__ import annotations

import re

from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.tables.grid import Cell, add_grid

_HEADING = re.compile(r"(\*+)\s+(?:(?:TODO|NEXT|WAITING|DONE|CANCELLED)\s+)?(?:\[#\w\]\s+)?(.*)")
_TAGS = re.compile(r"\s+:[\w@#%:]+:\s*$")
_KEYWORD = re.compile(r"\s*#\+(\w+):\s*(.*)", re.IGNORECASE)
_BEGIN = re.compile(r"\s*#\+begin_(\w+)", re.IGNORECASE)
_DRAWER = re.compile(r"\s*:(\w[\w-]*):\s*$")
_LINK = re.compile(r"\[\[([^\[\]]+)\](?:\[([^\[\]]+)\])?\]")
_MARK = re.compile(r"(?<![\w*/=~_+])([*/=~_+])(?=\S)([^\n]{0,300}?\S)\1(?![\w*/=~_+])")
_ITEM = re.compile(r"\s*(?:[-+]|\d{1,4}[.)]|\*(?=\s))\s+")
_RULE = re.compile(r"\s*\|[-+|]+\s*$")
_CODE = {"src", "example", "export"}
_KEPT = {"title", "author", "date", "subtitle", "caption"}


def read_org(text: str) -> Extracted:
    """Return the text of a file; keywords for programs, drawers and comments are left out."""
    builder = TextBuilder()
    stated: dict[str, str] = {}
    paragraph: list[str] = []
    table: list[str] = []

    def flush() -> None:
        builder.add_content(" ".join(" ".join(paragraph).split()))
        paragraph.clear()
        if table:
            _add_table(table, builder)
            table.clear()

    lines = iter(text.splitlines())
    for line in lines:
        if (heading := _HEADING.match(line)) is not None:
            flush()
            words = _plain(_TAGS.sub("", heading.group(2)))
            builder.add(words, "heading", level=1 + len(heading.group(1)))
        elif (begin := _BEGIN.match(line)) is not None:
            flush()
            name = begin.group(1).lower()
            inner = []
            for each in lines:
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
        elif (drawer := _DRAWER.match(line)) is not None and drawer.group(1).upper() != "END":
            flush()
            for each in lines:
                if each.strip().upper() == ":END:":
                    break
        elif line.lstrip().startswith("|"):
            if paragraph:
                flush()
            table.append(line)
        elif not line.strip() or line.lstrip().startswith("# ") or line.strip() == "#":
            flush()
        else:
            if table or _ITEM.match(line):
                flush()
            paragraph.append(_plain(_ITEM.sub("", line, count=1) if _ITEM.match(line) else line))
    flush()
    return builder.result(
        title=stated.get("title", "") or builder.first_heading(),
        author=stated.get("author", ""),
        date=find_date(stated.get("date", "")),
    )


def _add_table(lines: list[str], builder: TextBuilder) -> None:
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
