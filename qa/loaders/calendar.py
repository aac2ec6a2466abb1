"""Read calendars (ICS) with icalendar: one entry after the other, as its program shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.hypertext.markup import add_page

_ENTRIES = {"VEVENT", "VTODO", "VJOURNAL"}
_BEGINS = tuple(f"BEGIN:{name}" for name in ("VCALENDAR", *sorted(_ENTRIES)))
_HEAD = 4_000
# A line of a calendar; and those that begin and end its parts.
_PROPERTY = re.compile(r"([A-Za-z][A-Za-z\d-]*)(?:;[^:]*)?:")
_MARK = re.compile(r"^(BEGIN|END):([A-Za-z-]+)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
# The fields that people read, in this order; others are for programs.
_FIELDS = {
    "DTSTART": "Start",
    "DTEND": "End",
    "DUE": "Due",
    "COMPLETED": "Completed",
    "DURATION": "Duration",
    "RRULE": "Repeats",
    "EXDATE": "Except",
    "LOCATION": "Location",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Attendee",
    "CONTACT": "Contact",
    "STATUS": "Status",
    "RESOURCES": "Resources",
    "CATEGORIES": "Categories",
    "URL": "Link",
    "COMMENT": "Comment",
    "DESCRIPTION": "Description",
}
# What programs write where nobody said what to be reminded of.
_NO_REMINDERS = ("Reminder", "REMINDER", "This is an event reminder", "Alarm notification")
_DAYS = {
    **{"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday"},
    **{"FR": "Friday", "SA": "Saturday", "SU": "Sunday"},
}
# Calendars of the web write what an entry says as HTML.
_BREAK = re.compile(r"</?(?:br|p|div|li|ul|ol|tr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:a|b|i|u|em|strong|span|font|html-blob|html|body)\b[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]{2,8});")
_PERIODS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
# What an invited person has answered.
_REPLIES = {name.upper(): name for name in ("accepted", "declined", "tentative", "delegated")}


def looks_like_calendar(text: str) -> bool:
    """Return whether a text begins as a calendar does, or an entry of one, or the lines of one."""
    head = text[:_HEAD].lstrip("\ufeff \t\r\n")
    if head[:200].upper().startswith(_BEGINS):
        return True
    lines = [line for line in head.splitlines()[:-1] if line[:1] not in (" ", "\t")]
    found = [_PROPERTY.match(line) for line in lines]
    names = {each[1].upper() for each in found if each}
    return None not in found and (
        {"SUMMARY", "DTSTART"} <= names or any(line.upper().startswith(_BEGINS) for line in lines)
    )


def _completed(text: str) -> str:
    """Return a calendar with what a fragment of one lacks around its entries, and at its end."""
    text = text.strip("\ufeff \t\r\n") + "\r\n"
    marks = [(mark.upper(), name.upper()) for mark, name in _MARK.findall(text)]
    before, after = [], []
    if not marks:
        before, after = ["VCALENDAR", "VEVENT"], ["VEVENT", "VCALENDAR"]
    elif marks[0] != ("BEGIN", "VCALENDAR"):
        before, after = ["VCALENDAR"], ["VCALENDAR"]
    is_open: list[str] = []
    for mark, name in marks:
        if mark == "BEGIN":
            is_open.append(name)
        elif name in is_open[-1:]:
            is_open.pop()
    after = [*reversed(is_open), *after]
    begin = "".join(f"BEGIN:{name}\r\n" for name in before)
    return begin + text + "".join(f"END:{name}\r\n" for name in after)


def read_calendar(text: str) -> Extracted:
    """Return the entries, each under its summary, in lines of a name and a value."""
    builder = TextBuilder()
    title = add_calendar(text, builder)
    return builder.result(title=title)


def add_calendar(text: str, builder: TextBuilder) -> str:
    """Append the entries of a calendar; return the calendar's name, empty if it has none."""
    from icalendar import Calendar

    try:
        calendars = Calendar.from_ical(_completed(text), multiple=True)
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise UnreadableDocument("damaged calendar", "export it again") from error
    entries = 0
    title = ""
    for calendar in calendars:
        name = " ".join(str(calendar.get("X-WR-CALNAME", "")).split())
        builder.add(name, "heading", level=1)
        builder.add_content(_words(calendar.get("X-WR-CALDESC")))
        title = title or name
        for entry in calendar.walk():
            if entry.name in _ENTRIES and len(entry):
                _add_entry(entry, builder)
                entries += 1
    if not entries:
        raise UnreadableDocument("calendar without complete entries", "export it again")
    return title


