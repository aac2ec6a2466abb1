"""When a file was saved, by its own properties."""

from __future__ import annotations

from qa.loaders.dates import find_date

# The moments that libraries leave in a file which they made from a template, and the beginnings
# of the calendars of Unix and of ZIP, which stand for none.
_OF_NO_FILE = {
    "2013-12-23T23:15:00",  # python-docx
    "2013-01-27T09:14:16",  # python-pptx, made
    "2013-01-27T09:15:58",  # python-pptx, saved
    "2006-09-16T00:00:00",  # Excel since 2007, and libraries that write as it does
    "2015-06-05T18:17:20",  # Excel since 2016
    "2015-06-05T18:19:34",
    "2000-01-01T00:00:00",  # ReportLab, for the same bytes each time
    "1980-01-01T00:00:00",
    "1970-01-01T00:00:00",
}
_MOMENT = len("2013-12-23T23:15:00")


def saved_day(stated: str) -> str:
    """Return the day of a stated moment as ISO 8601; empty if it is none, or that of a template.

    The moment is in ISO 8601 too: "2024-05-03T10:15:00Z".
    """
    if stated[:_MOMENT] in _OF_NO_FILE:
        return ""
    return find_date(stated[: len("2013-12-23")])
