"""Find dates in text."""

from __future__ import annotations

import re
from datetime import date

MONTHS = (
    "january february march april may june july august september october november december"
).split()
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in MONTHS)
_FORMS = (
    re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})(?!\d)"),
    re.compile(
        rf"(?P<name>{_MONTH}|sept)\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})",
        re.I,
    ),
    re.compile(
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<name>{_MONTH}|sept)\.?,?\s+(?P<year>\d{{4}})",
        re.I,
    ),
)
# Before the last words of a title, the date of what it names follows; in prose it is that of a
# day which is written about ("What changes from 1 April").
_DATED = re.compile(
    r"(?:minutes|notes|agenda|report|newsletter|bulletin|letter|memo|price)\b", re.I
)
_MARK = ",;:|(–—-"
_OLDEST = "1980"  # an older day is one in history
_OF_A_FILE = re.compile(r"(?:^|[ _.-])(\d{4})[_.-]?(\d{2})[_.-]?(\d{2})(?:$|[ _.-])")
# What a line says of its date where it is not that of the document.
_OTHER_DAY = re.compile(
    r"\W*(?:next|(?:payment |pay |payable )?(?:due|by)\b|deadline|expir|valid|until|born|birth"
    r"|date of birth|closing|renewal|return|joined|(?:member|customer|registered)\b.* since"
    r"|registered|last (?:seen|visit|active))",
    re.IGNORECASE,
)
# A date alone, perhaps after the day of the week.
_DAY = re.compile(rf"(?:[a-z]{{3,6}}day,?\s+)?(?:\d|{_MONTH}|sept)", re.IGNORECASE)
# What names the date of a document beside something else in a line.
_OWN_LABEL = re.compile(
    r"(?:^|(?<=[ \t][ \t])|(?<=\t))(?:(?:letter|invoice|bill|statement|report|issue|order|quotation"
    r"|quote|document) )?(?:date|dated|datum|date of issue|date issued)[ \t]*:[ \t]*(?=\S)",
    re.IGNORECASE,
)
# A label within a line; there is none in a time of the day.
_LABEL = re.compile(r"[^\W\d_][^\W\d_. ]*:(?=\s|$)")


def find_date(text: str) -> str:
    """Return the first date in a text as ISO 8601, empty if there is none."""
    found = [match for form in _FORMS for match in [form.search(text)] if match]
    for match in sorted(found, key=lambda match: match.start()):
        parts = match.groupdict()
        if "name" in parts:
            prefix = parts["name"][:3].lower()
            month = next(i for i, name in enumerate(MONTHS, 1) if name.startswith(prefix))
        else:
            month = int(parts["month"])
        try:
            return date(int(parts["year"]), month, int(parts["day"])).isoformat()
        except ValueError:
            continue
    return ""


def is_date_line(line: str) -> bool:
    """Return whether a line is a date and little else ("Published 20 February 2024, 10:15").

    Of a line of a form it is one of several values: "Born: 12.3.1971   Room: 14".
    """
    if len(line) > 60 or not find_date(line) or len(_LABEL.findall(line)) > 1:
        return False
    rest = line
    for form in _FORMS:
        rest = form.sub("", rest)
    return sum(character.isalpha() for character in rest) <= 24 and not rest.strip().endswith(".")


def is_own_date(line: str) -> bool:
    """Return whether a line is a date, and not that of another day: "Next meeting: 4 June 2024"."""
    return is_date_line(line) and _OTHER_DAY.match(line) is None


def own_date(line: str) -> str:
    """Return the date that a line gives the document, as ISO 8601; empty if it gives none.

    It is a date and little else, or beside something else says what it is: "Bill date: 4 May 2025".
    """
    if is_own_date(line):
        return find_date(line)
    label = _OWN_LABEL.search(line)
    return find_date(line[label.end() :].partition("  ")[0]) if label else ""


def is_day(line: str) -> bool:
    """Return whether a line is a date alone: "Tuesday, 14 May 2024"."""
    return is_date_line(line) and _DAY.match(line) is not None


def named_date(title: str, stem: str) -> str:
    """Return the date in a document's title, or in its file's name, as ISO 8601; empty without.

    In a title it is at the end or the beginning: "Minutes of the society, 14 May 2025". The date
    in the title of a story is not the document's.
    """
    line = " ".join(title.split()).rstrip(").")
    for form in _FORMS:
        for found in form.finditer(line):
            before, after = line[: found.start()].rstrip(), line[found.end() :].lstrip()
            is_apart = form is _FORMS[0] or _DATED.match(line)
            ends = not after and (not before or is_apart or before[-1] in _MARK)
            if ends or (not before and (is_apart or after[0] in _MARK)):
                day = find_date(found.group())
                return day if day >= _OLDEST else ""
    name = _OF_A_FILE.search(stem)
    day = find_date("-".join(name.groups())) if name else ""
    return day if day >= _OLDEST else ""
