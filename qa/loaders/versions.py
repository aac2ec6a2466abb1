"""Recognise the lines that name a version in a changelog."""

from __future__ import annotations

import re
from dataclasses import replace

from qa.loaders.dates import MONTHS, find_date
from qa.loaders.extracted import TextBuilder

_MAX_CHARACTERS = 80
# A version of three parts, or of two that something says to be one: "v2.1", "Release 2.1".
_NUMBER = (
    r"\d{1,4}(?:\.\d{1,6}){1,3}(?:[-.+]?(?:a|b|c|rc|alpha|beta|dev|post|pre|final)[-.]?\d{0,8})?"
)
_MONTH = "|".join(name[:3] for name in MONTHS)
# What may follow it: a day, or that it has none yet.
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)?"
_WHEN = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    rf"|(?:\w{{3,9}},? )?(?:{_ORDINAL} )?(?:{_MONTH})[a-z]*\.?(?: {_ORDINAL})?,? \d{{4}}"
    r"|unreleased|yanked|tbd|not yet released|in development|development|final|xxxx-xx-xx"
    r"|\d{4}-(?:\d\d|xx)-(?:\d\d|xx|\?\?))"
)
_LINE = re.compile(
    r"(?P<said>(?:version|release|rel\.|changes in|(?:what's )?new in(?: version)?"
    r"|[^\W\d_][\w-]{1,30}) )?"
    rf"\[?(?P<v>v\.? ?)?(?P<number>{_NUMBER})\]?"
    rf"(?P<when>(?:,|:| -{{1,3}}| [–—/@|])? ?[(\[]?(?:released?(?: on)?:? )?{_WHEN}[)\]]?)?:?",
    re.IGNORECASE,
)
_EMPHASIS = "*_`#"
_SAID = ("version", "release", "rel.", "changes in", "new in", "what's new in")
# A changelog names several; one alone may be anything.
LEAST = 2


def is_version(text: str) -> bool:
    """Return whether a line is the name of a version, perhaps with its day.

    "v0.57.0", "Version 2.1 (3 May 2024)", "[1.2.0] - 2024-05-03".
    """
    if len(text) > _MAX_CHARACTERS or not any(map(str.isdigit, text)):
        return False
    found = _LINE.fullmatch(" ".join(text.strip(_EMPHASIS).split()))
    if found is None or (not found["v"] and find_date(found["number"])):
        return False
    is_named = found["v"] or (found["said"] or "").lower().startswith(_SAID)
    return (
        bool(is_named or (found["when"] and not found["said"])) or found["number"].count(".") == 2
    )


def mark_versions(builder: TextBuilder, first: int = 0) -> None:
    """Make headings of the blocks from ``first`` that name versions, below the heading above.

    An item of a list is one if what is said of the version is in a list within it.
    """
    whole = "".join(builder.parts)
    above = level = 0
    found: list[tuple[int, int]] = []
    for number, block in enumerate(builder.blocks[first:], first):
        if block.kind == "heading":
            above = block.level
        elif block.kind == "body" and is_version(whole[block.start : block.end]):
            after = builder.blocks[number + 1 : number + 2]
            if after and after[0].depth >= block.depth + bool(block.depth):
                level = level or min(above + 1, 6)
                found.append((number, level))
    if len(found) >= LEAST:
        for number, level in found:
            block = builder.blocks[number]
            builder.blocks[number] = replace(block, kind="heading", level=level, depth=0, number=0)
