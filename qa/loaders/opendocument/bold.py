"""Make headings of the paragraphs of OpenDocument texts that are typed in bold."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from qa.loaders.bold import Paragraph, bold_headings
from qa.loaders.opendocument.content import TEXT
from qa.loaders.opendocument.styles import STYLE, declared

_WEIGHT = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}font-weight"
_BREAKS = (f"{TEXT}line-break", f"{TEXT}tab")
_LEVELS = tuple("123456")
_NORMAL = ("normal", "400")
_MAX_STYLES = 20  # a style may name itself as its parent


def mark_bold(body: Any, styles: Any) -> None:
    """Make headings of paragraphs in bold that name what is below them.

    Those at the beginning are joined as its title. Where the text has headings, bold ones are
    below the deepest of them. ``styles`` is the root of ``styles.xml``, or None.
    """
    named = {
        node.get(f"{STYLE}name", ""): (
            node.get(f"{STYLE}parent-style-name", ""),
            next((each.get(_WEIGHT) for each in node.iter() if each.get(_WEIGHT)), None),
        )
        for node in declared(f"{STYLE}style", body, styles)
    }
    nodes = [node for node in body if isinstance(node.tag, str)]
    found = bold_headings([_paragraph(node, named) for node in nodes])
    levels = (node.get(f"{TEXT}outline-level", "1") for node in body.iter(f"{TEXT}h"))
    deepest = max((int(level) for level in levels if level in _LEVELS), default=0)
    for position, level in found.items():
        node = nodes[position]
        node.tag = f"{TEXT}h"
        node.set(f"{TEXT}is-list-header", "true")  # it is not counted
        node.set(f"{TEXT}outline-level", str(min(level + deepest, 6)))
    title = [nodes[position] for position, level in found.items() if level == 1]
    for above, node in reversed(list(pairwise(title))):
        node.text = f" {node.text or ''}"
        above.append(node)
        node.tag = f"{TEXT}span"


_Styles = Mapping[str, tuple[str, str | None]]


def _paragraph(node: Any, styles: _Styles) -> Paragraph:
    text = " ".join("".join(node.itertext()).split())
    if node.tag != f"{TEXT}p":
        return Paragraph(text, is_other=True)
    is_line = next(node.iter(*_BREAKS), None) is None
    is_bold = _is_bold(node.get(f"{TEXT}style-name", ""), styles, otherwise=False)
    return Paragraph(text, is_bold=bool(text) and is_line and _is_whole(node, styles, is_bold))


def _is_whole(node: Any, styles: _Styles, is_bold: bool) -> bool:
    """Return whether all words of an element are bold, which it is unless its spans differ."""
    if not is_bold and (node.text or "").strip():
        return False
    for child in node:
        name = child.get(f"{TEXT}style-name", "") if child.tag == f"{TEXT}span" else ""
        inner = _is_bold(name, styles, otherwise=is_bold)
        if not _is_whole(child, styles, inner) or (not is_bold and (child.tail or "").strip()):
            return False
    return True


def _is_bold(name: str, styles: _Styles, *, otherwise: bool) -> bool:
    """Return whether a style is bold, ``otherwise`` where neither it nor those above it say."""
    for _ in range(_MAX_STYLES):
        if name not in styles:
            break
        name, weight = styles[name]
        if weight is not None:
            return weight not in _NORMAL
    return otherwise
