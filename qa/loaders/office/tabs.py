"""Make tables of the paragraphs of a Word document whose parts tabs separate."""

from __future__ import annotations

from typing import Any

from qa.loaders.hypertext.elements import gather, name_of
from qa.loaders.tables.tabbed import tabbed


def make_tables(tree: Any) -> None:
    """Replace paragraphs below a node that are rows by tables, in place."""
    from lxml import etree

    nodes = list(tree)
    texts = []
    for node in nodes:
        words: list[str] = []
        if name_of(node) == "p" and node.find(".//img") is None:
            gather(node, words)
        texts.append("".join(words))
    for start, end, rows in list(tabbed(texts)):
        table = etree.Element("table")
        for cells in rows:
            row = etree.SubElement(table, "tr")
            for cell in cells:
                etree.SubElement(row, "td").text = cell
        nodes[start].addprevious(table)
        for node in nodes[start:end]:
            node.drop_tree()
