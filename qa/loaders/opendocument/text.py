"""Read OpenDocument texts (ODT)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from functools import partial
from typing import Any

from qa.loaders.archive import core_properties, parse_xml, read_member
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.margins import add_margins
from qa.loaders.opendocument.bold import mark_bold
from qa.loaders.opendocument.content import DRAW, TEXT, add_content, picture_words, words
from qa.loaders.opendocument.numbering import write_numbers
from qa.loaders.opendocument.styles import STYLE
from qa.loaders.saved import saved_day
from qa.text import counted

_PAGES = ("", "-first", "-left")


def read_text(body: Any, archive: zipfile.ZipFile) -> Extracted:
    """Return headings, paragraphs and rows; a footnote or comment follows its paragraph.

    Items of lists and headings have their numbers. Headers and footers of pages come last.
    """
    builder = TextBuilder()
    styles = parse_xml(read_member(archive, "styles.xml"))
    mark_bold(body, styles)
    write_numbers(body, styles)
    add_content(body, builder)
    heading = builder.first_heading()
    add_margins(builder, partial(_margin_lines, styles))
    for name, note in (("image", "picture"), ("object", "embedded object")):
        # An embedded object has a picture of itself beside it.
        frames = [f for f in body.iter(f"{DRAW}frame") if f.find(f"{DRAW}{name}") is not None]
        count = sum(
            name == "object" or (f.find(f"{DRAW}object") is None and not picture_words(f))
            for f in frames
        )
        if count:
            builder.notes.append(f"{counted(count, note)} without text")
    return finished(builder, archive, heading=heading)


def _margin_lines(styles: Any, kind: str) -> Iterator[str]:
    """Yield the paragraphs of the pages' headers or footers."""
    for margin in (
        styles.iter(*(f"{STYLE}{kind}{of}" for of in _PAGES)) if styles is not None else ()
    ):
        for paragraph in margin.iter(f"{TEXT}p", f"{TEXT}h"):
            yield words(paragraph)


def finished(
    builder: TextBuilder,
    archive: zipfile.ZipFile,
    *,
    heading: str | None = None,
    pages: tuple[int, ...] = (),
) -> Extracted:
    """Return a text with what the file states about itself.

    Where it states no title, that is ``heading``, or the first heading of all.
    """
    stated = core_properties(parse_xml(read_member(archive, "meta.xml")))
    return builder.result(
        title=stated.get("title", "") or (builder.first_heading() if heading is None else heading),
        saved=saved_day(stated.get("date", "")),
        author=stated.get("initial-creator", "") or stated.get("creator", ""),
        pages=pages,
    )
