"""Write the numbers of OpenDocument's lists and headings into their paragraphs, as they are shown.

A file stores how paragraphs are numbered; programs count when they show them. Source: OASIS
OpenDocument 1.2, part 1, sections 5.3, 16.30 and 16.34.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qa.loaders.office.numbering import formatted
from qa.loaders.opendocument.content import TEXT
from qa.loaders.opendocument.styles import STYLE, declared

_ID = "{http://www.w3.org/XML/1998/namespace}id"
_FORMS = {
    **{"1": "decimal", "a": "lowerLetter", "A": "upperLetter"},
    **{"i": "lowerRoman", "I": "upperRoman"},
}
_MAX_DEPTH = 10
_MAX_START = 9  # figures


@dataclass(frozen=True, slots=True)
class _Level:
    form: str
    prefix: str
    suffix: str
    shown: int  # levels, its own and those above
    start: int


_Levels = dict[int, _Level]


def write_numbers(body: Any, styles: Any) -> None:
    """Put the numbers of list items and headings at the beginning of their first paragraph.

    ``styles`` is the root of ``styles.xml``, or None.
    """
    lists = {
        node.get(f"{STYLE}name", ""): _levels(node)
        for node in declared(f"{TEXT}list-style", body, styles)
    }
    by_paragraph = {
        node.get(f"{STYLE}name", ""): name
        for node in declared(f"{STYLE}style", body, styles)
        if (name := node.get(f"{STYLE}list-style-name"))
    }
    outline = None if styles is None else styles.find(f".//{TEXT}outline-style")
    chapters = {} if outline is None else _levels(outline)
    headings: dict[int, int] = {}
    counted: dict[str, dict[int, int]] = {}  # by style and by id, the counters of a list
    for node in body.iter(f"{TEXT}list", f"{TEXT}h"):
        if next(node.iterancestors(f"{TEXT}list"), None) is not None:
            continue
        if node.tag == f"{TEXT}h":
            level = _figure(node.get(f"{TEXT}outline-level", "1"), 1)
            if _is_filled(node) and node.get(f"{TEXT}is-list-header") != "true":
                _count(node, chapters, headings, level)
            continue
        name = node.get(f"{TEXT}style-name") or _style_of_first(node, by_paragraph)
        counters = {}
        if node.get(f"{TEXT}continue-numbering") == "true":
            counters = counted.get(name, {})
        if (before := node.get(f"{TEXT}continue-list")) in counted:
            counters = counted[str(before)]
        counted[name] = counters
        if identity := node.get(_ID):
            counted[identity] = counters
        _number(node, name, lists, counters, 1)


def _number(
    node: Any, name: str, lists: dict[str, _Levels], counters: dict[int, int], depth: int
) -> None:
    """Number the items of a list, which is within others if ``depth`` is more than 1."""
    name = node.get(f"{TEXT}style-name") or name
    for item in node.iterchildren(f"{TEXT}list-item", f"{TEXT}list-header"):
        first = next(item.iterchildren(f"{TEXT}p", f"{TEXT}h"), None)
        start = item.get(f"{TEXT}start-value", "")
        if start.isdecimal():
            counters[depth] = _figure(start, 1) - 1
        if item.tag == f"{TEXT}list-item" and first is not None and _is_filled(first):
            _count(first, lists.get(name, {}), counters, depth)
        for inner in item.iterchildren(f"{TEXT}list") if depth < _MAX_DEPTH else ():
            _number(inner, name, lists, counters, depth + 1)


def _count(paragraph: Any, levels: _Levels, counters: dict[int, int], depth: int) -> None:
    """Count a paragraph at its depth, and write its number before its text."""
    own = levels.get(depth)
    if own is None:
        return
    counters[depth] = counters.get(depth, own.start - 1) + 1
    for deeper in [each for each in counters if each > depth]:
        del counters[deeper]
    if not own.form:
        return
    shown = [
        formatted(counters.get(each, levels[each].start), levels[each].form)
        for each in range(max(depth - own.shown + 1, 1), depth + 1)
        if each in levels and levels[each].form
    ]
    label = " ".join(f"{own.prefix}{'.'.join(shown)}{own.suffix}".split())
    paragraph.text = f"{label} {paragraph.text or ''}"


def _levels(node: Any) -> _Levels:
    """Return the levels of a style of lists that have numbers, or signs instead."""
    found = {}
    for each in node:
        if isinstance(each.tag, str) and (level := each.get(f"{TEXT}level", "")).isdecimal():
            found[_figure(level, 1)] = _Level(
                form=_FORMS.get(each.get(f"{STYLE}num-format", ""), ""),
                prefix=each.get(f"{STYLE}num-prefix", ""),
                suffix=each.get(f"{STYLE}num-suffix", ""),
                shown=_figure(each.get(f"{TEXT}display-levels", "1"), 1),
                start=_figure(each.get(f"{TEXT}start-value", "1"), 1),
            )
    return found


def _style_of_first(node: Any, by_paragraph: dict[str, str]) -> str:
    names = (each.get(f"{TEXT}style-name", "") for each in node.iter(f"{TEXT}p", f"{TEXT}h"))
    return by_paragraph.get(next(names, ""), "")


def _is_filled(paragraph: Any) -> bool:
    return any(map(str.strip, paragraph.itertext()))


def _figure(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and len(text) <= _MAX_START else default
