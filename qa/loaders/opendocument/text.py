"""Read OpenDocument texts (ODT)."""

from __future__ import annotations

import zipfile
from typing import Any

from qa.loaders.archive import core_properties, parse_xml, read_member
from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.opendocument.content import add_content


def read_text(body: Any, archive: zipfile.ZipFile) -> Extracted:
    """Return headings, paragraphs and rows; a footnote follows its paragraph."""
    builder = TextBuilder()
    add_content(body, builder)
    return finished(builder, archive)


def finished(
    builder: TextBuilder, archive: zipfile.ZipFile, *, pages: tuple[int, ...] = ()
) -> Extracted:
    """Return a text with what the file states about itself."""
    stated = core_properties(parse_xml(read_member(archive, "meta.xml")))
    return builder.result(
        title=stated.get("title", "") or builder.first_heading(),
        date=find_date(stated.get("date", "")[:10]),
        author=stated.get("initial-creator", "") or stated.get("creator", ""),
        pages=pages,
    )
