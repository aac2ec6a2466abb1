"""How far a build is, and how long it still takes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from qa.builder import ENCODING, READING, WRITING

# The pace is that of the last seconds: files differ, and so does the load of the machine.
_WINDOW_S = 30.0
# Before this, the pace is a guess.
_LEAST_S = 2.0
_MB = ", MB"
_DOING = {
    READING: "Reading files",
    ENCODING: "Indexing passages",
    WRITING: "Writing the index",
}


@dataclass(frozen=True, slots=True)
class Activity:
    """What a build is doing: ``done`` of ``total`` files or passages in this stage.

    ``total`` is 0 if there is nothing to count. ``left_s`` are the seconds that the stage still
    takes, None if that is not known yet. ``name`` is the collection that is built, empty where
    there is one alone.
    """

    stage: str
    done: int = 0
    total: int = 0
    left_s: float | None = None
    name: str = ""

    @property
    def share(self) -> float | None:
        """The share of the stage that is done, 0 to 1; None if it is not counted."""
        return self.done / self.total if self.total else None

    def __str__(self) -> str:
        doing = _DOING.get(self.stage, f"{self.stage[:1].upper()}{self.stage[1:]}")
        doing = f"{self.name}: {doing}" if self.name else doing
        if not self.total:
            return f"{doing} …"
        if self.stage.endswith(" page"):  # "Reading scan.pdf by OCR, page 2 of 9"
            return f"{doing} {self.done:,} of {self.total:,}"
        left = "" if self.left_s is None else f", {_duration(self.left_s)} left"
        unit = " MB" if doing.endswith(_MB) else ""  # "Reading log.csv: 20 of 68 MB"
        return f"{doing.removesuffix(_MB)}: {self.done:,} of {self.total:,}{unit}{left}"


class Pace:
    """Estimates the time left from how quickly work was done lately; ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage = ""
        self._marks: deque[tuple[float, int]] = deque()

    def at(self, stage: str, done: int, total: int) -> Activity:
        """Note how far the build is; return it with the time left."""
        now = self._clock()
        if stage != self._stage or (self._marks and done < self._marks[-1][1]):
            self._stage, self._marks = stage, deque()
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[1][0] >= _WINDOW_S:
            self._marks.popleft()
        began, first = self._marks[0]
        left = None
        if done > first and now - began >= _LEAST_S:
            left = (total - done) * (now - began) / (done - first)
        return Activity(stage, done, total, left)


def _duration(seconds: float) -> str:
    """Return a time that is an estimate: in steps as coarse as it is."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 50:
        return f"about {round(seconds / 10) * 10} seconds"
    minutes = max(round(seconds / 60), 1)
    if minutes < 60:
        return f"about {minutes} minute{'s' * (minutes > 1)}"
    hours, rest = divmod(minutes, 60)
    return f"about {hours} h" + (f" {round(rest / 10) * 10} min" if rest >= 5 and rest < 55 else "")
