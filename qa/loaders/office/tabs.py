"""Make tables of the paragraphs of a Word document whose parts tabs separate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from qa.loaders.hypertext.elements import BREAK, gather, name_of
from qa.loaders.tables.tabbed import tabbed

# What is said of a thing in the line below it, of so many things at least.
_MAX_SAID = 200
_LEAST_SAID = 2


def make_tables(tree: Any) -> None:
    """Replace paragraphs below a node that are rows by tables, in place.

    A line below each row, without tabs, says something of it, such as what is in a dish.
    """
    nodes = list(tree)
    texts = []
    for node in nodes:
        words: list[str] = []
        if name_of(node) == "p" and node.find(".//img") is None:
            gather(node, words)
        texts.append("".join(words))
    at = 0
    for start, end in [*_described(texts), (len(nodes), len(nodes))]:
        _make(nodes[at:start], [(text, "") for text in texts[at:start]])
        _make(
            nodes[start:end], list(zip(texts[start:end:2], texts[start + 1 : end : 2], strict=True))
        )
        at = end


def _make(nodes: Sequence[Any], rows: Sequence[tuple[str, str]]) -> None:
    """Replace paragraphs that are rows by tables; ``rows`` are their texts and those below them."""
    from lxml import etree

    step = len(nodes) // max(len(rows), 1)
    for start, end, cells in list(tabbed([text for text, _ in rows])):
        table = etree.Element("table")
        nodes[start * step].addprevious(table)
        said = [said for _, said in rows[start:end]]
        for number, texts in enumerate(cells):
            row = etree.SubElement(table, "tr")
            for text in texts:
                etree.SubElement(row, "td").text = text
            if step > 1:
                _add_said(table, row, len(texts), said[number])
        for node in nodes[start * step : end * step]:
            node.drop_tree()


def _described(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where rows, each with a line below that says something of it, begin and end."""
    place = 0
    while place < len(texts):
        end = place
        while end + 1 < len(texts) and _is_row(texts[end]) and _may_be_said(texts[end + 1]):
            end += 2
        if end - place >= 2 * _LEAST_SAID:
            yield place, end
        place = max(end, place + 1)


def _is_row(text: str) -> bool:
    return "\t" in text.strip() and BREAK not in text.strip()


def _may_be_said(text: str) -> bool:
    words = text.strip()
    return 0 < len(words) <= _MAX_SAID and "\t" not in words and not words.endswith(":")


def _add_said(table: Any, row: Any, count: int, line: str) -> None:
    """Append a line that says something of a row of ``count`` cells, whose name it shares."""
    from lxml import etree

    row[0].set("rowspan", "2")
    below = etree.SubElement(table, "tr")
    for _ in range(count - 1):
        etree.SubElement(below, "td")
    etree.SubElement(below, "td").text = " ".join(line.split())
