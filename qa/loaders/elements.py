"""Read the words of HTML elements."""

from __future__ import annotations

import re
from typing import Any

from qa.loaders.described import formula_text, picture_text
from qa.loaders.printed.line import RAISED

# Where a line is broken by hand; twice, it ends a paragraph.
BREAK = "\v"
EMPTY_LINE = re.compile(r"\v[ \t\r\n\xa0]*\v")
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark "
    "math q rp rt ruby s samp small span strike strong sub sup time tt u var wbr".split()
)


def gather(node: Any, words: list[str]) -> None:
    """Collect the text below a node, with a space around block elements."""
    tag = name_of(node)
    if tag in ("script", "style", "template"):
        return
    if tag == "input":
        if node.get("type", "").lower() in ("checkbox", "radio"):
            words.append("☐ " if node.get("checked") is None else "☒ ")
        return
    if tag == "math":
        words.append(f" {formula_text(node) or node.get('alttext', '')} ")
        return
    if tag == "img":
        words.append(_picture(node))
        return
    if tag == "sup":
        # The number of a note would become part of the word or number before it.
        if next(node.iter("a", "{*}a"), None) is None and name_of(node.getparent()) != "a":
            words.append("".join(node.itertext()).translate(RAISED))
        return
    words.append(node.text or "")
    for child in node:
        inline = name_of(child) in INLINE
        if name_of(child) == "br":
            words.append(BREAK)
        elif not inline:
            words.append(" ")
        gather(child, words) if name_of(child) else None
        if not inline:
            words.append(" ")
        words.append(child.tail or "")


def _picture(node: Any) -> str:
    """Return what stands in place of a picture: a formula, or what its page says of it."""
    named = node.get("class", "").lower()
    if "fallback" in named:
        return ""  # for a formula that is there
    description = node.get("alt", "")
    if "math" in named or "tex" in named.split():
        return f" {description} "
    text = picture_text(description)
    beside = node.getparent()
    while beside is not None and name_of(beside) in (*INLINE, "p", "div"):
        beside = beside.getparent()
    said = "" if beside is None else clean(list(beside.itertext()))
    return f" [Picture: {text}] " if text and text not in said else ""


def name_of(node: Any) -> str:
    """Return an element's name without its namespace, empty for a comment."""
    return node.tag.rsplit("}", 1)[-1].lower() if isinstance(node.tag, str) else ""


def clean(words: list[str]) -> str:
    """Return words in one line."""
    return " ".join("".join(words).split())
