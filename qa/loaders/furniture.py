"""Recognise lines that are not content: navigation, labels, picture credits, initials."""

from __future__ import annotations

import re

_NAVIGATION = re.compile(
    r"""(?:\d+[.)]\s*)?(?:
        (?:skip|jump|go|back)\s+to\s+(?:the\s+)?(?:main\s+|more\s+|primary\s+)?
            (?:content|menu|navigation|search|top|footer|homepage|[\w.]+\s+sites)
      | (?:cookie|privacy)\s+(?:settings|notice|policy|preferences)
      | accept\s+(?:all\s+)?cookies
      | (?:share|send|post|follow\s+us)(?:\s+(?:this|on|via|by)\s+[\w\s]{1,20})?
      | (?:sign\s+up|subscribe)(?:\s+(?:to|for)\s+(?:our|the)\s+[\w\s]{0,20}newsletter)?
      | (?:log|sign)\s+in | log\s+out | register | print | menu | search | newsletter
      | advertisement | sponsored | related\s+(?:articles|stories|topics)
      | read\s+more | more\s+on\s+this\s+(?:topic|story) | all\s+rights\s+reserved\.?
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_SECTIONS = (
    "africa americas arts asia business climate culture economy education entertainment"
    " environment europe finance food health lifestyle markets media migration nature news"
    " opinion politics science society sport sports technology travel weather world"
).split()
_SECTION = "|".join(name.capitalize() for name in _SECTIONS)
# One or several labels run together, as copying a page does: "PoliticsNorth Korea".
_LABEL = re.compile(rf"(?:{_SECTION})+(?:[A-Z][\w-]+(?: [A-Z][\w-]+){{0,2}})?")
_CREDIT_WORD = r"(?:Image|Photo|Picture|Photograph|Foto)(?:\s+(?:credit|by|courtesy(?:\s+of)?))?"
# Glued to what stands before it, or clearly a source: with a slash, "via", a sign.
_GLUED_CREDIT = re.compile(rf"(?<=[a-z\d.!?\"”)]){_CREDIT_WORD}\s*:\s*.{{2,120}}$")
_SPACED_CREDIT = re.compile(
    rf"(?:^|(?<=\s)){_CREDIT_WORD}\s*[:/]\s*(?=.*(?:/|\bvia\b|©|Getty|AFP|Reuters|\bAP\b|dpa|EPA|TASS)).{{2,120}}$"
)
_OTHER_CREDIT = re.compile(
    r"\((?:AP|AFP|EPA|Reuters|Getty)\s+(?:Photo|Images?)?[^()]{0,80}\)$"
    r"|©\s*(?:\d{4}\s+)?[^.]{2,60}$"
    r"|(?:^|(?<=\s))(?:Getty Images|AFP via Getty Images)$"
)
# "wd/nm (Reuters, AFP, dpa)": who wrote it, and from which agencies.
_INITIALS = re.compile(
    r"[a-z]{2,4}(?:\s?[/,]\s?[a-z]{2,4})*\s*\([^()]{2,80}\)|[a-z]{2,3}(?:/[a-z]{2,3})+"
)


def is_navigation(line: str) -> bool:
    """Return whether a whole line is an element of the page, not of its text."""
    return _NAVIGATION.fullmatch(_plain(line)) is not None


def is_section_label(line: str) -> bool:
    """Return whether a line is a section label; used only above the title."""
    return _LABEL.fullmatch(_plain(line)) is not None


def is_initials(line: str) -> bool:
    """Return whether a line is the authors' initials; used only for the last line."""
    return _INITIALS.fullmatch(_plain(line)) is not None


def credit_start(line: str) -> int | None:
    """Return the start of a picture credit in a line, None if there is none."""
    plain = line.replace("\xa0", " ").rstrip()
    for pattern in (_GLUED_CREDIT, _SPACED_CREDIT, _OTHER_CREDIT):
        if found := pattern.search(plain):
            return found.start()
    return None


def _plain(line: str) -> str:
    return " ".join(line.split())
