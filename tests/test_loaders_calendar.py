"""Calendars: each entry as its program shows it."""

import pytest
from making import of_kind

from qa.errors import UnreadableDocument


def calendar(*lines):
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "X-WR-CALNAME:The club"]
    return "\r\n".join([*head, *lines, "END:VCALENDAR", ""])


def event(*lines, kind="VEVENT"):
    return [f"BEGIN:{kind}", *lines, f"END:{kind}"]


def test_an_entry_is_a_heading_and_lines_of_a_name_and_a_value(read):
    alarm = event("ACTION:DISPLAY", "DESCRIPTION:alarm", "TRIGGER:-PT15M", kind="VALARM")
    text = calendar(
        *event(
            "SUMMARY:Talk on wells\\, part 2",
            "DTSTART;TZID=Europe/Paris:20260302T140000",
            "DTEND:20260302T150000Z",
            "LOCATION:Old mi",
            " ll",
            "ORGANIZER;CN=Ada Blum:mailto:ada@x.example",
            'ATTENDEE;CN="Kern, Otto":mailto:otto@x.example',
            "ATTENDEE:mailto:iris@x.example",
            "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20261231T000000Z",
            "EXDATE:20260316T140000",
            "DESCRIPTION:Bring a rope\\nand a lamp.",
            *alarm,
        )
    )
    document = read(text, "club.ics")
    assert document.title == "The club"
    assert of_kind(document, "heading") == ["The club", "Talk on wells, part 2"]
    (found,) = of_kind(document, "body")
    assert found.split("\n") == [
        "Start: 2026-03-02 14:00 Europe/Paris",
        "End: 2026-03-02 15:00 UTC",
        "Repeats: every 2 weeks on Monday, Thursday, until 2026-12-31",
        "Except: 2026-03-16 14:00",
        "Location: Old mill",
        "Organizer: Ada Blum <ada@x.example>",
        "Attendee: Kern, Otto <otto@x.example>",
        "Attendee: iris@x.example",
        "Description: Bring a rope and a lamp.",
        "Reminder: alarm",
    ]


@pytest.mark.parametrize(
    ("end", "shown"), [("20260305", ""), ("20260306", "\nEnd: 2026-03-05"), ("", "")]
)
def test_an_entry_of_whole_days_ends_on_its_last_day(read, end, shown):
    lines = ["SUMMARY:Fair", "DTSTART;VALUE=DATE:20260304", f"DTEND;VALUE=DATE:{end}"]
    found = of_kind(read(calendar(*event(*lines[: 3 if end else 2]))), "body")
    assert found == [f"Start: 2026-03-04{shown}"]


def test_tasks_and_entries_with_damaged_fields_are_read(read):
    task = event("SUMMARY:Paint", "DUE:20260401T090000Z", "DURATION:PT1H30M", kind="VTODO")
    damaged = event("SUMMARY:Fair", "DTSTART:soon", "LOCATION:Mill", "RRULE:FREQ=YEARLY;COUNT=3")
    document = read(calendar(*task, *damaged), "x.txt")
    assert of_kind(document, "heading") == ["The club", "Paint", "Fair"]
    found = of_kind(document, "body")
    assert found[0] == "Due: 2026-04-01 09:00 UTC\nDuration: 1 hour, 30 minutes"
    assert found[1].endswith("Repeats: every year, 3 times\nLocation: Mill")


@pytest.mark.parametrize("text", ["BEGIN:VCALENDAR", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nnonsense\n"])
def test_a_damaged_calendar_has_a_reason(read, text):
    with pytest.raises(UnreadableDocument, match="calendar without complete entries"):
        read(text)


def test_an_entry_without_its_calendar_is_read(read):
    lines = """BEGIN:VJOURNAL
UID:1@x.example
DTSTAMP:20250301T080000Z
DTSTART;VALUE=DATE:20250302
SUMMARY:Minutes of the guild
DESCRIPTION:1. Joe\\, Lisa and Bob were there.\\n2. The
  printer is late.
END:VJOURNAL
"""
    document = read(lines.replace("\n", "\r\n"), "minutes.ics")
    assert of_kind(document, "heading") == ["Minutes of the guild"]
    (body,) = of_kind(document, "body")
    assert body.startswith("Start: 2025-03-02\n")
    assert "Joe, Lisa and Bob were there." in body
    assert "The printer is late." in body


def test_what_a_calendar_of_the_web_says_in_html_is_text(read):
    said = "Caf&eacute; M&#252;ller<br>bring <b>key</b>s &amp\\; rope\\, <ada@x.example>"
    link = "https://x.example/?a=1&copy=2"
    text = calendar(*event("SUMMARY:Talk", f"URL:{link}", f"DESCRIPTION:{said}"))
    (found,) = of_kind(read(text, "club.ics"), "body")
    assert found.split("\n") == [
        f"Link: {link}",
        "Description: Café Müller bring keys & rope, <ada@x.example>",
    ]


LINES = "SUMMARY:Dentist\nDTSTART:20240603T100000\nLOCATION:14 Mill Lane\n"


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        f"BEGIN:VEVENT\n{LINES}END:VEVENT\n",
        f"X-WR-TIMEZONE:Europe/Paris\nBEGIN:VEVENT\n{LINES}END:VEVENT\n",
        f"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n{LINES}",
    ],
)
def test_a_fragment_of_a_calendar_is_read_as_its_entries(read, text):
    document = read(text, "a.ics")
    assert document.text == "Dentist\n\nStart: 2024-06-03 10:00\nLocation: 14 Mill Lane"


def test_what_the_invited_answered_is_read(read):
    document = read(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Regatta\r\nDTSTART:20250607T063000\r\n"
        "ATTENDEE;CN=Zoe Hart;PARTSTAT=DECLINED:mailto:zoe@club.example\r\n"
        "ATTENDEE;CN=Ben Ash;PARTSTAT=NEEDS-ACTION:mailto:ben@club.example\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n",
        "a.ics",
    )
    text = document.text
    assert "Attendee: Zoe Hart <zoe@club.example>, declined" in text
    assert "Attendee: Ben Ash <ben@club.example>\n" in f"{text}\n"
