"""Turn a tree of HTML elements into blocks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from qa.loaders.extracted import TextBuilder
from qa.loaders.furniture import is_navigation
from qa.loaders.hypertext.elements import (
    BREAK,
    EMPTY_LINE,
    INLINE,
    clean,
    gather,
    in_one_line,
    lines_of,
    name_of,
)
from qa.loaders.hypertext.site import UNSEEN, left_out
from qa.loaders.tables.markup import add_table

_MAX_DEFINITION = 300
_WHOLE = {*"ul ol dl table pre".split()}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


def add_page(text: str, builder: TextBuilder, *, is_page: bool = True) -> None:
    """Append the body of an HTML or XHTML file, if it has one.

    ``is_page`` says that it is a page of a site, of which navigation is left out.
    """
    body = body_of(text)
    if body is not None:
        add_markup(body, builder, is_page=is_page)


def body_of(text: str) -> Any:
    """Return the tree of the body of an HTML or XHTML file, None if nothing can be read of it."""
    from lxml import etree, html

    data = text.encode("utf-8", "replace")
    try:
        tree = html.document_fromstring(data, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        return None
    body = tree.find("body")
    return tree if body is None else body


def paragraphs_of(node: Any, *, is_page: bool = False) -> Iterator[Any]:
    """Yield the blocks below a node that have no other in them, or are a list or a table.

    What :func:`add_markup` leaves out is not among them.
    """
    for child in node:
        tag = name_of(child)
        if not tag or tag in INLINE or tag in UNSEEN or left_out(child, tag, is_page=is_page):
            continue
        inner = () if tag in _WHOLE else [name_of(each) for each in child]
        if any(name and name not in INLINE and name != "br" for name in inner):
            yield from paragraphs_of(child, is_page=is_page)
        else:
            yield child


def add_markup(node: Any, builder: TextBuilder, *, is_page: bool = False) -> None:
    """Append headings, paragraphs, list items and rows below a node in document order.

    Scripts and buttons are left out, and of a page what belongs to the site, which the builder
    notes. A row becomes one line, cells joined by " | "; a term and its definition become one,
    joined by ": ".
    """
    words: list[str] = []

    def flush() -> None:
        for paragraph in EMPTY_LINE.split("".join(words)):
            # Lines are lines: of an address, or of keys and values.
            text = "\n".join(filter(None, map(in_one_line, paragraph.split(BREAK))))
            if not text.strip("☐☒ "):
                continue  # a box of the page's own controls
            if is_page and is_navigation(text):
                builder.add(text, "furniture")
            else:
                builder.add_content(text)
        words.clear()

    words.append(node.text or "")
    number, is_numbered = _first_number(node), name_of(node) == "ol"
    for child in node:
        tag = name_of(child)
        if tag == "br":
            words.append(BREAK)
        elif tag in INLINE:
            gather(child, words)
        elif tag and (what := left_out(child, tag, is_page=is_page)):
            builder.leave_out(what, lines_of(child))
        elif tag == "select":
            gather(child, words)
        elif tag and tag not in UNSEEN:
            flush()
            if tag in _HEADINGS:
                _heading(child, builder, _HEADINGS[tag])
            elif tag == "table":
                add_table(child, builder, partial(add_markup, builder=builder, is_page=is_page))
            elif tag == "tr":  # of no table
                add_table([child], builder, partial(add_markup, builder=builder, is_page=is_page))
            elif tag == "dl":
                _definitions(child, builder, is_page=is_page)
            elif tag == "pre":
                builder.add("".join(child.itertext()), "body")
            elif tag == "li":
                builder.items.append(number)
                add_markup(child, builder, is_page=is_page)
                builder.items.pop()
            else:
                add_markup(child, builder, is_page=is_page)
        number += tag == "li" and is_numbered
        words.append(child.tail or "")
    flush()


def _first_number(node: Any) -> int:
    """Return the number of the first item of a numbered list, 0 if it is none."""
    if name_of(node) != "ol":
        return 0
    first = node.get("start", "1")
    return int(first) if first.isdecimal() and len(first) < 10 else 1


def _definitions(node: Any, builder: TextBuilder, *, is_page: bool) -> None:
    """Append the terms of a list, a short definition in the line of its term."""
    term = ""
    for child in node.iter("dt", "dd", "{*}dt", "{*}dd"):
        if next(child.iterancestors("dl", "{*}dl"), None) is not node:
            continue
        words: list[str] = []
        gather(child, words)
        text = clean(words)
        if name_of(child) == "dt":
            builder.add_content(term)
            term = text
        elif term and len(term) + len(text) <= _MAX_DEFINITION and not _has_blocks(child):
            builder.add_content(f"{term.rstrip(':')}: {text}")
            term = ""
        else:
            builder.add_content(term)
            term = ""
            add_markup(child, builder, is_page=is_page)
    builder.add_content(term)


def _has_blocks(node: Any) -> bool:
    """Return whether there are several paragraphs, a list or a table in an element."""
    names = [name_of(each) for each in node.iterdescendants()]
    return names.count("p") > 1 or not {"ul", "ol", "table", "pre", "dl"}.isdisjoint(names)


def _heading(node: Any, builder: TextBuilder, level: int) -> None:
    words: list[str] = []
    gather(node, words)
    builder.add(clean(words), "heading", level=level)
