"""Calendars: a row of days for each week, and below it what is on these days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from qa.loaders.dates import find_date

_WEEK = 7
_WORKING_WEEK = 5
_SHORTEST_MONTH = 28
# A day of a month, perhaps with that of the week or the name of the month: "8", "Mon 8", "8 June".
_DAY = re.compile(r"(?:[^\W\d_]{2,10}[.,]?\s+)?(\d{1,2})\.?(?:\s+[^\W\d_]{3,10}\.?)?")
# How the days of the week begin, in some languages.
_WEEKDAYS = re.compile(
    r"(?:mon?|tue?|wed?|thu?|fri?|sat?|sun?|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim)"
    r"(?:[^\W\d_]{0,9})\.?",
    re.IGNORECASE,
)


def days_of(cells: Sequence[str]) -> list[int]:
    """Return the days that are all that a row has, in order and each after the other; else none.

    They are numbers in the month, or whole dates as ordinals. A number of the week may be first.
    """
    filled = [text for cell in cells if (text := cell.strip())]
    for texts in (filled, filled[1:]) if len(filled) > 2 else (filled,):
        found = [_day(text) for text in texts]
        if found and len(found) <= _WEEK and all(found) and _is_run(found):
            return found
    return []


def _day(text: str) -> int:
    """Return the number of a day, 0 if a text is none."""
    if day := find_date(text):
        return date.fromisoformat(day).toordinal()
    found = _DAY.fullmatch(text)
    return int(found[1]) if found and 0 < int(found[1]) <= 31 else 0


def _is_run(days: Sequence[int]) -> bool:
    return all(b == a + 1 or _begins_month(a, b) for a, b in pairwise(days))


def _begins_month(day: int, following: int) -> bool:
    return following == 1 and _SHORTEST_MONTH <= day <= 31


def follows(days: Sequence[int], last: int) -> bool:
    """Return whether a row of days is the week after that of the day ``last``, 0 for the first."""
    if not days:
        return False
    weekend = _WEEK - _WORKING_WEEK
    ends_month = days[0] <= 1 + weekend and last + weekend >= _SHORTEST_MONTH and last <= 31
    return not last or 0 < days[0] - last <= 1 + weekend or ends_month


def is_calendar(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether rows are weeks: days, and what is on them below.

    There are two weeks, one of them whole, or names of the days of the week above the first.
    """
    weeks: list[list[int]] = []
    entries = False
    first = -1
    for number, row in enumerate(rows):
        days = days_of(row)
        if days and follows(days, weeks[-1][-1] if weeks else 0):
            weeks.append(days)
            first = number if first < 0 else first
        elif weeks:
            entries = entries or any(re.search(r"[^\W\d_]{2}", cell) for cell in row)
    is_named = first > 0 and are_weekdays(rows[first - 1])
    is_whole = len(weeks) > 1 and max(map(len, weeks)) >= _WORKING_WEEK
    return entries and (is_named or is_whole)


def are_weekdays(cells: Sequence[str]) -> bool:
    """Return whether cells, but for the first, are names of five days of the week or more."""
    filled = [text for cell in cells if (text := cell.strip())]
    days = [text for text in filled if _WEEKDAYS.fullmatch(text)]
    return len(set(days)) >= _WORKING_WEEK and set(filled[1:]) <= set(days)


def are_days_of(days: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether a row gives the days of the week above it their dates, as rosters do.

    Or the dates above it their days. Its first cell is empty, or names neither.
    """
    if len(days) < _WORKING_WEEK or _WEEKDAYS.fullmatch(names[0].strip() or "-"):
        return False
    below, above = list(days[1:]), list(names[1:])
    if not all(map(str.strip, (*below, *above))):
        return False
    starts = range(0, len(below), _WEEK)
    weeks = [row[start : start + _WEEK] for row in (below, above) for start in starts]
    named = [all(_WEEKDAYS.fullmatch(text.strip()) for text in week) for week in weeks]
    dated = [bool(days_of(week)) for week in weeks]
    half = len(weeks) // 2
    is_dated = all(dated[:half]) and all(named[half:])
    return (is_dated or (all(named[:half]) and all(dated[half:]))) and not days_of(days[:1])
