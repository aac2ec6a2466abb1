"""A few calls at a time, a few that wait, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import to_thread

Result = TypeVar("Result")

AT_ONCE = 2
WAITING = 32
BUSY = "so many calls are waiting that no other is taken: try again in a few seconds"


class Turns:
    """Runs calls in threads; belongs to one event loop."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._limiter = anyio.CapacityLimiter(at_once)
        self._room = at_once + waiting

    async def run(self, work: Callable[[], Result], refuse: Callable[[str], Result]) -> Result:
        """Return what the work returns, or what ``refuse`` does where too many are waiting."""
        if not self._room:
            return refuse(BUSY)
        self._room -= 1
        try:
            return await to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._room += 1
