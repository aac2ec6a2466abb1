"""Read PowerPoint presentations (PPTX) from their XML.

python-pptx was measured: it brings Pillow and XlsxWriter, takes twice as long, and knows neither
SmartArt nor comments nor the fallbacks of newer shapes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.archive import core_properties, parse_xml, read_member
from qa.loaders.described import picture_text
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.hypertext.elements import in_one_line
from qa.loaders.office.charts import add_chart
from qa.loaders.office.parts import Relation, local_name, relation_id, relations
from qa.loaders.printed.line import RAISED
from qa.loaders.saved import saved_day
from qa.loaders.tables.grid import Cell, add_grid
from qa.text import counted

MAX_SLIDES = 5_000
_FURNITURE = {"dt", "ftr", "sldNum", "hdr", "sldImg"}
_PICTURES = {"pic", "contentPart"}


def read_pptx(archive: zipfile.ZipFile) -> Extracted:
    """Return the slides as pages, in order: title, text, tables, charts, then the notes.

    The shapes of a slide come in the order in which a screen reader reads them, which is that
    of the file. Hidden slides are read too.
    """
    path = "ppt/presentation.xml"
    presentation = parse_xml(read_member(archive, path))
    if presentation is None:
        raise UnreadableDocument("damaged presentation", "open it and save it again")
    parts = relations(archive, path)
    names = [parts.get(relation_id(node)) for node in presentation.iter("{*}sldId")]
    slides = list(dict.fromkeys(part.target for part in names if part))
    if len(slides) > MAX_SLIDES:
        raise UnreadableDocument(f"presentation of more than {MAX_SLIDES:,} slides", "split it")
    builder = TextBuilder()
    pages = []
    hidden = []
    pictures = 0
    for number, name in enumerate(slides, start=1):
        pages.append(builder.length + 2 if builder.parts else 0)
        root = parse_xml(read_member(archive, name))
        if root is not None:
            pictures += _Slide(archive, relations(archive, name), builder).add(root, number)
            if root.get("show") in ("0", "false"):
                hidden.append(str(number))
    if pictures:
        builder.notes.append(f"{counted(pictures, 'picture')} without text")
    if hidden:
        builder.notes.append(f"hidden, but read: slide {', '.join(hidden)}")
    stated = core_properties(parse_xml(read_member(archive, "docProps/core.xml")))
    title = stated.get("title", "")
    return builder.result(
        title=title if title not in ("", "PowerPoint Presentation") else builder.first_heading(),
        saved=saved_day(stated.get("modified", "")),
        author=stated.get("creator", ""),
        pages=tuple(min(page, builder.length) for page in pages),
    )


class _Slide:
    """Appends one slide; ``parts`` are its relations."""

    def __init__(
        self, archive: zipfile.ZipFile, parts: dict[str, Relation], builder: TextBuilder
    ) -> None:
        self._archive, self._parts, self._builder = archive, parts, builder
        self._pictures = 0

    def add(self, root: Any, number: int) -> int:
        """Append a slide's text; return the number of pictures, whose text is not read."""
        shapes = list(_shapes(root.find(".//{*}spTree")))
        title = next((each for each in shapes if _placeholder(each) in ("title", "ctrTitle")), None)
        words = "" if title is None else " ".join(_paragraphs(title))
        level = 1 if number == 1 else 2
        if words or any(
            local_name(each) == "graphicFrame" or any(_paragraphs(each)) for each in shapes
        ):
            self._builder.add(words or f"Slide {number}", "heading", level=level)
        for shape in shapes:
            if shape is not title:
                self._add_shape(shape)
        for part in self._parts.values():
            if part.kind in ("notesSlide", "comments"):
                self._add_remarks(part)
        return self._pictures

    def _add_shape(self, shape: Any) -> None:
        kind = local_name(shape)
        if kind == "graphicFrame":
            self._add_graphic(shape)
        elif kind in _PICTURES:
            properties = shape.find("./*/{*}cNvPr")
            words = picture_text(None if properties is None else properties.get("descr"))
            self._builder.add_content(f"[Picture: {words}]" if words else "")
            self._pictures += not words
        else:
            is_furniture = _placeholder(shape) in _FURNITURE
            for paragraph in _paragraphs(shape):
                if is_furniture:
                    self._builder.add(paragraph, "furniture")
                else:
                    self._builder.add_content(paragraph)

    def _add_graphic(self, frame: Any) -> None:
        """Append a table, a chart or a diagram."""
        for node in frame.iter("{*}tbl", "{*}chart", "{*}relIds", "{*}oleObj"):
            kind = local_name(node)
            part = self._parts.get(relation_id(node, "dm" if kind == "relIds" else "id"))
            if kind == "tbl":
                _add_table(node, self._builder)
                return
            if kind == "oleObj" or part is None:
                self._pictures += 1
                return
            root = parse_xml(read_member(self._archive, part.target))
            if kind == "chart":
                add_chart(root, self._builder)
            else:
                for point in root.iter("{*}pt") if root is not None else ():
                    for paragraph in _paragraphs(point):
                        self._builder.add_content(paragraph)
            return

    def _add_remarks(self, part: Relation) -> None:
        """Append the notes of the speaker or the comments of readers, each marked as such."""
        root = parse_xml(read_member(self._archive, part.target))
        if root is None:
            return
        if part.kind == "notesSlide":
            shapes = _shapes(root.find(".//{*}spTree"))
            notes = (p for s in shapes if _placeholder(s) not in _FURNITURE for p in _paragraphs(s))
            if text := "\n".join(notes):
                self._builder.add_content(f"Notes: {text}")
            return
        for node in root.iter("{*}text", "{*}txBody"):  # of older and newer versions
            words = node.text if local_name(node) == "text" else " ".join(_paragraphs(node))
            self._builder.add_content(f"Comment: {words}" if words else "")


