"""Make headings of the paragraphs of a tree of HTML that are typed in bold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from qa.loaders.bold import Paragraph, bold_headings
from qa.loaders.hypertext.elements import name_of

_LISTS = ("ol", "ul")
_PARAGRAPHS = ("p", "div", "center")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BOLD = ("b", "strong")
_WEIGHT = re.compile(r"font-weight\s*+:\s*+(\w+)", re.IGNORECASE)
_HEAVY = {"bold", "bolder", "600", "700", "800", "900"}
# A rule of a style sheet for a class, and what it says.
_RULE = re.compile(r"\.([\w-]++)\s*+\{([^{}]*+)\}")


def has_headings(nodes: Sequence[Any]) -> bool:
    """Return whether there is a heading with words among elements, or in one of them."""
    found = (each for node in nodes for each in node.iter(*_HEADINGS))
    return any(each.text_content().strip() for each in found)


def mark_bold(nodes: Sequence[Any]) -> None:
    """Make headings of paragraphs in bold that name what is below them.

    ``nodes`` are all blocks of a text in their order. Those at the beginning are joined as its
    title. Where the text has headings, bold ones are below the deepest of them.
    """
    if not nodes:
        return
    heavy = frozenset(_heavy_classes(nodes[0].getroottree().getroot()))
    found = bold_headings([_paragraph(node, heavy) for node in nodes])
    tags = (each.tag for node in nodes for each in node.iter(*_HEADINGS))
    deepest = max((_HEADINGS.index(tag) + 1 for tag in tags), default=0)
    for position, level in found.items():
        node = nodes[position]
        text = " ".join(node.text_content().split())
        for child in list(node):
            node.remove(child)
        node.text, node.tag = text, f"h{min(level + deepest, 6)}"
    title = [nodes[position] for position, level in found.items() if level == 1]
    for above, node in reversed(list(pairwise(title))):
        above.text = f"{above.text} {node.text}"
        node.drop_tree()


def _paragraph(node: Any, heavy: frozenset[str]) -> Paragraph:
    """Return a paragraph, or a list of one item, which Word numbers as a heading."""
    text = " ".join(node.text_content().split())
    is_item = node.tag in _LISTS and len(node) == 1 and len(node[0].xpath(".//li")) == 0
    if node.tag not in _PARAGRAPHS and not is_item:
        return Paragraph(text, is_other=True)
    if node.find(".//br") is not None or node.find(".//img") is not None:
        return Paragraph(text)
    plain = "".join(_plain(node, heavy, is_bold=False)).strip() if text else ""
    number = text.split(" ", 1)[0]  # written by itself, and not in bold
    return Paragraph(text, is_bold=bool(text) and plain in ("", number) and plain != text)


def _plain(node: Any, heavy: frozenset[str], *, is_bold: bool) -> Iterator[str]:
    """Yield the words of an element that are not bold."""
    is_bold = _is_bold(node, heavy, otherwise=is_bold)
    if not is_bold:
        yield node.text or ""
    for child in node:
        if name_of(child):
            yield from _plain(child, heavy, is_bold=is_bold)
        if not is_bold:
            yield child.tail or ""


def _is_bold(node: Any, heavy: frozenset[str], *, otherwise: bool) -> bool:
    if weight := _WEIGHT.search(node.get("style", "")):
        return weight.group(1).lower() in _HEAVY
    named = not heavy.isdisjoint(node.get("class", "").split()) if heavy else False
    return otherwise or named or node.tag in _BOLD


def _heavy_classes(root: Any) -> Iterator[str]:
    """Yield the classes that the style sheets of a page show in bold."""
    for sheet in root.iter("style"):
        for name, said in _RULE.findall(sheet.text or ""):
            weight = _WEIGHT.search(said)
            if weight and weight.group(1).lower() in _HEAVY:
                yield name
