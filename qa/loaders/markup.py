"""Turn a tree of HTML elements into blocks."""

from __future__ import annotations

from typing import Any

from qa.loaders.extracted import TextBuilder

_SKIPPED = {
    *("script style nav header footer aside form noscript template head title".split()),
    *("svg math button select iframe object".split()),
}
_RAISED = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
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
    add_markup(tree if body is None else body, builder)


def add_markup(node: Any, builder: TextBuilder) -> None:
    """Append headings, paragraphs, list items and rows below a node in document order.

    Scripts and navigation are left out. A row becomes one line, cells joined by " | ".
    """
    words: list[str] = []

    def flush() -> None:
        builder.add_content(_clean(words))
        words.clear()

    words.append(node.text or "")
    for child in node:
        tag = _name(child)
        if tag == "br":
            words.append(" ")
        elif tag in _INLINE:
            _gather(child, words)
        elif tag and tag not in _SKIPPED:
            flush()
            if tag in _HEADINGS:
                _heading(child, builder, _HEADINGS[tag])
            elif tag == "tr":
                _row(child, builder)
            elif tag == "pre":
                builder.add("".join(child.itertext()), "body")
            else:
                add_markup(child, builder)
        words.append(child.tail or "")
    flush()


def _heading(node: Any, builder: TextBuilder, level: int) -> None:
    words: list[str] = []
    _gather(node, words)
    builder.add(_clean(words), "heading", level=level)


def _row(node: Any, builder: TextBuilder) -> None:
    if any(_name(inner) == "tr" for inner in node.iterdescendants()):
        for cell in node:  # a layout table
            add_markup(cell, builder)
        return
    cells = []
    for cell in node:
        words: list[str] = []
        _gather(cell, words)
        cells.append(_clean(words))
    builder.add(" | ".join(cell for cell in cells if cell), "body")


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
            words.append("".join(node.itertext()).translate(_RAISED))
        return
    words.append(node.text or "")
    for child in node:
        inline = _name(child) in _INLINE
        if not inline:
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
