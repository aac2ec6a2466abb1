"""Tell what of a web page belongs to its site: menus, advertising, notices of cookies."""

from __future__ import annotations

import re
from typing import Any

from qa.loaders.contact import MAIL, TELEPHONE
from qa.loaders.dates import find_date
from qa.loaders.furniture import is_navigation
from qa.loaders.hypertext.elements import INLINE, chosen, clean, name_of

# Elements whose words are no text, and what they are in a report; of others nothing is seen.
UNSEEN = {*"script style template head title".split()}
_CONTROLS = {
    "button": "button",
    "select": "choices",
    "noscript": "text for pages without scripts",
    "svg": "drawing",
    "iframe": "page within the page",
    "object": "page within the page",
}
# These belong to the site unless they are in a section, whose they are then, or say something.
_OF_BODY = {"header": "header", "footer": "footer", "aside": "sidebar"}
_SECTIONS = {*"article main section td li blockquote figure dialog".split()}
# What says something: an address, a telephone number, a day of the week, a number among words.
_FACT = re.compile(
    rf"{MAIL}|{TELEPHONE}"
    r"|(?i:\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:days?)?\b)"
    r"|(?i:\bregistered (?:in|office|charity|company|no)\b)"
    r"|(?<!\S)[^\W\d_][^:]{2,30}: [^\W_]"
)
_NUMBER = re.compile(r"(?<![\w.,])[£$€#(+]?\d")
_LEAST_WORDS_BESIDE = 2
_LEAST_WORDS = 5  # of a sentence
_PIECE = re.compile(r"[^|·•\n]+?(?:(?<=\w\w)[.!?](?=\s|$)|(?=[|·•\n])|$)")
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright\b)(?:\s|©|\(c\)|\bby\b|,|[-–]|(?:19|20)\d\d)*", re.IGNORECASE
)
_YEAR = re.compile(r"(?<!\w)(?:19|20)\d\d(?!\w)")
_AD = re.compile(
    r"\s*(?:advertisement|sponsored|promoted|related|see also|read (?:more|next)|most read"
    r"|most popular|was this|more (?:from|on|stories|articles)|follow us|share (?:this|on)"
    r"|subscribe|sign up|newsletter|(?:customers|people|others) also"
    r"|(?:similar|popular|recommended|recent|latest|other) (?:jobs|news|products|posts|pages"
    r"|articles|stories|topics|items|offers|reading|comments)"
    r"|you (?:may|might) (?:also )?(?:need|like))\b",
    re.IGNORECASE,
)
# What any site says of itself, and asks of its readers.
_OF_ANY_SITE = re.compile(
    rf"{_AD.pattern}|\W*(?:all rights reserved|(?:this|our) (?:web)?site uses|we use cookies"
    r"|by using|powered by|(?:built|made|created) (?:with|by)|(?:web)?site by|back to top"
    r"|get our|join our|download (?:the|our))\b",
    re.IGNORECASE,
)
# A form of fewer words, such as a search, belongs to the site too.
_MIN_FORM_WORDS = 12
# What belongs to the site, with the words for it in classes, ids and roles; and words that stand
# for such only where no other is beside them: not "related-work" or "share-holders".
_PARTS = {
    "cookie notice": r"cookies?",
    "newsletter form": r"newsletter|subscribe|sign-?up",
    "share buttons": r"sharing",
    "advertising": r"advert\w*",
    "menu": r"breadcrumbs?|pagination|pager|skip-?link|navbar|navigation",
    "pop-up": r"popup|modal",
    "links to other pages": r"most-?read|trending",
}
_SITE = re.compile("|".join(rf"(\b(?:{words})\b)" for words in _PARTS.values()))
_SITE_ALONE = re.compile(
    r"(?:(?:site|page|post|article|entry|main|top|bottom|side|sidebar|global|content|block|widget"
    r"|js|google|social|table|print)[-_]+)*"
    r"(?P<what>consent|share|social|related|recommended|ads?|promo|toc)"
    r"(?:[-_]+(?:box|bar|banner|buttons?|links?|list|tools?|container|wrapper|wrap|block|section"
    r"|widget|items?|content|contents|articles?|stories|posts?|news|topics|modal|notice|slot|unit"
    r"|label|icons?|menu|nav|media|module|panel|area|header|footer|share|\d+))*"
)
_ALONE = {
    "consent": "cookie notice",
    "share": "share buttons",
    "social": "share buttons",
    "toc": "table of contents",
    "ad": "advertising",
    "ads": "advertising",
    "promo": "advertising",
}
# A list or a division with so many links, and this share of its text in them, is a menu.
_MIN_LINKS = 3
_LINKED = 0.8
_LABEL_WORDS = 3  # of a button; more are a text


