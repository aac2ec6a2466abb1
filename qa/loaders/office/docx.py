"""Read Word documents (DOCX) with mammoth."""

from __future__ import annotations

import io
import zipfile

from qa.errors import UnreadableDocument
from qa.loaders.archive import core_properties, parse_xml, read_member, refuse_entities
from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.markup import add_markup
from qa.loaders.office.numbering import Numbering

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
r[style-name='Hyperlink'] =>
"""


def read_docx(data: bytes, archive: zipfile.ZipFile) -> Extracted:
    """Return headings, paragraphs, table rows and notes of the last revision.

    Clauses and list items have their numbers.

    Page headers, page footers and deleted text are left out.
    """
    from lxml import html
    from mammoth import convert_to_html
    from mammoth.images import img_element

    for name in archive.namelist():
        if name.endswith((".xml", ".rels")):
            refuse_entities(read_member(archive, name))  # mammoth reads them itself
    try:
        result = convert_to_html(
            io.BytesIO(_with_numbers(data, archive)),
            style_map=_STYLES,
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
        add_markup(tree, builder)
    stated = core_properties(parse_xml(read_member(archive, "docProps/core.xml")))
    return builder.result(
        title=stated.get("title", "") or builder.first_heading(),
        date=find_date(stated.get("modified", "")[:10]),
        author=stated.get("creator", ""),
    )


def _with_numbers(data: bytes, archive: zipfile.ZipFile) -> bytes:
    """Return the file with the numbers of its lists in the text, which mammoth leaves out."""
    from lxml import etree

    numbering = parse_xml(read_member(archive, "word/numbering.xml"))
    body = parse_xml(read_member(archive, "word/document.xml"))
    if numbering is None or body is None:
        return data
    styles = parse_xml(read_member(archive, "word/styles.xml"))
    if not Numbering(numbering, styles).write_numbers(body):
        return data
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as changed:
        for name in dict.fromkeys(archive.namelist()):
            if name.endswith((".xml", ".rels")):  # mammoth reads no more than these
                text = name != "word/document.xml"
                changed.writestr(name, read_member(archive, name) if text else etree.tostring(body))
    return file.getvalue()
