"""Choose between the plain text and the HTML of a message."""

from __future__ import annotations

import re

from qa.loaders.mail.quoted import blocks_of_html

_WORD = re.compile(r"\w{2,}")
# A version that lacks more of the other's words lacks text, and not only a label.
_LACKING = 0.01
# A paragraph of which so many words are not in the other version is not in it.
_NEW = 0.5
# "Your program shows no HTML, open this message in a browser": where the text is, in few words.
_MAX_STUB_WORDS = 40
_STUB = re.compile(r"\bhtml\b|\bbrowser\b|\bmail (?:client|program|reader)|\bview .*online", re.I)


def better_version(plain: str, markup: str) -> tuple[bool, list[str]]:
    """Return whether the HTML is the better version, and paragraphs that only the other has.

    The better one lacks fewer of the other's words. Of two that say the same the HTML is read if
    it has a table, whose rows plain text runs together.
    """
    shown = blocks_of_html(markup)
    rich = "\n\n".join(block.text for block in shown)
    if _is_stub(plain) and rich:
        return True, []
    if _is_stub(rich) or not rich:
        return False, []
    in_plain, in_rich = _words_of(plain), _words_of(rich)
    lost_plain = len(in_plain - in_rich) / max(len(in_plain), 1)
    lost_rich = len(in_rich - in_plain) / max(len(in_rich), 1)
    has_table = any(block.cells for block in shown)
    is_rich = lost_plain < lost_rich or (has_table and lost_plain <= _LACKING)
    if (lost_plain if is_rich else lost_rich) <= _LACKING:
        return is_rich, []
    here = in_rich if is_rich else in_plain
    others = re.split(r"\n[ \t]*\n", plain) if is_rich else rich.split("\n\n")
    return is_rich, [text.strip() for text in others if _is_new(text, here)]


def _is_new(text: str, words: set[str]) -> bool:
    found = _words_of(text)
    return len(found - words) > _NEW * len(found)


def _is_stub(text: str) -> bool:
    """Return whether a text only says where the message can be read."""
    return len(text.split()) <= _MAX_STUB_WORDS and _STUB.search(text) is not None


def _words_of(text: str) -> set[str]:
    return set(_WORD.findall(" ".join(word for word in text.lower().split() if not _is_link(word))))


def _is_link(word: str) -> bool:
    """Return whether a word is an address, of mail or of a page."""
    return "@" in word[1:-1] or "://" in word[1:-1]
