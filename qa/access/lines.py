"""A queue in which each visitor has a line, and the next of all is of each line in turn."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from qa.errors import AGAIN_S, Busy

T = TypeVar("T")


class Lines(Generic[T]):
    """What several visitors wait for; not safe to share between threads without a lock.

    However much one of them has waiting, what another adds is at most one round away.
    """

    def __init__(self) -> None:
        self._lines: OrderedDict[str, deque[T]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, tuple(self._lines.values())))

    def __iter__(self) -> Iterator[T]:
        return (each for line in tuple(self._lines.values()) for each in line)

    def add(self, visitor: str, waiting: T) -> None:
        """Put something at the end of a visitor's line."""
        self._lines.setdefault(visitor, deque()).append(waiting)

    def next(self) -> T:
        """Remove and return what is next; KeyError if nothing waits."""
        visitor, line = self._lines.popitem(last=False)
        waiting = line.popleft()
        if line:
            self._lines[visitor] = line  # to the end: the others come first
        return waiting

    def displaced(self, visitor: str) -> T | None:
        """Remove and return the last of the longest line; None if a visitor's own is as long.

        That is what has to leave where there is no room for another of theirs.
        """
        longest = max(self._lines.values(), key=len, default=())
        if not isinstance(longest, deque) or len(longest) <= len(self._lines.get(visitor, ())) + 1:
            return None
        return longest.pop()

    def keep(self, is_kept: Callable[[T], bool]) -> None:
        """Remove what is not kept."""
        for visitor, line in list(self._lines.items()):
            if kept := deque(filter(is_kept, line)):
                self._lines[visitor] = kept
            else:
                del self._lines[visitor]


def full(waiting: int, *, wait_s: int = AGAIN_S) -> Busy:
    """Return the error of whoever has no place in a queue, and may come back in so long."""
    return Busy(f"{waiting} requests are waiting", retry_after_s=wait_s)
