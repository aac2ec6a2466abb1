"""Uploads that are under way: a few at once, and none keeps every other visitor out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from qa.errors import Busy

# So many uploads at once; others are told to come back.
UPLOADS = 4
# Younger ones are taken to be as old: at first nothing has arrived of any.
_YOUNG_S = 5.0


@dataclass(eq=False, slots=True)
class Upload:
    """An upload that has a place; ``received`` is how many bytes of it have arrived."""

    visitor: str
    began: float
    received: int = 0
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    def speed(self, now: float) -> float:
        """Return the mean in bytes per second."""
        return self.received / max(now - self.began, _YOUNG_S)

    async def part(self, chunks: AsyncIterator[bytes], timeout_s: float) -> bytes | None:
        """Return what arrives next, None at the end.

        Raises TimeoutError if nothing arrives in time, and :class:`~qa.errors.Busy` once another
        upload has the place of this one.
        """
        part = asyncio.ensure_future(anext(chunks, None))
        lost = asyncio.ensure_future(self.lost.wait())
        try:
            done, _ = await asyncio.wait(
                {part, lost}, timeout=max(timeout_s, 0), return_when=asyncio.FIRST_COMPLETED
            )
            if lost in done:
                raise _busy()
            if part not in done:
                raise TimeoutError
            chunk = part.result()
            self.received += len(chunk or b"")
            return chunk
        finally:
            part.cancel()
            lost.cancel()


class Uploads:
    """Gives uploads their places; for the event loop alone.

    Where there is none left, a visitor with fewer than others gets that of the slowest upload of
    whoever has the most.
    """

    def __init__(self, most: int = UPLOADS) -> None:
        self._most = most
        self._under_way: list[Upload] = []

    @contextmanager
    def place(self, visitor: str) -> Iterator[Upload]:
        """Give an upload a place as long as it has it; raises Busy if there is none."""
        now = asyncio.get_running_loop().time()
        if len(self._under_way) >= self._most:
            self._make_room(visitor, now)
        upload = Upload(visitor, now)
        self._under_way.append(upload)
        try:
            yield upload
        finally:
            if upload in self._under_way:
                self._under_way.remove(upload)

    def _make_room(self, visitor: str, now: float) -> None:
        counts = Counter(each.visitor for each in self._under_way)
        heaviest, most = counts.most_common(1)[0]
        if most <= counts[visitor] + 1:
            raise _busy()
        theirs = [each for each in self._under_way if each.visitor == heaviest]
        slowest = min(theirs, key=lambda each: each.speed(now))
        self._under_way.remove(slowest)
        slowest.lost.set()


def _busy() -> Busy:
    return Busy("too many uploads at once", "try again soon")
