"""Find dates in text."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = (
    "january february march april may june july august september october november december"
).split()
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in _MONTHS)
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
# A label within a line; there is none in a time of the day.
_LABEL = re.compile(r"[^\W\d_][^\W\d_. ]*:(?=\s|$)")


def find_date(text: str) -> str:
    """Return the first date in a text as ISO 8601, empty if there is none."""
    found = [match for form in _FORMS for match in [form.search(text)] if match]
    for match in sorted(found, key=lambda match: match.start()):
        parts = match.groupdict()
        if "name" in parts:
            prefix = parts["name"][:3].lower()
            month = next(i for i, name in enumerate(_MONTHS, 1) if name.startswith(prefix))
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
