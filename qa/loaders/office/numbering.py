"""Write the numbers of Word's lists and clauses into their paragraphs, as Word shows them.

Word stores how paragraphs are numbered and counts when it shows them; the numbers are not in the
text. Source: ECMA-376, part 1, section 17.9.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE = re.compile(r"%([1-9])")
_MAX_STYLES = 20  # a style may name itself as its base
_ROMAN = {
    **{1000: "m", 900: "cm", 500: "d", 400: "cd", 100: "c", 90: "xc", 50: "l", 40: "xl"},
    **{10: "x", 9: "ix", 5: "v", 4: "iv", 1: "i"},
}


@dataclass(slots=True)
class _Level:
    start: int = 1
    form: str = "decimal"
    text: str = ""
    style: str = ""
    is_legal: bool = False


@dataclass(slots=True)
class _List:
    """A list's levels by number, and the counters that all paragraphs of it share."""

    levels: dict[int, _Level]
    counters: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The numbering of a document: the roots of ``numbering.xml`` and ``styles.xml``, or None."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        self._lists: dict[str, _List] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        self._styles: dict[str, tuple[str, str, str]] = {}
        if numbering is None:
            return
        abstract: dict[str, _List] = {}
        linked: dict[str, str] = {}
        for node in numbering.iter(f"{_W}abstractNum"):
            name = node.get(f"{_W}abstractNumId", "")
            levels = {_number(each, "ilvl"): _level(each) for each in node.iter(f"{_W}lvl")}
            abstract[name] = _List(levels)
            if link := _value(node, "styleLink"):
                linked[link] = name
        for node in numbering.iter(f"{_W}abstractNum"):
            if (link := _value(node, "numStyleLink")) in linked:
                abstract[node.get(f"{_W}abstractNumId", "")] = abstract[linked[link]]
        for node in numbering.iter(f"{_W}num"):
            name = node.get(f"{_W}numId", "")
            if (found := abstract.get(_value(node, "abstractNumId"))) is not None:
                self._lists[name] = found
                self._restarts[name] = {
                    _number(each, "ilvl"): int(start)
                    for each in node.iter(f"{_W}lvlOverride")
                    if (start := _value(each, "startOverride")).isdigit()
                }
        for node in styles.iter(f"{_W}style") if styles is not None else ():
            number, level = _numbered(node.find(f"{_W}pPr"))
            self._styles[node.get(f"{_W}styleId", "")] = number, level, _value(node, "basedOn")

    def write_numbers(self, body: Any) -> bool:
        """Put each numbered paragraph's number at its beginning; return whether there is any."""
        from lxml import etree

        written = False
        for paragraph in body.iter(f"{_W}p"):
            if label := self._label(paragraph):
                run = etree.Element(f"{_W}r")
                text = etree.SubElement(run, f"{_W}t")
                text.text = f"{label} "
                text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
                paragraph.insert(1, run)  # after its properties
                written = True
        return written

    def _label(self, paragraph: Any) -> str:
        properties = paragraph.find(f"{_W}pPr")
        if properties is None or paragraph[0] is not properties or _is_empty(paragraph):
            return ""
        number, level = _numbered(properties)
        for style in self._base_styles(_value(properties, "pStyle")):
            style_number, style_level, _ = self._styles[style]
            if not number and style_number:
                number = style_number
                by_style = self._level_of_style(number, style)
                level = level or style_level or by_style
        found = self._lists.get(number)
        if found is None:
            return ""
        depth = int(level) if level.isdigit() else 0
        if depth not in found.levels:
            return ""
        starts = self._restarts[number]
        if depth in starts:  # the list begins again, once
            found.counters[depth] = starts.pop(depth) - 1
        found.counters[depth] = found.counters.get(depth, found.levels[depth].start - 1) + 1
        for deeper in [each for each in found.counters if each > depth]:
            del found.counters[deeper]
        return _written(found, depth)

    def _base_styles(self, style: str) -> Iterator[str]:
        for _ in range(_MAX_STYLES):
            if style not in self._styles:
                return
            yield style
            style = self._styles[style][2]

    def _level_of_style(self, number: str, style: str) -> str:
        levels = self._lists[number].levels if number in self._lists else {}
        return next((str(depth) for depth, each in levels.items() if each.style == style), "")


def _written(found: _List, depth: int) -> str:
    level = found.levels[depth]
    if level.form in ("bullet", "none"):
        return ""

    def number(place: re.Match[str]) -> str:
        upper = int(place.group(1)) - 1
        each = found.levels.get(upper, level)
        count = found.counters.setdefault(upper, each.start)
        return formatted(count, "decimal" if level.is_legal else each.form)

    return " ".join(_PLACE.sub(number, level.text).split())


def formatted(count: int, form: str) -> str:
    """Return a number in one of the forms that Word names: "3", "c", "iii"."""
    if form in ("lowerLetter", "upperLetter") and count > 0:
        letter = chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 10)
        return letter.upper() if form == "upperLetter" else letter
    if form in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        roman = ""
        for value, sign in _ROMAN.items():
            roman += sign * (count // value)
            count %= value
        return roman.upper() if form == "upperRoman" else roman
    return f"{count:02}" if form == "decimalZero" else str(count)


def _level(node: Any) -> _Level:
    start = _value(node, "start")
    return _Level(
        start=int(start) if start.isdigit() else 1,
        form=_value(node, "numFmt") or "decimal",
        text=_value(node, "lvlText"),
        style=_value(node, "pStyle"),
        is_legal=node.find(f"{_W}isLgl") is not None,
    )


def _numbered(properties: Any) -> tuple[str, str]:
    """Return the id of the list and the level that paragraph properties name, each may be empty."""
    found = None if properties is None else properties.find(f"{_W}numPr")
    return ("", "") if found is None else (_value(found, "numId"), _value(found, "ilvl"))


def _is_empty(paragraph: Any) -> bool:
    return not any((text.text or "").strip() for text in paragraph.iter(f"{_W}t"))


def _value(node: Any, name: str) -> str:
    found = node.find(f"{_W}{name}")
    return "" if found is None else found.get(f"{_W}val", "")


def _number(node: Any, name: str) -> int:
    value = node.get(f"{_W}{name}", "")
    return int(value) if value.isdigit() else 0
