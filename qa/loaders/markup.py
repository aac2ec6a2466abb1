"""Turn a tree of HTML elements into blocks."""

from __future__ import annotations

import re
from typing import Any

from qa.loaders.extracted import TextBuilder
from qa.loaders.furniture import is_navigation
from qa.loaders.pdf.line import RAISED

_SKIPPED = {
    *("script style nav header footer aside form noscript template head title".split()),
    *("svg math button select iframe object".split()),
}
# Where a line is broken by hand; twice, it ends a paragraph.
_BREAK = "\v"
_EMPTY_LINE = re.compile(r"\v[ \t\r\n\xa0]*\v")
# Classes, ids and roles of what belongs to the site and not to the page.
_SITE = re.compile(
    r"\b(?:cookies?|consent|newsletter|subscribe|sign-?up|share|sharing|social|related|recommended"
    r"|advert\w*|ads?|promo|breadcrumbs?|pagination|pager|toc|popup|modal|skip-?link|navbar"
    r"|navigation|most-?read|trending)\b"
)
# A list or a division with so many links, and this share of its text in them, is a menu.
_MIN_LINKS = 3
_LINKED = 0.8
# Longer texts in a table are its page's, which it lays out.
_MAX_CELL = 800
_MAX_DEFINITION = 300
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark q "
    "rp rt ruby s samp small span strike strong sub sup time tt u var wbr".split()
)


def add_page(text: str, builder: TextBuilder) -> None:
    """Append the body of an HTML or XHTML page, if it has one."""
    from lxml import etree, html

    data = text.encode("utf-8", "replace")
    try:
        tree = html.document_fromstring(data, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        return
    body = tree.find("body")
    add_markup(tree if body is None else body, builder, is_page=True)


def add_markup(node: Any, builder: TextBuilder, *, is_page: bool = False) -> None:
    """Append headings, paragraphs, list items and rows below a node in document order.

    Scripts and navigation are left out, and of a page what belongs to the site. A row becomes
    one line, cells joined by " | "; a term and its definition become one, joined by ": ".
    """
    words: list[str] = []

    def flush() -> None:
        for paragraph in _EMPTY_LINE.split("".join(words)):
            text = _clean([paragraph])
            if not text.strip("☐☒ "):
                continue  # a box of the page's own controls
            if is_page and is_navigation(text):
                builder.add(text, "furniture")
            else:
                builder.add_content(text)
        words.clear()

    words.append(node.text or "")
    for child in node:
        tag = _name(child)
        if tag == "br":
            words.append(_BREAK)
        elif tag in _INLINE:
            _gather(child, words)
        elif tag and tag not in _SKIPPED and not (is_page and _is_of_the_site(child)):
            flush()
            if tag in _HEADINGS:
                _heading(child, builder, _HEADINGS[tag])
            elif tag == "tr":
                _row(child, builder, is_page=is_page)
            elif tag == "dl":
                _definitions(child, builder, is_page=is_page)
            elif tag == "pre":
                builder.add("".join(child.itertext()), "body")
            else:
                add_markup(child, builder, is_page=is_page)
        words.append(child.tail or "")
    flush()


def _is_of_the_site(node: Any) -> bool:
    """Return whether an element of a page is navigation or advertising, by its class and links."""
    named = " ".join(node.get(name, "") for name in ("class", "id", "role")).lower()
    if _SITE.search(named):
        return True
    if _name(node) not in ("ul", "ol", "div", "p", "section"):
        return False
    links = [_clean(list(link.itertext())) for link in node.iter("a", "{*}a")]
    if len(links) < _MIN_LINKS:
        return False
    return sum(map(len, links)) > _LINKED * len(_clean(list(node.itertext())))


def _definitions(node: Any, builder: TextBuilder, *, is_page: bool) -> None:
    """Append the terms of a list, a short definition in the line of its term."""
    term = ""
    for child in node.iter("dt", "dd", "{*}dt", "{*}dd"):
        if next(child.iterancestors("dl", "{*}dl"), None) is not node:
            continue
        words: list[str] = []
        _gather(child, words)
        text = _clean(words)
        if _name(child) == "dt":
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
    names = [_name(each) for each in node.iterdescendants()]
    return names.count("p") > 1 or not {"ul", "ol", "table", "pre", "dl"}.isdisjoint(names)


def _heading(node: Any, builder: TextBuilder, level: int) -> None:
    words: list[str] = []
    _gather(node, words)
    builder.add(_clean(words), "heading", level=level)


def _row(node: Any, builder: TextBuilder, *, is_page: bool) -> None:
    cells = [child for child in node if _name(child)]
    texts = []
    is_layout = len(cells) == 1 or any(_name(inner) == "tr" for inner in node.iterdescendants())
    for cell in cells:
        words: list[str] = []
        _gather(cell, words)
        texts.append(_clean(words))
        paragraphs = sum(_name(each) in ("p", "div") for each in cell)
        is_layout = (
            is_layout
            or len(texts[-1]) > _MAX_CELL
            or (paragraphs > 1 and len(texts[-1]) > _MAX_CELL / 4)
            or _EMPTY_LINE.search("".join(words)) is not None
        )
    if is_layout:
        for cell in cells:
            add_markup(cell, builder, is_page=is_page)
    elif any(texts):
        builder.add(" | ".join(texts), "body")  # an empty cell keeps its place


def _gather(node: Any, words: list[str]) -> None:
    """Collect the text below a node, with a space around block elements."""
    tag = _name(node)
    if tag in ("script", "style", "template"):
        return
    if tag == "input":
        if node.get("type", "").lower() in ("checkbox", "radio"):
            words.append("☐ " if node.get("checked") is None else "☒ ")
        return
    if tag == "sup":
        # The number of a note would become part of the word or number before it.
        if next(node.iter("a", "{*}a"), None) is None and _name(node.getparent()) != "a":
            words.append("".join(node.itertext()).translate(RAISED))
        return
    words.append(node.text or "")
    for child in node:
        inline = _name(child) in _INLINE
        if _name(child) == "br":
            words.append(_BREAK)
        elif not inline:
            words.append(" ")
        _gather(child, words) if _name(child) else None
        if not inline:
            words.append(" ")
        words.append(child.tail or "")


def _name(node: Any) -> str:
    """Return an element's name without its namespace, empty for a comment."""
    return node.tag.rsplit("}", 1)[-1].lower() if isinstance(node.tag, str) else ""


def _clean(words: list[str]) -> str:
    return " ".join("".join(words).split())