def _add_entry(entry: Any, builder: TextBuilder) -> None:
    summary = _words(entry.get("SUMMARY"))
    builder.add(summary or "(no summary)", "heading", level=2)
    lines = []
    for field, label in _FIELDS.items():
        found = entry.get(field)
        for value in found if isinstance(found, list) and field != "CATEGORIES" else [found]:
            try:
                text = _shown(field, value, entry)
            except (ValueError, AttributeError):  # a damaged value
                text = _words(value)
            if text:
                lines.append(f"{label}: {text}")
    for alarm in entry.walk("VALARM"):
        text = _words(alarm.get("DESCRIPTION"))
        if text not in ("", summary, *_NO_REMINDERS):
            lines.append(f"Reminder: {text}")
    builder.add("\n".join(lines), "body")
    if "DESCRIPTION" not in entry and (page := str(entry.get("X-ALT-DESC", ""))):
        add_page(page, builder)


def _shown(field: str, value: Any, entry: Any) -> str:
    """Return a value in words, empty if there is none or it is damaged."""
    if value is None:
        return ""
    moment = _moment(value)
    if field == "RRULE":
        return _repeats(value)
    if field in ("ORGANIZER", "ATTENDEE"):
        address = str(value).removeprefix("mailto:").removeprefix("MAILTO:")
        name = _words(value.params.get("CN"))
        shown = f"{name} <{address}>" if name and name != address else address
        reply = _REPLIES.get(str(value.params.get("PARTSTAT", "")).upper())
        return f"{shown}, {reply}" if reply else shown
    if field == "CATEGORIES":
        values = value if isinstance(value, list) else [value]
        return ", ".join(_words(each) for group in values for each in getattr(group, "cats", ()))
    if field == "EXDATE":
        return ", ".join(_written(each.dt, value) for each in getattr(value, "dts", ()))
    if moment is None:
        return _words(value)
    if field == "DTEND" and not isinstance(moment, datetime):
        begin = _moment(entry.get("DTSTART"))
        moment -= timedelta(days=1)  # an entry of whole days ends before this one
        if moment == begin:
            return ""
    return _written(moment, value)


def _moment(value: Any) -> Any:
    """Return the date, time or duration of a field, None if it has none or a damaged one."""
    try:
        return value.dt
    except (AttributeError, ValueError):
        return None


def _written(moment: Any, value: Any) -> str:
    if isinstance(moment, datetime):
        zone = value.params.get("TZID") or ("UTC" if moment.tzinfo else "")
        return f"{moment:%Y-%m-%d %H:%M} {zone}".strip()
    if isinstance(moment, date):
        return moment.isoformat()
    if isinstance(moment, timedelta):
        return ", ".join(_duration(moment))
    return _words(moment)


def _duration(length: timedelta) -> Iterator[str]:
    minutes = int(length.total_seconds()) // 60
    for count, unit in (
        (length.days, "day"),
        (minutes // 60 % 24, "hour"),
        (minutes % 60, "minute"),
    ):
        if count:
            yield f"{count} {unit}{'s' * (count > 1)}"


def _repeats(rule: Any) -> str:
    """Return a rule of repetition in words ("every 2 weeks on Monday, until 2026-12-31")."""
    (period, *_), (every, *_) = rule.get("FREQ", [""]), rule.get("INTERVAL", [1])
    unit = _PERIODS.get(str(period).upper(), str(period).lower())
    text = f"every {unit}" if int(every) == 1 else f"every {every} {unit}s"
    if days := [str(day) for day in rule.get("BYDAY", ())]:
        text += " on " + ", ".join(f"{day[:-2]} {_DAYS.get(day[-2:], '')}".strip() for day in days)
    if numbers := rule.get("BYMONTHDAY"):
        text += " on day " + ", ".join(map(str, numbers))
    if count := rule.get("COUNT"):
        text += f", {count[0]} times"
    for until in rule.get("UNTIL", ())[:1]:
        text += f", until {until:%Y-%m-%d}"
    return text


def _words(value: Any) -> str:
    """Return a text in one line."""
    text = _TAG.sub("", _BREAK.sub(" ", str(value or "").replace("\\n", " ")))
    return " ".join(_ENTITY.sub(lambda found: unescape(found[0]), text).split())
