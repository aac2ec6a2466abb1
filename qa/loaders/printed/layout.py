"""Arrange the lines of printed pages as a text of paragraphs, headings and rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from qa.loaders.bold import states_value
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.letter import subject_of
from qa.loaders.printed.contents import mark_contents
from qa.loaders.printed.furniture import text_lines
from qa.loaders.printed.line import Line
from qa.loaders.printed.marked import add_marked, marked_tables
from qa.loaders.printed.paragraph import Paragraph, text_of
from qa.loaders.printed.paragraphs import paragraphs_of
from qa.loaders.printed.unmarked import add_table, table_ends
from qa.types import BlockKind

_LETTER_PARAGRAPHS = 40
# A line that much larger than one above it is the title; fonts of one size differ by less.
_LARGER = 1.08


def arrange(
    pages: Sequence[Sequence[Line]],
    *,
    title: str,
    author: str,
    saved: str,
) -> Extracted:
    """Return paragraphs, headings and rows in the order of the lines.

    Running headers, footers and page numbers are left out, so that a sentence continues on the
    next page. A word divided at the end of a line is joined, with its hyphen if the document
    spells it so elsewhere.
    """
    lines = mark_contents(text_lines(pages), len(pages))
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    body_size = sizes.most_common(1)[0][0] if sizes else 0.0
    bold_body = 2 * sum(len(line.text) for line in lines if line.bold) > sizes.total()
    words = Counter(re.findall(r"\w+(?:-\w+)*", " ".join(line.text for line in lines).lower()))

    paragraphs = paragraphs_of(lines)
    large = sorted({round(p.lines[0].size, 1) for p in paragraphs}, reverse=True)
    deepest = max((line.outline for line in lines), default=0)
    builder = TextBuilder()
    begins: dict[int, int] = {}
    heading = ("", 0.0)
    subject = _subject(paragraphs, words, bold_body)
    tables = table_ends(paragraphs)
    marked = marked_tables([each.lines[0] for each in paragraphs])
    for position, paragraph in enumerate(paragraphs):
        if paragraph.lines[0].tagged:
            for page, start in add_marked(marked.get(position, ()), builder):
                begins.setdefault(page, start)
            continue
        if paragraph.is_row:
            if position in tables:
                table = paragraphs[position : tables[position]]
                for page, start in add_table(table, builder):
                    begins.setdefault(page, start)
            continue
        text, offsets = text_of(paragraph, words)
        size = round(paragraph.lines[0].size, 1)
        kind: BlockKind = "body"
        depth = paragraph.lines[0].outline
        is_largest = size > max(_LARGER * heading[1], 1.12 * body_size)
        may_be_title = paragraph.lines[0].page == 0 and is_largest
        if depth:
            kind = "heading"
            if may_be_title:
                heading = (text, size)
        elif position == subject:
            kind = "heading"
            title = title or text
        elif paragraph.lines[0].entry:
            kind = "furniture"
        elif _is_heading(paragraph, text, body_size, bold_body):
            kind = "heading"
            if may_be_title:
                heading = (text, size)
            if states_value(text):
                kind = "body"  # "Total due: 1,944.00 euro" in bold, a figure on a poster
        # What the outline lacks, such as the title and small headings, is not above what it has.
        level = depth or (min(deepest + large.index(size) + 1, 6) if kind == "heading" else 0)
        if position == subject:
            level = 1
        if kind == "body":
            start = builder.add_content(text)
        else:
            start = builder.add(text, kind, level=level)
        for page, offset in offsets:
            begins.setdefault(page, start + offset)
    starts = _page_starts(begins, len(pages), builder.length)
    return builder.result(title=title or heading[0], author=author, pages=starts, saved=saved)


def _subject(paragraphs: Sequence[Paragraph], words: Counter[str], bold_body: bool) -> int | None:
    """Return the position of the paragraph that names the subject of a letter, None without."""
    top = paragraphs[:_LETTER_PARAGRAPHS]
    texts = ["" if each.is_row else text_of(each, words)[0] for each in top]
    bold = [not each.is_row and each.lines[0].bold and not bold_body for each in top]
    return subject_of(texts, bold, above=True)


def _page_starts(begins: dict[int, int], count: int, end: int) -> tuple[int, ...]:
    """Return the start of each page; a page without text starts where the next one does."""
    starts = []
    following = end
    for page in reversed(range(count)):
        following = begins.get(page, following)
        starts.append(following)
    starts.reverse()
    return (0, *starts[1:])


def _is_heading(paragraph: Paragraph, text: str, body_size: float, bold_body: bool) -> bool:
    first = paragraph.lines[0]
    return (
        len(paragraph.lines) <= 3
        and len(text) <= 200
        and any(character.isalpha() for character in text)
        and not text.endswith((".", ";", ","))
        and text[0] not in "•‣◦▪●"
        and (first.size > 1.12 * body_size or (first.bold and not bold_body))
    )
