"""Recognise lines that are not content: navigation, labels, picture credits, agencies.

The rules go by form, not by publisher, and only clear patterns count: furniture can never be
quoted.
"""

from __future__ import annotations

import re

# The parts of a page that a link leads to, whatever the page is about.
_PARTS = (
    r"(?:content|menu|navigation|search|top|header|footer|sidebar|home\s?page|start|page|sites?"
    r"|results|comments|articles?|links)"
)
_NAVIGATION = re.compile(
    rf"""(?:\d+[.)]\s*)?(?:
        (?:skip|jump|back)\s+to\s+(?:[\w.’'-]+\s+){{0,3}}{_PARTS}
      | go\s+to\s+(?:the\s+)?(?:main\s+)?(?:content|navigation|home\s?page|top)
      | (?:cookie|privacy)\s+(?:settings|notice|policy|preferences)
      | (?:accept|reject|manage)\s+(?:all\s+)?cookies
      | (?:share|send|post|follow\s+us)(?:\s+(?:this|on|via|by)\s+[\w\s]{{1,20}})?
      | (?:sign\s+up|subscribe)(?:\s+(?:to|for)\s+(?:our|the)\s+[\w\s]{{0,20}}newsletter)?
      | (?:log|sign)\s+(?:in|out) | register | print | menu | search | newsletter
      | advertisement | sponsored | related\s+(?:articles|stories|topics)
      | read\s+more | more\s+on\s+this\s+(?:topic|story) | all\s+rights\s+reserved\.?
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# A line of a header or footer that only counts pages, in some languages: "Page 3 of 7".
PAGE_NUMBER = re.compile(
    r"(?:page|seite|p[áa]gina|sida|side|strana|strona|of|von|de|di|van|av|af|z|sur|[\W\d_])*+",
    re.IGNORECASE,
)
# The sections that most newspapers have.
_SECTIONS = (
    "africa americas analysis arts asia business climate culture economy education entertainment"
    " environment europe finance food health lifestyle markets media migration nature news"
    " opinion politics science society sport sports technology travel weather world"
).split()
_SECTION = "|".join(name.capitalize() for name in _SECTIONS)
# One or several labels, separated as in a path or run together as copying a page does, with or
# without a topic: "News › Asia", "SportsIceland".
_SEPARATOR = r"(?:\s*[>›»/|·•]\s*)?"
_LABEL = re.compile(
    rf"(?:(?:Home{_SEPARATOR})?(?:{_SECTION}))(?:{_SEPARATOR}(?:{_SECTION}))*"
    rf"(?:{_SEPARATOR}[A-Z][\w-]+(?: [A-Z][\w-]+){{0,2}})?"
)
_AGENCY = (
    r"(?:AAP|Agence France-Presse|AFP|Alamy|Anadolu|ANP|ANSA|APA|AP|Associated Press|Belga"
    r"|Bloomberg|CTK|dpa|EFE|epd|EPA|Getty(?: Images)?|I(?:MAGO|mago)|iStock|KCNA|Keystone|KNA"
    r"|Kyodo(?: News)?|Lehtikuva|NTB|PA(?: Images| Media| Wire)?|Pexels|[Pp]icture[- ][Aa]lliance"
    r"|Pixabay|Press Association|PTI|R(?:EUTERS|euters)|RIA(?: Novosti)?|Scanpix|Shutterstock"
    r"|Sipa|SID|Sputnik|TASS|Unsplash|UPI|Wikimedia(?: Commons)?|Xinhua|Yonhap|ZUMA)"
)
_CREDIT = (
    r"(?:Image|Photo(?:graph)?|Picture|Foto|Bild|Credit)s?"
    r"(?:\s+(?:credit|source|by|courtesy(?:\s+of)?))?"
)
_CREDITS = (
    # Glued to the caption, as copying a page does: "The car in the snowImage: A. B."
    re.compile(rf"(?<=[a-z\d.!?\"”)]){_CREDIT}\s*:\s*.{{2,120}}$"),
    # After the caption, and clearly a source: with a slash, "via", "©" or an agency.
    re.compile(
        rf"(?:^|(?<=\s)){_CREDIT}\s*[:/]\s*(?=.*(?:[^\W\d]\s*/\s*[^\W\d]|\bvia\b|©|\b{_AGENCY}\b)).{{2,120}}$"
    ),
    # In parentheses at the end: "(Photo: J. Roe)", "(AP Photo/J. Roe)".
    re.compile(
        rf"\((?:{_CREDIT}\s*:|(?:Image|Photo)\s+(?:by|courtesy\s+of)\s)[^()]{{2,80}}\)$"
        rf"|\({_AGENCY}(?:\s+(?:File\s+)?(?:Photo|Image|Picture)s?[^()]{{0,80}}|\s*/[^()]{{2,80}})\)$"
    ),
    re.compile(r"(?<![Cc]opyright )(?<!COPYRIGHT )©\s*(?:\d{4}\s+)?[^.]{2,60}$"),
    # A source of several agencies, alone or after a sentence: "AFP via Getty Images".
    re.compile(
        rf"(?:^|(?<=[.!?\"”]\s))(?:Getty Images|{_AGENCY}(?:\s*/\s*{_AGENCY})+)$"
        rf"|(?:^|(?<=\s)){_AGENCY}(?:\s*/\s*{_AGENCY})*\s+via\s+{_AGENCY}$"
    ),
)
# "ab/cd (AP, dpa)": the initials of the authors and the agencies that they used.
_AGENCIES = re.compile(
    rf"(?:[a-z]{{1,4}}(?:\s?[/,]\s?[a-z]{{1,4}})*\s*)?\({_AGENCY}(?:\s*[,/;]\s*{_AGENCY})*\)"
)

# No such line is longer, and no credit begins further from the end: the time of a search, which
# may grow with the square of what is searched, has an end.
_LINE_CHARACTERS = 300
_CREDIT_CHARACTERS = 400


def is_navigation(line: str) -> bool:
    """Return whether a whole line is an element of the page, not of its text."""
    return _is_whole(_NAVIGATION, line)


def is_section_label(line: str) -> bool:
    """Return whether a line is a section label; used only above the title."""
    return _is_whole(_LABEL, line)


def is_agency_line(line: str) -> bool:
    """Return whether a line names the news agencies used; asked only of the last line."""
    return _is_whole(_AGENCIES, line)


def credit_start(line: str) -> int | None:
    """Return the start of a picture credit in a line, None if there is none."""
    plain = line.replace("\xa0", " ").rstrip()
    for pattern in _CREDITS:
        if found := pattern.search(plain, max(len(plain) - _CREDIT_CHARACTERS, 0)):
            return found.start()
    return None


def _is_whole(pattern: re.Pattern[str], line: str) -> bool:
    """Return whether a line is nothing but what a pattern describes; a long line never is."""
    plain = " ".join(line.split())
    return len(plain) <= _LINE_CHARACTERS and pattern.fullmatch(plain) is not None
