"""Read OpenDocument texts (ODT) from their XML.

Two libraries were tried: odfpy has had no release since 2020, and odfdo puts footnotes into the
middle of a paragraph's text.
"""

from __future__ import annotations

import zipfile
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.archive import core_properties, parse_xml, read_member
from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted, TextBuilder

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_MANIFEST = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_SKIPPED = {
    f"{_TEXT}tracked-changes",
    f"{_OFFICE}annotation",
    f"{_OFFICE}forms",
    f"{_TEXT}sequence-decls",
    f"{_TEXT}table-of-content",
    f"{_TEXT}note-citation",
}
_NOTE = f"{_TEXT}note"
_MAX_SPACES = 100  # a file may declare any repeat count


def read_odt(archive: zipfile.ZipFile) -> Extracted:
    """Return headings, paragraphs and rows; a footnote follows its paragraph."""
    manifest = parse_xml(read_member(archive, "META-INF/manifest.xml"))
    if (
        manifest is not None
        and next(manifest.iter(f"{_MANIFEST}encryption-data"), None) is not None
    ):
        raise UnreadableDocument("encrypted document", "save it without its password")
    root = parse_xml(read_member(archive, "content.xml"))
    body = None if root is None else root.find(f".//{_OFFICE}text")
    if body is None:
        raise UnreadableDocument("OpenDocument file without a text", "save it as ODT or PDF")
    builder = TextBuilder()
    _add(body, builder)
    stated = core_properties(parse_xml(read_member(archive, "meta.xml")))
    return builder.result(
        title=stated.get("title", "") or builder.first_heading(),
        date=find_date(stated.get("date", "")[:10]),
        author=stated.get("initial-creator", "") or stated.get("creator", ""),
    )


def _add(node: Any, builder: TextBuilder) -> None:
    for child in node:
        if child.tag in _SKIPPED or not isinstance(child.tag, str):
            continue
        if child.tag == f"{_TEXT}h":
            level = child.get(f"{_TEXT}outline-level", "1")
            builder.add(_words(child), "heading", level=int(level) if level.isdigit() else 1)
        elif child.tag == f"{_TEXT}p":
            words = _words(child)
            if child.get(f"{_TEXT}style-name", "") == "Title":
                builder.add(words, "heading", level=1)
            else:
                builder.add_content(words)
        elif child.tag == f"{_TABLE}table-row":
            cells = [" ".join(_words(part) for part in cell.iter(f"{_TEXT}p")) for cell in child]
            builder.add(" | ".join(cell for cell in map(str.strip, cells) if cell), "body")
            continue
        else:
            _add(child, builder)
            continue
        for note in child.iter(_NOTE):
            for paragraph in note.iter(f"{_TEXT}p"):
                builder.add_content(_words(paragraph))
        for box in child.iter("{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}text-box"):
            _add(box, builder)


def _words(node: Any) -> str:
    """Return the text of a paragraph without the notes and frames anchored in it."""
    parts: list[str] = []

    def collect(element: Any) -> None:
        parts.append(element.text or "")
        for child in element:
            name = child.tag if isinstance(child.tag, str) else ""
            if name == f"{_TEXT}s":
                count = child.get(f"{_TEXT}c", "1")
                parts.append(" " * min(int(count) if count.isdigit() else 1, _MAX_SPACES))
            elif name in (f"{_TEXT}tab", f"{_TEXT}line-break"):
                parts.append(" ")
            elif name.startswith((_TEXT, "{http://www.w3.org")) and name not in (*_SKIPPED, _NOTE):
                collect(child)
            parts.append(child.tail or "")

    collect(node)
    return " ".join("".join(parts).split())
