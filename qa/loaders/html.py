"""Saved web pages: their main text, by trafilatura."""

from __future__ import annotations

import re
from typing import Any

from qa.loaders.extracted import Extracted, TextBuilder

_DOCTYPE = re.compile(
    r"\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)
_SKIPPED = {"script", "style", "nav", "header", "footer", "aside", "form", "noscript", "template"}
_PIECES = {"p", "item", "quote", "code", "head", "row"}


def looks_like_html(text: str) -> bool:
    """Tell whether a text is a web page, whatever its file is called."""
    return _DOCTYPE.match(text[:2000]) is not None


def read_html(text: str) -> Extracted:
    """Return the main text with headings, lists and tables, the title and the date.

    Where trafilatura finds no main text, as on very short pages, the whole body
    is taken, without scripts, navigation and the like.
    """
    from trafilatura import bare_extraction
    from trafilatura.metadata import extract_metadata

    found = bare_extraction(text, include_comments=False, include_tables=True, with_metadata=False)
    metadata = extract_metadata(text)
    builder = TextBuilder()
    body = getattr(found, "body", None)
    if body is not None:
        _add(body, builder)
    if sum(block.kind == "body" for block in builder.blocks) == 0:
        builder = TextBuilder()
        _add_everything(text, builder)
    title = (metadata.title if metadata else None) or ""
    date = (metadata.date if metadata else None) or ""
    return builder.result(title=" ".join(title.split()), date=date)


def _add(node: Any, builder: TextBuilder) -> None:
    """Walk trafilatura's tree (its own element names) in document order."""
    for child in node:
        if child.tag == "head":
            rend = str(child.get("rend") or "h2")
            level = int(rend[1:]) if rend[1:].isdigit() else 2
            builder.add(_words(child), "heading", level=level)
        elif child.tag == "row":
            cells = [_words(cell) for cell in child if _words(cell)]
            builder.add(" | ".join(cells), "body")
        elif child.tag in _PIECES and not any(grandchild.tag in _PIECES for grandchild in child):
            builder.add(_words(child), "body")
        else:
            if child.text and child.text.strip():
                builder.add(" ".join(child.text.split()), "body")
            _add(child, builder)
        if child.tail and child.tail.strip():
            builder.add(" ".join(child.tail.split()), "body")


def _add_everything(text: str, builder: TextBuilder) -> None:
    from lxml import html

    try:
        tree = html.document_fromstring(
            text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8")
        )
    except (ValueError, html.etree.LxmlError):
        return
    for node in list(tree.iter(*_SKIPPED)):
        node.drop_tree() if node.getparent() is not None else None
    body = tree.find("body")
    if body is None:
        return
    for node in body.iter("h1", "h2", "h3", "h4", "p", "li", "td", "th", "pre", "blockquote"):
        if node.tag.startswith("h"):
            builder.add(_words(node), "heading", level=int(node.tag[1]))
        elif not any(child.tag in ("p", "li") for child in node.iterdescendants()):
            builder.add(_words(node), "body")
    if not builder.parts:
        builder.add(_words(body), "body")


def _words(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())
