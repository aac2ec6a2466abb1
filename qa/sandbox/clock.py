"""The clock of a child process: it ends one that hangs, and not one that waits for its turn."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

# A child that has had this share of a processor since the clock was wound still works.
_WORKING = 0.01


class Clock:
    """Calls ``end`` once a child has not worked for ``timeout_s``; use it in a ``with`` statement.

    A child that works is ended when this time has passed ``turns`` times. ``used_s`` returns the
    seconds of processor time that the child has used, None where the system does not tell: then
    the time alone counts. The limit of processor time is not this clock's: on a machine with
    much other work, it is reached long after ``timeout_s``.
    """

    def __init__(
        self,
        timeout_s: float,
        turns: int,
        end: Callable[[], None],
        used_s: Callable[[], float | None],
    ) -> None:
        self._timeout_s, self._end, self._used_s = timeout_s, end, used_s
        self._timer: threading.Timer | None = None
        self._turns = turns
        self._lock = threading.Lock()
        self.has_ended = False

    def __enter__(self) -> Clock:
        self._wind()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None

    def _wind(self) -> None:
        before = self._used_s()
        self._timer = threading.Timer(self._timeout_s, self._ring, (before,))
        self._timer.daemon = True
        self._timer.start()

    def _ring(self, before: float | None) -> None:
        with self._lock:
            if self._timer is None:
                return
            self._turns -= 1
            if self._turns > 0 and self._has_worked(before):
                self._wind()
                return
            self.has_ended = True
        self._end()

    def _has_worked(self, before: float | None) -> bool:
        now = self._used_s()
        return before is not None and now is not None and now - before >= _WORKING * self._timeout_s


def processor_time_s(pid: int) -> float | None:
    """Return the processor time that a process has used, None if the system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        # The number of the clock of a process, as clock_getcpuclockid(3) makes it.
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return None
