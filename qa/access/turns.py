"""Requests that take a thread of the page: a few at once, and each visitor in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.access.lines import Lines, full
from qa.access.refusals import busy
from qa.access.visitor import turn_of
from qa.errors import Busy

# Of the 40 threads that all requests share, questions take most; these are for the rest.
PLACES = 8
WAITING = 256


class Places:
    """Some places that visitors take in turn; for one event loop.

    If ``waiting`` others wait already, the last one of whoever has the most has to leave.
    """

    def __init__(self, places: int, waiting: int) -> None:
        self._free, self.limit = places, waiting
        self._lines: Lines[asyncio.Future[bool]] = Lines()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._lines)

    async def take(self, visitor: str) -> bool:
        """Wait for a place; return whether there is one, or False if others need it more."""
        if self._free:
            self._free -= 1
            return True
        if self.waiting >= self.limit and not self._make_room(visitor):
            return False
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._lines.add(visitor, turn)
        try:
            return await turn
        except asyncio.CancelledError:  # only a server that ends does so
            if turn.done() and not turn.cancelled() and turn.result():
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place to whoever is next."""
        while self._lines:
            turn = self._lines.next()
            if not turn.done():
                turn.set_result(True)
                return
        self._free += 1

    def full(self) -> Busy:
        """Return what whoever had to leave is told."""
        return full(self.limit)

    def _make_room(self, visitor: str) -> bool:
        """Let the last one of whoever has the most leave; return whether that is another."""
        turn = self._lines.displaced(visitor)
        if turn is not None and not turn.done():
            turn.set_result(False)
        return turn is not None


class Turns:
    """ASGI middleware that begins ``places`` requests at a time, of each visitor in turn.

    Gradio runs what is clicked, and FastAPI its functions, in threads that are everybody's, first
    come, first served: whoever sends a thousand clicks would have them all. Here another's request
    is at most one round away. If ``waiting`` requests wait, the last one of whoever has the most
    is told to come back. A request has a place once its body is there, and until its answer begins:
    whoever sends or reads slowly keeps none. ``has_own`` is whether a scope's wait elsewhere.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        has_own: Callable[[Scope], bool] = lambda _: False,
        places: int = PLACES,
        waiting: int = WAITING,
    ) -> None:
        self._app, self._has_own = app, has_own
        self._places = Places(places, waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on when it is its visitor's turn."""
        if scope["type"] != "http" or self._has_own(scope):
            await self._app(scope, receive, send)
            return
        receive = await _arrived(receive, scope["method"])
        if not await self._places.take(turn_of(scope)):
            await busy(self._places.full())(scope, receive, send)
            return
        has_place = True

        def leave() -> None:
            nonlocal has_place
            if has_place:
                has_place = False
                self._places.leave()

        async def watched(message: Message) -> None:
            leave()  # what is left to do is to send the answer
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            leave()


async def _arrived(receive: Receive, method: str) -> Receive:
    """Wait for the whole body of a request, and return what gives it again."""
    arrived: deque[Message] = deque()
    is_over = method in ("GET", "HEAD")
    while not is_over:
        arrived.append(message := await receive())
        is_over = not message.get("more_body", False)

    async def again() -> Message:
        return arrived.popleft() if arrived else await receive()

    return again
