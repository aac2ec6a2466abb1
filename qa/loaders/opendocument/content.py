"""Append the text of OpenDocument's elements, which its kinds of files share.

Two libraries were tried: odfpy has had no release since 2020, and odfdo puts footnotes into the
middle of a paragraph's text.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.archive import parse_xml, read_member
from qa.loaders.described import picture_text
from qa.loaders.extracted import TextBuilder
from qa.loaders.hypertext.elements import BREAK, in_one_line
from qa.loaders.tables.grid import Cell, add_grid
from qa.loaders.tables.tabbed import tabbed

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_MANIFEST = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
SKIPPED = {
    f"{TEXT}tracked-changes",
    f"{OFFICE}annotation",
    f"{OFFICE}annotation-end",
    f"{OFFICE}forms",
    f"{TEXT}sequence-decls",
    f"{TEXT}table-of-content",
    f"{TEXT}note-citation",
}
_NOTE = f"{TEXT}note"
_COMMENT = f"{OFFICE}annotation"
_FRAME = f"{DRAW}frame"
_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
_AUTHOR = "{http://purl.org/dc/elements/1.1/}creator"
# What has text of its own and stands in a paragraph.
_SHAPES = tuple(
    f"{DRAW}{name}"
    for name in ("text-box", "custom-shape", "rect", "ellipse", "circle", "line", "connector")
)
_MAX_SPACES = 100  # a file may declare any repeat count
_MAX_REPEATED = 1_000


def open_body(archive: zipfile.ZipFile) -> Any:
    """Return the root of ``content.xml``; raise UnreadableDocument if it is encrypted."""
    manifest = parse_xml(read_member(archive, "META-INF/manifest.xml"))
    if (
        manifest is not None
        and next(manifest.iter(f"{_MANIFEST}encryption-data"), None) is not None
    ):
        raise UnreadableDocument("encrypted document", "save it without its password")
    root = parse_xml(read_member(archive, "content.xml"))
    if root is None:
        raise UnreadableDocument("OpenDocument file without content", "save it again")
    return root


def add_content(node: Any, builder: TextBuilder) -> None:
    """Append headings, paragraphs and tables below a node.

    Footnotes, comments and text boxes follow the paragraph or table that they are anchored in.
    """
    rows = _tabbed(node)
    for number, child in enumerate(node):
        if child.tag in SKIPPED or not isinstance(child.tag, str):
            continue
        if (table := rows.get(number)) is not None:
            add_grid(table, builder)
        elif child.tag == f"{TEXT}h":
            level = child.get(f"{TEXT}outline-level", "1")
            builder.add(words(child), "heading", level=int(level) if level.isdigit() else 1)
        elif child.tag == f"{TEXT}p":
            if child.get(f"{TEXT}style-name", "") == "Title":
                builder.add(words(child), "heading", level=1)
            else:
                builder.add_content(_lines(child))
        elif child.tag == f"{TABLE}table":
            add_table(child, builder)
        else:
            add_content(child, builder)
            continue
        _add_anchored(child, builder)


def _tabbed(node: Any) -> dict[int, list[list[Cell]]]:
    """Return the rows of tables set with tabs by the number of their first paragraph.

    The others of the rows have none.
    """
    texts = [_collected(each) if each.tag == f"{TEXT}p" else "" for each in node]
    found: dict[int, list[list[Cell]]] = {}
    for start, end, rows in tabbed(texts):
        found |= {number: [] for number in range(start, end)}
        found[start] = [[Cell(text) for text in row] for row in rows]
    return found


def picture_words(frame: Any) -> str:
    """Return what a file says of the picture in a frame, marked as such, or nothing."""
    if frame.find(f"{DRAW}image") is None:
        return ""
    said = (picture_text(frame.findtext(f"{_SVG}{name}")) for name in ("desc", "title"))
    text = next(filter(None, said), "")
    return f"[Picture: {text}]" if text else ""


def _add_anchored(node: Any, builder: TextBuilder) -> None:
    for each in node.iter(_NOTE, _COMMENT, _FRAME, *_SHAPES):
        if each.tag == _FRAME:
            builder.add_content(picture_words(each))
            continue
        if each.tag == _NOTE:
            for paragraph in each.iter(f"{TEXT}p"):
                builder.add_content(words(paragraph))
        elif each.tag == _COMMENT:
            author = each.findtext(_AUTHOR, "").strip() or "a reader"
            said = " ".join(filter(None, map(words, each.iter(f"{TEXT}p"))))
            builder.add(f"Comment by {author}: {said}" if said else "", "body")
        elif next(each.iterancestors(*_SHAPES), node) not in node.iterdescendants(*_SHAPES):
            add_content(each, builder)  # with the shapes in it


def add_table(table: Any, builder: TextBuilder) -> None:
    """Append a table of text."""
    rows = [list(_cells(row)) for row in _rows(table)]
    marked = table.find(f"{TABLE}table-header-rows")
    add_grid(rows, builder, headers=None if marked is None else len(list(_rows(marked))))


def _rows(node: Any) -> Iterator[Any]:
    """Yield the rows of a table, those in groups too, but not of tables in its cells."""
    for child in node:
        if child.tag == f"{TABLE}table-row":
            yield from [child] * repeated(child, "number-rows-repeated", _MAX_REPEATED)
        elif isinstance(child.tag, str) and child.tag.startswith(f"{TABLE}table-"):
            yield from _rows(child)


def _cells(row: Any) -> Iterator[Cell]:
    for cell in row:
        if cell.tag == f"{TABLE}table-cell":
            text = " ".join(
                filter(None, (words(part) for part in cell.iter(f"{TEXT}p", f"{TEXT}h")))
            )
            if cell.get(f"{OFFICE}value") == "NaN":
                text = ""  # in the table of a chart, where there is no value
            across = repeated(cell, "number-columns-spanned", _MAX_REPEATED)
            down = repeated(cell, "number-rows-spanned", _MAX_REPEATED)
            count = repeated(cell, "number-columns-repeated", _MAX_REPEATED)
            yield from [Cell(text, across, down)] * count


def repeated(node: Any, name: str, limit: int) -> int:
    """Return how often an element counts, at least once."""
    count = node.get(f"{TABLE}{name}", "1")
    return max(1, min(int(count), limit)) if count.isdigit() else 1


def words(node: Any) -> str:
    """Return the text of a paragraph without the notes and frames anchored in it."""
    return in_one_line(_collected(node).replace(BREAK, " "))


def _lines(node: Any) -> str:
    """Return the same with the lines that were broken by hand: of an address, or of a form."""
    return "\n".join(filter(None, map(in_one_line, _collected(node).split(BREAK))))


def _collected(node: Any) -> str:
    parts: list[str] = []

    def collect(element: Any) -> None:
        parts.append(element.text or "")
        for child in element:
            name = child.tag if isinstance(child.tag, str) else ""
            if name == f"{TEXT}s":
                count = child.get(f"{TEXT}c", "1")
                parts.append(" " * min(int(count) if count.isdigit() else 1, _MAX_SPACES))
            elif name in (f"{TEXT}tab", f"{TEXT}line-break"):
                parts.append("\t" if name == f"{TEXT}tab" else BREAK)
            elif name.startswith((TEXT, "{http://www.w3.org")) and name not in (*SKIPPED, _NOTE):
                collect(child)
            parts.append(child.tail or "")

    collect(node)
    return "".join(parts)
