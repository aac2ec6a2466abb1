"""Read saved web pages without what belongs to the site."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from typing import Any

from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.furniture import is_navigation
from qa.loaders.hypertext.bold import has_headings, mark_bold
from qa.loaders.hypertext.markup import add_markup, body_of, paragraphs_of
from qa.loaders.hypertext.rows import make_rows
from qa.loaders.versions import mark_versions

_DOCTYPE = re.compile(
    r"\A\s*(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html)\b", re.I | re.S
)
_WORD = re.compile(r"\w+")
_MIN_GLUED = 6  # the letters of a shorter word are anywhere
_MAX_LOSS = 0.1
# A page of which less than this share is no menu is an index, whose menu is its text.
_MIN_SHARE = 0.15
_MAX_INDEX_CHARACTERS = 1_000
_PIECES = {"p", "item", "quote", "code", "head", "row"}
# What trafilatura would keep on short pages, and marks in the text that people skip.
_PRUNED = [
    "//nav",
    "//footer",
    "//sup[contains(@class, 'reference') or .//a[starts-with(@href, '#')]]",
    "//span[contains(@class, 'editsection')]",
    "//*[@id='toc' or contains(concat(' ', @class, ' '), ' toc ')]",
]


def looks_like_html(text: str) -> bool:
    """Return whether a text is a web page, whatever its file name."""
    return _DOCTYPE.match(text[:2000]) is not None


def read_html(text: str) -> Extracted:
    """Return the text with headings, lists and tables, the title, the date and the author.

    The body is read without scripts, navigation and advertising. Where that leaves out what
    trafilatura takes for the main text, its text is returned instead, and the whole body where it
    leaves out nearly all.
    """
    from trafilatura import bare_extraction
    from trafilatura.metadata import extract_metadata
    from trafilatura.settings import use_config

    config = use_config()
    # By default it returns pages of less than 250 characters as one paragraph.
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "20")
    found = bare_extraction(
        text,
        include_comments=False,
        include_tables=True,
        with_metadata=False,
        config=config,
        favor_recall=True,  # without it, only the first of several text sections is returned
        prune_xpath=_PRUNED,
    )
    # Not extensive, because then any year on the page may become its date.
    metadata = extract_metadata(text, extensive=False)
    builder = TextBuilder()
    body = getattr(found, "body", None)
    if body is not None:
        _add(body, builder)
    whole = _page(text)
    is_main_text = _lost(whole, builder) >= _MAX_LOSS
    if not is_main_text:
        builder = whole
    is_short = builder.length < _MAX_INDEX_CHARACTERS
    if is_main_text or is_short:
        everything = _page(text, is_page=False)
        if is_short and builder.length < _MIN_SHARE * everything.length:
            builder = everything  # a page of links, such as the contents of a book
        elif is_main_text:
            _leave_out_rest(builder, everything)
    builder.close()
    title = " ".join(((metadata.title if metadata else None) or "").split())
    heading = builder.first_heading()
    return builder.result(
        # A page's title often ends in the name of the site.
        title=heading if not title or (heading and title.startswith(heading)) else title,
        date=(metadata.date if metadata else None) or "",
        author=_stated((metadata.author if metadata else None) or "", text),
    )


def _stated(author: str, page: str) -> str:
    """Return the names of authors that a page has; one made of other words ("ada_7") is none."""
    words = " ".join(unescape(page).split()) if author else ""
    names = (" ".join(name.split()) for name in author.split(";"))
    return "; ".join(
        name
        for name in names
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words, re.IGNORECASE)
    )


def _page(text: str, *, is_page: bool = True) -> TextBuilder:
    """Return the body of a page; short lines in bold are headings where it has no others."""
    builder = TextBuilder()
    body = body_of(text)
    if body is None:
        return builder
    make_rows(body)
    paragraphs = list(paragraphs_of(body, is_page=is_page))
    if not has_headings(paragraphs):
        mark_bold(paragraphs)
    add_markup(body, builder, is_page=is_page)
    mark_versions(builder)
    return builder


def _lost(text: TextBuilder, other: TextBuilder) -> float:
    """Return the share of the words of ``other`` that a text lacks, 0 to 1.

    A word that is two in the text is not lacking: they were glued.
    """
    found = _WORD.findall("\n".join(text.parts))
    words = Counter(_WORD.findall("\n".join(other.parts)))
    letters = "".join(found)
    lost = (words - Counter(found)).items()
    count = sum(n for word, n in lost if len(word) < _MIN_GLUED or word not in letters)
    return count / max(words.total(), 1)


def _leave_out_rest(text: TextBuilder, page: TextBuilder) -> None:
    """Note the lines of a whole page that a text of it does not have."""
    parts = "".join(text.parts)
    held = "".join(parts.split())
    # Most lines are the same in both: to search for each would take time by the square of them.
    lines = {"".join(line.split()) for line in parts.splitlines()}
    whole = "".join(page.parts)
    for block in page.blocks:
        for line in whole[block.start : block.end].splitlines():
            words = "".join(line.replace(" | ", "").split())
            if words not in lines and words not in held:
                text.leave_out("around the text", line)


def _add(node: Any, builder: TextBuilder) -> None:
    """Walk trafilatura's tree (its own element names) in document order."""
    for child in node:
        if child.tag == "head":
            rend = str(child.get("rend") or "h2")
            level = int(rend[1:]) if rend[1:].isdigit() else 2
            builder.add(_words(child), "heading", level=level)
        elif child.tag == "row":
            named = all(cell.get("role") == "head" for cell in child)
            builder.add_row([_words(cell) for cell in child], header=named)
        elif child.tag in _PIECES and not any(grandchild.tag in _PIECES for grandchild in child):
            for paragraph in _paragraphs(child):
                if is_navigation(paragraph):
                    builder.add(paragraph, "furniture")
                else:
                    builder.add_content(paragraph)
        else:
            if child.tag == "table":
                builder.begin_table()
            builder.add_content(" ".join((child.text or "").split()))
            _add(child, builder)
        builder.add_content(" ".join((child.tail or "").split()))


def _paragraphs(node: Any) -> list[str]:
    """Return the paragraphs of a node; old pages separate them by two line breaks."""
    words = [node.text or ""]
    for inner in node.iterdescendants():
        if inner.tag == "lb":
            words.append("\n")
        else:
            words.append(_flat(inner.text))
        words.append(_flat(inner.tail))
    words[0] = _flat(words[0])
    return [" ".join(part.split()) for part in re.split(r"\n *\n", "".join(words))]


def _flat(text: str | None) -> str:
    return " ".join(("x" + (text or "") + "x").split())[1:-1]


def _words(node: Any) -> str:
    return " ".join(_paragraphs(node)).strip()