def _shapes(tree: Any) -> Iterator[Any]:
    """Yield the shapes of a slide, those in groups too, each once."""
    for node in tree if tree is not None else ():
        kind = local_name(node)
        if kind == "grpSp":
            yield from _shapes(node)
        elif kind == "AlternateContent":  # a newer shape, and a picture for older programs
            newer, older = list(_shapes(node.find("{*}Choice"))), node.find("{*}Fallback")
            yield from newer or _shapes(older)
        elif kind in ("sp", "cxnSp", "graphicFrame", *_PICTURES):
            yield node


def _placeholder(shape: Any) -> str:
    node = shape.find("./*/{*}nvPr/{*}ph")
    return "" if node is None else node.get("type", "obj")


def _paragraphs(node: Any) -> Iterator[str]:
    for paragraph in node.iter(
        "{http://schemas.openxmlformats.org/drawingml/2006/main}p",
        "{http://purl.oclc.org/ooxml/drawingml/main}p",
    ):
        if words := _words(paragraph):
            yield words


def _words(paragraph: Any) -> str:
    """Return the text of a paragraph in one line; raised figures stay raised."""
    parts = []
    for node in paragraph.iter("{*}t", "{*}br", "{*}tab"):
        if local_name(node) != "t":
            parts.append("\t" if local_name(node) == "tab" else " ")
            continue
        properties = node.getparent().find("{*}rPr")
        raised = "" if properties is None else properties.get("baseline", "")
        text = node.text or ""
        parts.append(
            text.translate(RAISED) if raised and not raised.startswith(("-", "0")) else text
        )
    return in_one_line("".join(parts))


def _add_table(table: Any, builder: TextBuilder) -> None:
    rows = []
    for row in table.iter("{*}tr"):
        cells = []
        for cell in row.iter("{*}tc"):
            if cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true"):
                continue
            across, down = (
                int(n) if (n := cell.get(name, "1")).isdigit() else 1
                for name in ("gridSpan", "rowSpan")
            )
            cells.append(Cell(" ".join(_paragraphs(cell)), across, down))
        rows.append(cells)
    properties = table.find("{*}tblPr")
    named = properties is not None and properties.get("firstRow") in ("1", "true")
    add_grid(rows, builder, is_likely=named)
