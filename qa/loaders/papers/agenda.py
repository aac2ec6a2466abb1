"""What a heading of an Org file is marked with: its state, its days, its properties."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

# Where a file names none of its own.
_STATES = frozenset(
    "TODO NEXT STARTED WAITING HOLD DONE CANCELLED CANCELED IN-PROGRESS SOMEDAY".split()
)
_STATED = re.compile(r"#\+(?:seq_|typ_)?todo:(.*)", re.IGNORECASE)
_PRIORITY = re.compile(r"\[#\w{1,2}\]")
_PLANNED = re.compile(r"\b(?:SCHEDULED|DEADLINE|CLOSED|CLOCK):(?=\s*[\[<])")
_DAY = re.compile(r"[\[<]([^\[\]<>]*)[\]>]")
_PROPERTY = re.compile(r"\s*:([^\s:]+):\s+(\S.*)")
# What only programs read.
_SETTING = re.compile(
    r"(?:custom_)?id|ordered|visibility|columns|style|logging|noblocking|cookie_data|unnumbered"
    r"|header-args.*|(?:export|archive|roam)_.*|.*_all",
    re.IGNORECASE,
)


def states_of(lines: Sequence[str]) -> Collection[str]:
    """Return the words that are states of a task, those of the file or the usual ones."""
    own = {
        word.partition("(")[0]  # the key that sets it
        for line in lines
        if (stated := _STATED.match(line))
        for word in stated.group(1).split()
    }
    return own - {"|", ""} or _STATES


def headline(text: str, states: Collection[str]) -> tuple[str, str]:
    """Return the state and the priority of a heading, "TODO [#A]", and its words."""
    marks = []
    for is_mark in (states.__contains__, _PRIORITY.fullmatch):
        first, _, rest = text.partition(" ")
        if rest.strip() and is_mark(first):
            marks.append(first)
            text = rest.strip()
    return " ".join(marks), text


def is_planning(line: str) -> bool:
    """Return whether a line has days or hours of a task: "SCHEDULED: <2024-03-12 Tue>"."""
    return _PLANNED.match(line.strip()) is not None


def planned(line: str) -> Iterator[str]:
    """Yield the days and hours of such a line, each after its name: "CLOSED: 2024-03-12 Tue"."""
    starts = [found.start() for found in _PLANNED.finditer(line)]
    for start, end in pairwise([*starts, len(line)]):
        words = line[start:end].replace("]--[", "] – [").replace(">--<", "> – <")
        yield " ".join(_DAY.sub(r"\1", words).split())


def told_by(lines: Sequence[str]) -> Iterator[str]:
    """Yield the properties in the lines of a drawer that tell a person something."""
    for line in lines:
        found = _PROPERTY.fullmatch(line)
        if found and not _SETTING.fullmatch(found.group(1)):
            yield f"{found.group(1)}: {' '.join(found.group(2).split())}"
