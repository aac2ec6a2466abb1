"""Read OpenDocument presentations and drawings (ODP, ODG)."""

from __future__ import annotations

import posixpath
import zipfile
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.archive import parse_xml, read_member
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.opendocument.content import (
    DRAW,
    TABLE,
    add_content,
    add_table,
    picture_words,
    words,
)
from qa.loaders.opendocument.styles import STYLE
from qa.loaders.opendocument.text import finished
from qa.text import counted

_PRESENTATION = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_FURNITURE = {"header", "footer", "date-time", "page-number", "page"}
_MAX_PAGES = 5_000


def read_slides(body: Any, archive: zipfile.ZipFile) -> Extracted:
    """Return the slides as pages, in order: title, text, tables, charts, then the notes."""
    slides = list(body.iterchildren(f"{DRAW}page"))
    if len(slides) > _MAX_PAGES:
        raise UnreadableDocument(f"presentation of more than {_MAX_PAGES:,} slides", "split it")
    builder = TextBuilder()
    pages, hidden = [], []
    pictures = 0
    hiding = _hiding_styles(body.getroottree())
    for number, slide in enumerate(slides, start=1):
        pages.append(builder.length + 2 if builder.parts else 0)
        title = next((f for f in slide if f.get(f"{_PRESENTATION}class") == "title"), None)
        text = "" if title is None else _text(title)
        level = 1 if number == 1 else 2
        if text or _text(slide) or slide.find(f".//{DRAW}object") is not None:
            builder.add(text or f"Slide {number}", "heading", level=level)
        pictures += sum(
            _add_shape(shape, builder, archive) for shape in slide if shape is not title
        )
        if slide.get(f"{DRAW}style-name") in hiding:
            hidden.append(str(number))
    if pictures:
        builder.notes.append(f"{counted(pictures, 'picture')} without text")
    if hidden:
        builder.notes.append(f"hidden, but read: slide {', '.join(hidden)}")
    return finished(builder, archive, pages=tuple(min(page, builder.length) for page in pages))


def _hiding_styles(root: Any) -> set[str]:
    return {
        style.get(f"{STYLE}name", "")
        for style in root.iter(f"{STYLE}style")
        for each in style.iter(f"{STYLE}drawing-page-properties")
        if each.get(f"{_PRESENTATION}visibility") == "hidden"
    }


def _add_shape(shape: Any, builder: TextBuilder, archive: zipfile.ZipFile) -> int:
    """Append the text of a shape; return the number of pictures in it."""
    if not isinstance(shape.tag, str):
        return 0
    role = shape.get(f"{_PRESENTATION}class", "")
    if shape.tag == f"{_PRESENTATION}notes":
        _add_notes(shape, builder)
        return 0
    if shape.tag == f"{DRAW}g":
        return sum(_add_shape(each, builder, archive) for each in shape)
    if role in _FURNITURE:
        builder.add(_text(shape), "furniture")
        return 0
    if shape.tag != f"{DRAW}frame":
        add_content(shape, builder)
        return 0
    table, drawn = shape.find(f"{TABLE}table"), shape.find(f"{DRAW}object")
    if table is not None:
        add_table(table, builder)
    elif drawn is not None:
        return int(not _add_chart(drawn, builder, archive))
    elif (box := shape.find(f"{DRAW}text-box")) is not None:
        add_content(box, builder)
    elif words_of_picture := picture_words(shape):
        builder.add_content(words_of_picture)
    else:
        return int(shape.find(f"{DRAW}image") is not None)
    return 0


def _add_chart(drawn: Any, builder: TextBuilder, archive: zipfile.ZipFile) -> bool:
    """Append the table of a chart, which its own content has; return whether there is one."""
    folder = posixpath.normpath(drawn.get(f"{_XLINK}href", ""))
    root = parse_xml(read_member(archive, f"{folder}/content.xml"))
    table = (drawn if root is None else root).find(f".//{TABLE}table")
    if table is not None:
        add_table(table, builder)
    return table is not None


def _add_notes(notes: Any, builder: TextBuilder) -> None:
    frames = [each for each in notes if each.get(f"{_PRESENTATION}class") not in _FURNITURE]
    paragraphs = (words(paragraph) for frame in frames for paragraph in frame.iter("{*}p"))
    if text := "\n".join(filter(None, paragraphs)):
        builder.add_content(f"Notes: {text}")


def _text(shape: Any) -> str:
    return " ".join(filter(None, (words(paragraph) for paragraph in shape.iter("{*}p"))))
