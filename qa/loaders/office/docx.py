"""Read Word documents (DOCX) with mammoth."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.archive import (
    core_properties,
    open_archive,
    parse_xml,
    read_member,
    refuse_entities,
)
from qa.loaders.extracted import Extracted, Inner, TextBuilder
from qa.loaders.hypertext.bold import mark_bold
from qa.loaders.hypertext.markup import add_markup
from qa.loaders.margins import add_margins
from qa.loaders.office.charts import add_chart
from qa.loaders.office.flattened import blocks_of, count_pictures, flatten, words_of
from qa.loaders.office.numbering import Numbering
from qa.loaders.office.parts import relations
from qa.loaders.office.tabs import make_tables
from qa.loaders.saved import saved_day
from qa.text import counted
from qa.types import Member

_DOCUMENT = "word/document.xml"
_STYLES = "word/styles.xml"
_EMBEDDED = "word/embeddings/"
# What a style looks like: most of a small document's XML, of which mammoth uses nothing.
_LOOKS = [f"{{*}}{name}" for name in ("rPr", "tblPr", "tblStylePr", "trPr", "tcPr", "latentStyles")]
_STYLE_MAP = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
r[style-name='Hyperlink'] =>
"""
# A table of contents names pages that a text has none of; its headings are read where they stand.
_STYLE_MAP += "".join(f"p[style-name='toc {level}'] => !\n" for level in range(1, 10))


def read_docx(data: bytes, archive: zipfile.ZipFile) -> Extracted:
    """Return headings, paragraphs, table rows and notes of the last revision.

    Clauses and list items have their numbers, and a comment follows what it is about. Headers
    and footers of pages come last. Deleted text is left out, and inserted text is read.
    """
    from lxml import html
    from mammoth import convert_to_html
    from mammoth.images import img_element

    body = parse_xml(read_member(archive, _DOCUMENT))
    for name in archive.namelist():
        if name.endswith((".xml", ".rels")):
            refuse_entities(read_member(archive, name))  # mammoth reads them itself
    try:
        result = convert_to_html(
            io.BytesIO(data if body is None else _rewritten(archive, body)),
            style_map=_STYLE_MAP,
            convert_image=img_element(lambda image: {"src": ""}),
        )
    except Exception as error:  # mammoth passes on any error of its parsers
        raise UnreadableDocument("damaged Word document", "open it and save it again") from error
    builder = TextBuilder()
    if result.value.strip():
        tree = html.fragment_fromstring(result.value, create_parent="div")
        for link in tree.xpath(
            ".//a[starts-with(@href, '#footnote-') or starts-with(@href, '#endnote-')]"
        ):
            link.drop_tree()  # the number of a note, and the arrow back to it
        make_tables(tree)
        mark_bold(list(tree))
        add_markup(tree, builder)
    heading = builder.first_heading()
    _add_drawn(archive, builder)
    add_margins(builder, partial(_margin_lines, archive))
    builder.members += _embedded(data, archive)
    if body is not None and (pictures := count_pictures(body)):
        builder.notes.append(f"{counted(pictures, 'picture')} without text")
    stated = core_properties(parse_xml(read_member(archive, "docProps/core.xml")))
    return builder.result(
        title=stated.get("title", "") or heading,
        saved=saved_day(stated.get("modified", "")),
        author=stated.get("creator", ""),
    )


def _rewritten(archive: zipfile.ZipFile, body: Any) -> bytes:
    """Return the file with the text that mammoth leaves out: numbers of lists, comments, fields."""
    from lxml import etree

    numbering = parse_xml(read_member(archive, "word/numbering.xml"))
    styles = parse_xml(read_member(archive, _STYLES))
    Numbering(numbering, styles).write_numbers(body)
    flatten(body, parse_xml(read_member(archive, "word/comments.xml")))
    trees = {_DOCUMENT: body}
    if styles is not None:
        etree.strip_elements(styles, *_LOOKS, with_tail=False)
        trees[_STYLES] = styles
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as changed:
        for name in dict.fromkeys(archive.namelist()):
            if name in trees:
                changed.writestr(name, etree.tostring(trees[name]))
            elif name.endswith((".xml", ".rels")):  # mammoth reads no more than these
                changed.writestr(name, read_member(archive, name))
    return file.getvalue()


def _margin_lines(archive: zipfile.ZipFile, kind: str) -> Iterator[str]:
    """Yield the paragraphs and rows of the pages' headers or footers."""
    for relation in relations(archive, _DOCUMENT).values():
        root = parse_xml(read_member(archive, relation.target)) if relation.kind == kind else None
        for block in blocks_of(root) if root is not None else ():
            cells = [words_of(cell) for cell in block.iterfind("{*}tc")] or [words_of(block)]
            yield " | ".join(filter(None, cells))


def _add_drawn(archive: zipfile.ZipFile, builder: TextBuilder) -> None:
    """Append the numbers of charts, and the words of diagrams."""
    for relation in relations(archive, _DOCUMENT).values():
        if relation.kind == "chart":
            add_chart(parse_xml(read_member(archive, relation.target)), builder)
        elif relation.kind == "diagramData":
            root = parse_xml(read_member(archive, relation.target))
            for paragraph in root.iter("{*}p") if root is not None else ():
                builder.add_content("".join(t.text or "" for t in paragraph.iter("{*}t")))


def _unpacked(data: bytes, name: str) -> bytes:
    with open_archive(data) as archive:
        return read_member(archive, name)


def _embedded(data: bytes, archive: zipfile.ZipFile) -> list[Inner]:
    """Return the files that are embedded in the document, each a document of its own."""
    entries = [each for each in archive.infolist() if each.filename.startswith(_EMBEDDED)]
    return [
        Inner(
            Member(entry.filename.removeprefix("word/"), entry.file_size),
            partial(_unpacked, data, entry.filename),
        )
        for entry in {entry.filename: entry for entry in entries if entry.file_size}.values()
    ]
