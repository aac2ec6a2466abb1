"""The title of a plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from qa.loaders.contact import MAIL, MAIL_ALONE, TELEPHONE
from qa.loaders.dates import is_date_line
from qa.loaders.furniture import is_navigation, is_section_label
from qa.loaders.letter import subject_of
from qa.loaders.lines.beside import are_beside
from qa.loaders.plain.line import ENDS, NUMBERED, TITLE_CHARACTERS, Line, breaks

TOP_LINES = 12
_LETTER_LINES = 40
# A title has so many lines above one another, and together so many characters.
_MAX_LINES = 3
_MAX_CHARACTERS = 120
# A line that is longer may be cut because the next word had no room.
_FULL_CHARACTERS = 45
_SHORT_CHARACTERS = 30
# A title in capitals has so many of them among its letters.
_CAPITAL = 0.55
_BRACKETS = re.compile(r"\([^()]*\)")
_COUNTED = re.compile(r"\(?(?:\d{1,3}|[a-z])[.)]\s")
# What begins a line of reStructuredText that is no text: a target, an option, a picture.
_DIRECTIVE = ".. "
_PATH = re.compile(r"\||\s[>›»/]\s.*\s[>›»/]\s")
_GAP = re.compile(r"[ \t]{2,}|\t")
# Between what stands at the left and at the right of a letterhead; and more gaps than a title has.
_WIDE = re.compile(r"[ \t]{8}")
_MAX_GAPS = 4
# A title in the middle below these is indented so far.
_CENTRED = 8
_KEY = re.compile(r"(?:^|(?<=[ \t][ \t])|(?<=\t))[^\W\d_][^:.;|]{0,38}:(?=\s|$)")
# "Our reference: CBS/26-088", "Legend: [+] new": a code, a number or signs, and no words.
_FILED = re.compile(r"(?:[^\W\d_]+\.? ){0,2}[^\W\d_]+:[ \t]+(?=\S*\d|[^\w\s\"'“‘«(])")
# What a letter begins with: where it is from, and for whom; a telephone number; a mail address.
_CONTACT = re.compile(
    rf"{MAIL}|\b(?:https?://|www\.)|{TELEPHONE}"
    r"|^\d{1,4}[a-z]?,? [^\W\d_]|\b(?:Tel|Phone|Fax|VAT|PO Box|Dear|[Rr]egards)\b",
)
# What is an address and nothing else names no text.
_ADDRESS = re.compile(rf"<?(?:{MAIL_ALONE}|(?:https?|ftp)://\S+|www\.\S+)>?")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d{1,2}[A-Z]? ?\d[A-Z]{2}\b|\b\d{5}\b")


def mark_subject(lines: Sequence[Line]) -> int | None:
    """Make a heading of the line that names the subject of a letter; return its position."""
    top = lines[:_LETTER_LINES]
    capitals = [line.alone and line.text.isupper() for line in top]
    position = subject_of([line.text for line in top], capitals)
    if position is not None:
        lines[position].kind, lines[position].level = "heading", 1
    return position


def mark_title(text: str, lines: list[Line]) -> str:
    """Make a heading of the title among the first lines, if there is one; return it.

    It is the first line that has blank lines around it, or else the first lines of a text, if
    they are short, no letterhead and no prose: an organisation, then what it publishes. A
    letterhead in capitals will do where there is no other, or the first heading that is underlined.
    """
    is_first, letterhead = True, -1
    for position, line in enumerate(lines[:TOP_LINES]):
        if line.kind == "furniture" or line.text.startswith(_DIRECTIVE):
            continue
        if line.kind == "body" and (is_navigation(line.text) or is_section_label(line.text)):
            line.kind = "furniture"
            continue
        if line.kind == "heading" and is_first:
            return " ".join(line.text.split())
        if line.kind == "body" and not is_date_line(line.text):
            taken = _heads(text, lines[position:]) if is_first else 0
            if taken or _may_be_title(line, lines[position + 1 :], is_first=is_first):
                return _join(lines, position, max(taken, 1))
            if is_first and _is_name(line) and line.text.isupper():
                letterhead = position
        is_first = False
    if letterhead >= 0:
        return _join(lines, letterhead, 1)
    ruled = next((line for line in lines[:TOP_LINES] if line.kind == "heading"), None)
    return "" if ruled is None else " ".join(ruled.text.split())


def _join(lines: list[Line], position: int, count: int) -> str:
    """Make one heading of some lines."""
    line = lines[position]
    words = [each.text for each in lines[position : position + count]]
    line.end, line.text = lines[position + count - 1].end, " ".join(words)
    line.kind, line.level = "heading", 1
    del lines[position + 1 : position + count]
    return " ".join(line.text.split())


def _may_be_title(line: Line, rest: Sequence[Line], *, is_first: bool) -> bool:
    """Return whether a line is a title: short, alone, text below; a key with a code only first."""
    return (
        bool(rest)
        and line.alone
        and len(line.text) <= TITLE_CHARACTERS
        and not _is_ended(line.text)
        and "|" not in line.text
        and any(character.isalpha() for character in line.text)
        and len(_KEY.findall(line.text)) < 2
        and len(_GAP.findall(line.text)) < _MAX_GAPS
        and (is_first or not _FILED.match(line.text))
        and not NUMBERED.match(line.text)
        and not _ADDRESS.fullmatch(line.text)
    )


def _heads(text: str, lines: Sequence[Line]) -> int:
    """Return how many lines at the top of a text, with others right below them, are its title."""
    group = [lines[0]]
    for line in lines[1:]:
        if breaks(text, group[-1], line) > 1 or not any(map(str.isalnum, line.text)):
            break
        group.append(line)
    if len(group) == len(lines) or any(map(_is_address, group)):
        return 0
    if are_beside([_GAP.split(line.text) for line in group]):
        return 0
    first = group[0]
    if not _is_name(first) or _goes_on(group):
        return 0
    rest = lines[len(group) : len(group) + _MAX_LINES]
    is_wide = len(group) > 1 and all(_WIDE.search(each.text) for each in group)
    if is_wide and any(each.alone and each.indent >= _CENTRED and _is_name(each) for each in rest):
        return 0
    count, size = 1, len(first.text)
    for above, line in pairwise(group[:_MAX_LINES]):
        size += 1 + len(line.text)
        is_rest = line.text[0].islower()
        fits = _is_name(line) and size <= _MAX_CHARACTERS
        if is_rest and (count == 1 or len(above.text) <= _FULL_CHARACTERS or not fits):
            return max(count - (len(above.text) > _FULL_CHARACTERS), 1)
        if not fits:
            break
        count += 1
    return count


def _is_address(line: Line) -> bool:
    return _CONTACT.search(line.text) is not None or _POSTCODE.search(line.text) is not None


def _is_name(line: Line) -> bool:
    """Return whether a line may be part of a title: no sentence, no item, no form, no table."""
    return (
        line.kind == "body"
        and not _is_ended(line.text)
        and (line.text[0].isalnum() or line.text[0] in "\"'“‘")
        and any(character.isalpha() for character in line.text)
        and not _PATH.search(line.text)
        and len(_GAP.findall(line.text)) < 2
        and _KEY.search(line.text) is None
        and not _COUNTED.match(line.text)
        and not is_date_line(line.text)
    )


def _is_ended(text: str) -> bool:
    """Return whether a line ends as a sentence does, and not in brackets or an abbreviation."""
    if text.endswith(")"):
        return text.count("(") != text.count(")")
    if _is_capital(text) and not text.endswith((":", ";", ",")):
        return False
    return text.endswith(ENDS)


def _is_capital(text: str) -> bool:
    letters = [character for character in _BRACKETS.sub("", text) if character.isalpha()]
    return sum(map(str.isupper, letters)) > _CAPITAL * len(letters)


def _goes_on(group: Sequence[Line]) -> bool:
    """Return whether the first line is one of prose, or of a list of things, and not a title."""
    first = group[0].text
    if len(group) < 2 or _is_capital(first):
        return len(group) < 2
    is_full = len(first) > _SHORT_CHARACTERS and group[1].text[0].islower()
    return first[0].islower() or is_full or any(each.text.endswith((".", ",")) for each in group)
