"""Turn a tree of HTML elements into blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from qa.loaders.contact import MAIL, TELEPHONE
from qa.loaders.dates import find_date
from qa.loaders.extracted import TextBuilder
from qa.loaders.furniture import is_navigation
from qa.loaders.hypertext.elements import (
    BREAK,
    EMPTY_LINE,
    INLINE,
    clean,
    gather,
    in_one_line,
    name_of,
)
from qa.loaders.tables.markup import add_table

_SKIPPED = {*"script style noscript template head title svg button select iframe object".split()}
# Of a page of a site, what belongs to the site; of any other text, parts of it.
_SKIPPED_OF_PAGES = {"nav"}
# These belong to the site unless they are in one of those, whose they are then.
_OF_BODY = {*"header footer aside".split()}
_SECTIONS = {*"article main section td li blockquote figure dialog".split()}
# What a page's header or footer says of its owner: an address, a telephone number.
_CONTACT = re.compile(
    rf"{MAIL}|{TELEPHONE}"
    r"|(?<![\d.,])\d{1,3}[a-z]?,? [^\W\d_a-z]\w+ [^\W\d_a-z]\w+"
)
_AD = re.compile(
    r"\s*(?:advertisement|sponsored|promoted|related|see also|read (?:more|next)|most read"
    r"|was this|more (?:from|on|stories|articles)|follow us|share (?:this|on)|subscribe|sign up"
    r"|newsletter)\b",
    re.IGNORECASE,
)
# A form of fewer words, such as a search, belongs to the site too.
_MIN_FORM_WORDS = 12
# Classes, ids and roles of what belongs to the site and not to the page, and words that do so
# only where no other is beside them: not "related-work" or "share-holders".
_SITE = re.compile(
    r"\b(?:cookies?|newsletter|subscribe|sign-?up|sharing|advert\w*|breadcrumbs?|pagination|pager"
    r"|popup|modal|skip-?link|navbar|navigation|most-?read|trending)\b"
)
_SITE_ALONE = re.compile(
    r"(?:(?:site|page|post|article|entry|main|top|bottom|side|sidebar|global|content|block|widget"
    r"|js|google|social|table|print)[-_]+)*"
    r"(?:consent|share|social|related|recommended|ads?|promo|toc)"
    r"(?:[-_]+(?:box|bar|banner|buttons?|links?|list|tools?|container|wrapper|wrap|block|section"
    r"|widget|items?|content|contents|articles?|stories|posts?|news|topics|modal|notice|slot|unit"
    r"|label|icons?|menu|nav|media|module|panel|area|header|footer|share|\d+))*"
)
# A list or a division with so many links, and this share of its text in them, is a menu.
_MIN_LINKS = 3
_LINKED = 0.8
_MAX_DEFINITION = 300
_WHOLE = {*"ul ol dl table pre".split()}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


def add_page(text: str, builder: TextBuilder, *, is_page: bool = True) -> None:
    """Append the body of an HTML or XHTML file, if it has one.

    ``is_page`` says that it is a page of a site, of which navigation is left out.
    """
    body = body_of(text)
    if body is not None:
        add_markup(body, builder, is_page=is_page)


def body_of(text: str) -> Any:
    """Return the tree of the body of an HTML or XHTML file, None if nothing can be read of it."""
    from lxml import etree, html

    data = text.encode("utf-8", "replace")
    try:
        tree = html.document_fromstring(data, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        return None
    body = tree.find("body")
    return tree if body is None else body


def paragraphs_of(node: Any, *, is_page: bool = False) -> Iterator[Any]:
    """Yield the blocks below a node that have no other in them, or are a list or a table.

    What :func:`add_markup` leaves out is not among them.
    """
    for child in node:
        tag = name_of(child)
        if not tag or tag in INLINE or tag in _SKIPPED:
            continue
        if is_page and _is_of_the_site(child, tag):
            continue
        inner = () if tag in _WHOLE else [name_of(each) for each in child]
        if any(name and name not in INLINE and name != "br" for name in inner):
            yield from paragraphs_of(child, is_page=is_page)
        else:
            yield child


def add_markup(node: Any, builder: TextBuilder, *, is_page: bool = False) -> None:
    """Append headings, paragraphs, list items and rows below a node in document order.

    Scripts and navigation are left out, and of a page what belongs to the site. A row becomes
    one line, cells joined by " | "; a term and its definition become one, joined by ": ".
    """
    words: list[str] = []

    def flush() -> None:
        for paragraph in EMPTY_LINE.split("".join(words)):
            # Lines are lines: of an address, or of keys and values.
            text = "\n".join(filter(None, map(in_one_line, paragraph.split(BREAK))))
            if not text.strip("☐☒ "):
                continue  # a box of the page's own controls
            if is_page and is_navigation(text):
                builder.add(text, "furniture")
            else:
                builder.add_content(text)
        words.clear()

    words.append(node.text or "")
    number, is_numbered = _first_number(node), name_of(node) == "ol"
    for child in node:
        tag = name_of(child)
        if tag == "br":
            words.append(BREAK)
        elif tag in INLINE:
            gather(child, words)
        elif tag and tag not in _SKIPPED and not (is_page and _is_of_the_site(child, tag)):
            flush()
            if tag in _HEADINGS:
                _heading(child, builder, _HEADINGS[tag])
            elif tag == "table":
                add_table(child, builder, partial(add_markup, builder=builder, is_page=is_page))
            elif tag == "tr":  # of no table
                add_table([child], builder, partial(add_markup, builder=builder, is_page=is_page))
            elif tag == "dl":
                _definitions(child, builder, is_page=is_page)
            elif tag == "pre":
                builder.add("".join(child.itertext()), "body")
            elif tag == "li":
                builder.items.append(number)
                add_markup(child, builder, is_page=is_page)
                builder.items.pop()
            else:
                add_markup(child, builder, is_page=is_page)
        number += tag == "li" and is_numbered
        words.append(child.tail or "")
    flush()


def _first_number(node: Any) -> int:
    """Return the number of the first item of a numbered list, 0 if it is none."""
    if name_of(node) != "ol":
        return 0
    first = node.get("start", "1")
    return int(first) if first.isdecimal() and len(first) < 10 else 1


def _is_of_the_site(node: Any, tag: str) -> bool:
    """Return whether an element of a page is navigation or advertising, by its class and links."""
    if tag in _SKIPPED_OF_PAGES or (tag in _OF_BODY and not _is_text(node)):
        return True
    if tag == "form":
        texts = node.xpath(".//text()[not(ancestor::select or ancestor::button)]")
        return len(" ".join(texts).split()) < _MIN_FORM_WORDS
    named = " ".join(node.get(name, "") for name in ("class", "id", "role")).lower()
    if _SITE.search(named) or any(map(_SITE_ALONE.fullmatch, named.split())):
        return True
    if name_of(node) not in ("ul", "ol", "div", "p", "section"):
        return False
    if next(node.iter("th", "{*}th"), None) is not None:
        return False  # a table of links, such as an index of names
    links = [clean(list(link.itertext())) for link in node.iter("a", "{*}a")]
    if len(links) < _MIN_LINKS:
        return False
    return sum(map(len, links)) > _LINKED * len(clean(list(node.itertext())))


def _is_text(node: Any) -> bool:
    """Return whether a header or the like is of a part of the page, or says whose or of when."""
    text = " ".join(node.itertext())
    if _AD.match(text):
        return False
    if any(name_of(each) in _SECTIONS for each in node.iterancestors()):
        return True
    return _CONTACT.search(text) is not None or bool(find_date(text))


def _definitions(node: Any, builder: TextBuilder, *, is_page: bool) -> None:
    """Append the terms of a list, a short definition in the line of its term."""
    term = ""
    for child in node.iter("dt", "dd", "{*}dt", "{*}dd"):
        if next(child.iterancestors("dl", "{*}dl"), None) is not node:
            continue
        words: list[str] = []
        gather(child, words)
        text = clean(words)
        if name_of(child) == "dt":
            builder.add_content(term)
            term = text
        elif term and len(term) + len(text) <= _MAX_DEFINITION and not _has_blocks(child):
            builder.add_content(f"{term.rstrip(':')}: {text}")
            term = ""
        else:
            builder.add_content(term)
            term = ""
            add_markup(child, builder, is_page=is_page)
    builder.add_content(term)


def _has_blocks(node: Any) -> bool:
    """Return whether there are several paragraphs, a list or a table in an element."""
    names = [name_of(each) for each in node.iterdescendants()]
    return names.count("p") > 1 or not {"ul", "ol", "table", "pre", "dl"}.isdisjoint(names)


def _heading(node: Any, builder: TextBuilder, level: int) -> None:
    words: list[str] = []
    gather(node, words)
    builder.add(clean(words), "heading", level=level)
