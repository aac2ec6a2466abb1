"""How often a password may be tried."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable

from qa.access.visitor import network_of

WINDOW_S = 15 * 60.0
# Failures in the window: of one name from one address, from one address, and of one name.
PER_BOTH, PER_ADDRESS, PER_NAME = 5, 30, 100
REMEMBERED = 10_000


class Attempts:
    """Counts failed logins in memory; ``clock`` gives seconds.

    An attempt counts before the password is checked, so that many at once are not free.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def take(self, name: str, address: str) -> int:
        """Count an attempt; return 0 if it may be made, else the seconds until the next may."""
        now = self._clock()
        limits = _limits(name, address)
        wait = max(self._wait(key, limit, now) for key, limit in limits)
        if wait <= 0:
            for key, _ in limits:
                self._failed.setdefault(key, deque()).append(now)
                self._failed.move_to_end(key)
            while len(self._failed) > REMEMBERED:
                self._failed.popitem(last=False)
        return math.ceil(wait)

    def forgive(self, name: str, address: str) -> None:
        """Do not count the last attempt: the password was right."""
        for key, limit in _limits(name, address):
            if times := self._failed.get(key):
                times.pop()
                if not times or limit == PER_BOTH:
                    del self._failed[key]

    def _wait(self, key: Hashable, limit: int, now: float) -> float:
        times = self._failed.get(key)
        while times and times[0] <= now - WINDOW_S:
            times.popleft()
        return times[0] + WINDOW_S - now if times and len(times) >= limit else 0.0


def _limits(name: str, address: str) -> tuple[tuple[Hashable, int], ...]:
    name, network = name.strip().lower(), network_of(address)
    return (((name, network), PER_BOTH), ((None, network), PER_ADDRESS), ((name, None), PER_NAME))
