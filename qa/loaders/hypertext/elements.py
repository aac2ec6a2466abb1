"""Read the words of HTML elements."""

from __future__ import annotations

import re
from itertools import islice
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

# Elements that a label may be, or the pair of a label and its value.
_LABELS = {"b", "strong", "label", "span", "em", "i", "u"}
_MAX_LABEL = 40
# What is beside a picture: so many elements before and after it, and of what it is in.
_NEAR, _MAX_DEPTH = 20, 10
# The fields of a form whose value is to be seen; and the most choices that are read as words.
_FILLED_IN = {*"text email tel number date time month url".split()}
_MAX_CHOICES = 20
_NAME = r"[^\W\d_][^\s:]{0,30}(?: [^\s:]{1,30}){0,3}:(?:\s|$)"
_LABEL = re.compile(_NAME)
# A gap before a label: a tab, or several spaces, in a form of Word or a page.
_LABEL_GAP = re.compile(rf"(?<![ \t\xa0])(?:[ \t\xa0]{{2,}}+|\t)(?={_NAME})")


def gather(node: Any, words: list[str]) -> None:
    """Collect the text below a node, with a space around block elements.

    Before a label in an element of its own is a gap, as :func:`in_one_line` keeps it.
    """
    tag = name_of(node)
    if tag in _LABELS and words and _begins_with_label(node):
        words.append("\xa0\xa0")
    if tag in ("script", "style", "template"):
        return
    if tag == "input":
        kind = node.get("type", "text").lower()
        if kind in ("checkbox", "radio"):
            words.append("☐ " if node.get("checked") is None else "☒ ")
        elif kind in _FILLED_IN:
            words.append(f" {node.get('value', '')} ")
        return
    if tag == "select":
        words.append(f" {chosen(node)} ")
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


def chosen(select: Any) -> str:
    """Return what is chosen of a field with choices, or all of them if nothing is.

    Of very many, such as all countries, nothing is said.
    """
    options = list(select.iter("option", "{*}option"))
    marked = [each for each in options if each.get("selected") is not None]
    texts = [clean(list(each.itertext())) for each in marked or options]
    return " / ".join(filter(None, texts)) if marked or len(options) <= _MAX_CHOICES else ""


def _picture(node: Any) -> str:
    """Return what stands in place of a picture: a formula, or what its page says of it."""
    named = node.get("class", "").lower()
    if "fallback" in named:
        return ""  # for a formula that is there
    description = node.get("alt", "")
    if "math" in named or "tex" in named.split():
        return f" {description} "
    text = picture_text(description)
    return f" [Picture: {text}] " if text and text not in _words_beside(node) else ""


def _words_beside(node: Any) -> str:
    """Return the words near an element in the block that it is in, such as a caption."""
    words: list[str] = []
    for _ in range(_MAX_DEPTH):
        above = node.getparent()
        if above is None:
            break
        before = reversed(list(islice(node.itersiblings(preceding=True), _NEAR)))
        for each in (*before, *islice(node.itersiblings(), _NEAR)):
            # Of a page that is all pictures the whole would be read for each of them.
            if sum(1 for _ in islice(each.iter(), _NEAR + 1)) <= _NEAR:
                words += [" ", *each.itertext()]
            words.append(f" {each.tail or ''}")
        words += [" ", above.text or "", " ", node.tail or "", " "]
        if name_of(above) not in (*INLINE, "p", "div"):
            break
        node = above
    return clean(words)


def lines_of(node: Any) -> str:
    """Return the words of an element, each block and each broken line in a line of its own."""
    words: list[str] = []

    def walk(each: Any) -> None:
        words.append(each.text or "")
        for child in each:
            name = name_of(child)
            line = "" if name in INLINE else BREAK
            words.append(line)
            if name and name not in ("script", "style", "template"):
                walk(child)
            words.extend((line, child.tail or ""))

    walk(node)
    return "\n".join(filter(None, (clean([line]) for line in "".join(words).split(BREAK))))


def name_of(node: Any) -> str:
    """Return an element's name without its namespace, empty for a comment."""
    return node.tag.rsplit("}", 1)[-1].lower() if isinstance(node.tag, str) else ""


def _begins_with_label(node: Any) -> bool:
    """Return whether an element is a label, "Born:", or begins with one."""
    inner = node[0] if len(node) and not (node.text or "").strip() else node
    text = (inner.text or "").strip()[:_MAX_LABEL]
    is_named = 0 < len(text) < _MAX_LABEL and (node.tail or "").lstrip().startswith(":")
    return is_named or _LABEL.match(text) is not None


def in_one_line(text: str) -> str:
    """Return words in one line, with a gap before each label that one was before in a form.

    "Name: Ada", a tab, "Room: 14" become "Name: Ada  Room: 14".
    """
    if ":" not in text or _LABEL.match(text.lstrip()) is None:
        return clean([text])
    return "  ".join(filter(None, (clean([part]) for part in _LABEL_GAP.split(text))))


def clean(words: list[str]) -> str:
    """Return words in one line."""
    return " ".join("".join(words).split())