def left_out(node: Any, tag: str, *, is_page: bool) -> str:
    """Return what an element is of which nothing is text, such as "menu"; empty if it is text.

    With ``is_page`` what belongs to the site is none.
    """
    if (tag == "button" and _is_question(node)) or (tag == "select" and chosen(node)):
        return ""
    if tag in _CONTROLS:
        return _CONTROLS[tag]
    return _part_of_site(node, tag) if is_page else ""


def _is_question(button: Any) -> bool:
    """Return whether a button is a line of text, which shows or hides what is below it."""
    text = clean(list(button.itertext()))
    return not is_navigation(text) and (text.endswith("?") or len(text.split()) > _LABEL_WORDS)


def _part_of_site(node: Any, tag: str) -> str:
    """Return what an element of the site is, by its name, its class and its links."""
    if tag == "nav":
        return "menu"
    if tag in _OF_BODY:
        return "" if _is_text(node) else _OF_BODY[tag]
    if tag == "form":
        if _in_section(node) and any(map(chosen, node.iter("select"))):
            return ""  # what a thing can be had in
        texts = node.xpath(".//text()[not(ancestor::select or ancestor::button)]")
        return "form" if len(" ".join(texts).split()) < _MIN_FORM_WORDS else ""
    if (what := _named(node, tag)) and not _is_page(node, tag):
        return what
    if tag not in ("ul", "ol", "div", "p", "section"):
        return ""
    if next(node.iter("th", "{*}th"), None) is not None:
        return ""  # a table of links, such as an index of names
    links = [clean(list(link.itertext())) for link in node.iter("a", "{*}a")]
    if len(links) < _MIN_LINKS:
        return ""
    linked = sum(map(len, links)) > _LINKED * len(clean(list(node.itertext())))
    return "links" if linked else ""


def _named(node: Any, tag: str) -> str:
    """Return what the class, the id or the role of an element says that it is.

    An article may be filed under such a word: "post tag-cookies".
    """
    named = " ".join(node.get(name, "") for name in ("class", "id", "role")).lower()
    words = named.split()
    found = map(_SITE.fullmatch, words) if tag == "article" else [_SITE.search(named)]
    for part in filter(None, found):
        return list(_PARTS)[(part.lastindex or 1) - 1]
    for alone in filter(None, map(_SITE_ALONE.fullmatch, words)):
        return _ALONE.get(alone["what"], "links to other pages")
    return ""


def _is_page(node: Any, tag: str) -> bool:
    """Return whether an element is or has the page itself, whatever it is called."""
    if tag == "main" or next(node.iter("main"), None) is not None:
        return True
    inside = len(list(node.iter("h1")))
    return inside > 0 and inside == len(list(node.getroottree().iter("h1")))


def _is_text(node: Any) -> bool:
    """Return whether a header or the like is of a part of the page, or says something."""
    if _AD.match(" ".join(node.itertext())):
        return False
    if _in_section(node):
        return True
    words: list[str] = []
    _gather_own(node, words)
    return any(map(_says_something, _PIECE.findall("".join(words))))


def _in_section(node: Any) -> bool:
    return any(name_of(each) in _SECTIONS for each in node.iterancestors())


def _gather_own(node: Any, words: list[str]) -> None:
    """Collect the words of an element that are not those of links, menus and forms."""
    words.append(node.text or "")
    for child in node:
        tag = name_of(child)
        line = "" if tag in INLINE else "\n"
        words.append(line)
        if tag == "a":
            text = clean(list(child.itertext()))
            # An address may lead to a map, a number to the telephone.
            words.append(f"|{text}|" if _says_something(text, is_link=True) else "|")
        elif tag and tag not in _CONTROLS and tag not in UNSEEN and tag not in ("nav", "form"):
            _gather_own(child, words)
        words += [line, child.tail or ""]


def _says_something(piece: str, *, is_link: bool = False) -> bool:
    """Return whether a part of a line is more than any site has: a sentence, a date, a number."""
    text = " ".join(piece.split())
    if not text or _OF_ANY_SITE.match(text) or is_navigation(text):
        return False
    if is_link:
        return re.search(rf"{MAIL}|{TELEPHONE}", text) is not None
    own = _COPYRIGHT.sub("", text)
    if own != text:
        own = _YEAR.sub("", own)
    words = len(own.split())
    if _FACT.search(own) or find_date(own):
        return True
    if _NUMBER.search(own) and words > _LEAST_WORDS_BESIDE:
        return True
    return own == text and words >= _LEAST_WORDS and text.endswith((".", "!", "?"))
