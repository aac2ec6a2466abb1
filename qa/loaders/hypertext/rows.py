"""Make tables of the elements of a page that are set as rows: names and values side by side.

They are next to each other by the page's style alone: "<li><span>Price</span><span>£9</span>".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from qa.loaders.hypertext.elements import INLINE, clean, gather, name_of

_ROWS = {*"li div p dd section article".split()}
_CELLS = {*"span div p strong b em i label time small".split()}
_LISTS = {*"ul ol".split()}
# So many cells, rows with no space between the cells, and rows else.
_MIN_CELLS, _MAX_CELLS = 2, 8
_LEAST_ROWS, _LEAST_SPACED = 2, 3
_MAX_NAME, _MAX_VALUE, _MAX_SAID = 40, 120, 200
_ENDS = (".", "!", "?", ",", ";")

Row = tuple[Any, list[str], bool]


def make_rows(tree: Any) -> None:
    """Replace elements below a node that are rows by tables, in place."""
    for parent in [node for node in tree.iter() if isinstance(node.tag, str)]:
        if name_of(parent) in ("pre", "code", "table", "tr", "dl", "form", "nav"):
            continue
        for rows in list(_groups(parent)):
            _replace(parent, rows)


def _groups(parent: Any) -> Iterator[list[tuple[Row, Any]]]:
    """Yield rows below one another, each with the element that says something of it, or None."""
    children = [child for child in parent if isinstance(child.tag, str)]
    if len(children) < _LEAST_ROWS or any((child.tail or "").strip() for child in children):
        return
    found: list[tuple[Row, Any]] = []
    shapes: list[tuple[str, int]] = []
    said = 0
    for child in children:
        row = _row(child)
        if row is None:
            if found and found[-1][1] is None and _is_said(child):
                found[-1] = found[-1][0], child
                said += 1
                continue
            found.append(((child, [], False), None))
            shapes.append(("", 0))
            continue
        found.append((row, None))
        shapes.append((name_of(child), len(row[1])))
    for (tag, _), group in groupby(zip(shapes, found, strict=True), key=lambda pair: pair[0]):
        rows = [each for _, each in group]
        glued = any(is_glued for (_, _, is_glued), _ in rows)
        if not tag or len(rows) < (_LEAST_ROWS if glued else _LEAST_SPACED):
            continue
        below = sum(element is not None for _, element in rows)
        if below and below < len(rows) - 1:  # paragraphs of the page
            continue
        yield rows


def _row(node: Any) -> Row | None:
    """Return an element with its cells, and whether two of them have no space between them."""
    if name_of(node) not in _ROWS or (node.text or "").strip():
        return None
    cells = [child for child in node if isinstance(child.tag, str)]
    if not _MIN_CELLS <= len(cells) <= _MAX_CELLS:
        return None
    texts = []
    for cell in cells:
        if name_of(cell) not in _CELLS or (cell.tail or "").strip() or not _is_line(cell):
            return None
        words: list[str] = []
        gather(cell, words)
        text = "".join(words)
        if not text.strip() or (text != text.strip() and not cell.get("class")):
            return None
        texts.append(clean(words))
    is_named = all(len(text) <= _MAX_NAME and not text.endswith(_ENDS) for text in texts[:-1])
    if not is_named or len(texts[-1]) > _MAX_VALUE:
        return None
    inline = all(name_of(cell) in INLINE for cell in cells)
    glued = inline and any(not cell.tail for cell in cells[:-1])
    if inline and not glued and not all(cell.get("class") for cell in cells):
        return None
    return node, texts, glued


def _is_line(node: Any) -> bool:
    return all(name_of(each) in INLINE for each in node.iterdescendants() if each.tag != "br")


def _is_said(node: Any) -> bool:
    """Return whether an element is a line about the row above it, such as what is in a dish."""
    words: list[str] = []
    gather(node, words)
    return name_of(node) in _ROWS and _is_line(node) and 0 < len(clean(words)) <= _MAX_SAID


def _replace(parent: Any, rows: Sequence[tuple[Row, Any]]) -> None:
    from lxml import etree

    table = etree.Element("table")
    for (_, texts, _), element in rows:
        row = etree.SubElement(table, "tr")
        for text in texts:
            etree.SubElement(row, "td").text = text
        if element is None:
            continue
        row[0].set("rowspan", "2")
        below = etree.SubElement(table, "tr")
        for _ in texts[1:]:
            etree.SubElement(below, "td")
        words: list[str] = []
        gather(element, words)
        etree.SubElement(below, "td").text = clean(words)
    (first, _, _), _ = rows[0]
    holder = etree.Element("li" if name_of(parent) in _LISTS else "div")
    holder.append(table)
    first.addprevious(holder)
    for (node, _, _), element in rows:
        for each in (node, element):
            if each is not None:
                parent.remove(each)
