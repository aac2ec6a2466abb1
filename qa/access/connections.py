"""Connections: one that is idle, slow or one of many keeps nobody else out."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import h11
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from qa.access.refusals import busy, refused
from qa.errors import Busy

# The head of a request has to arrive within so long, and what is sent has to be read.
HEAD_S = 20.0
STALL_S = 60.0
MAX_CONNECTIONS = 1_000
# So many are accepted at once, before any of them is looked at.
BACKLOG = 32
# Open files that are kept for the index, the documents and the log.
KEPT_FILES = 64
# What the log says of it is the same each time.
_REPEATED = (
    "socket.accept() out of system resource",
    "Invalid HTTP request received.",
    "Error handling POST request",  # of the library for MCP, for each body that breaks off
)
_SELDOM_S = 60.0


def _written(response: Response) -> bytes:
    """Return a response as it is sent where no application is asked for one."""
    status = HTTPStatus(response.status_code)
    lines = [b"HTTP/1.1 %d %s" % (status.value, status.phrase.encode())]
    lines += [b"%s: %s" % pair for pair in response.raw_headers]
    return b"\r\n".join([*lines, b"connection: close", b"", bytes(response.body)])


_FULL = _written(busy(Busy("too many connections are open", retry_after_s=5)))
_BROKEN = _written(refused(400, "this is no request of HTTP", "send one of HTTP/1.1"))


def allowed_connections() -> int:
    """Return how many connections may be open, after allowing as many files as the system does."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + BACKLOG + KEPT_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(min(soft - BACKLOG - KEPT_FILES, MAX_CONNECTIONS), 8)


class Connection(H11Protocol):
    """A connection that is closed if its request does not come, or its answer is not read.

    If more than ``allowed`` are open, room is made: by the one that has waited longest for a
    request, or else by the newest of the address with the most.
    """

    allowed = MAX_CONNECTIONS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.idle_since = 0.0
        self._late: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a request, or refuse it."""
        super().connection_made(transport)
        self._expect()
        if len(self.connections) > self.allowed:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that is not complete must be so in time."""
        super().data_received(data)
        if not self.is_idle:
            self._cancel_late()
        elif self._late is None:
            self._expect()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request; after the head of an answer there is nothing to say."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(_BROKEN)
        self.transport.close()

    def _should_upgrade(self) -> bool:
        # Whoever serves a request may ignore the wish for another protocol. Some clients have it
        # each time, and each time uvicorn would warn that a library is missing.
        return False

    def on_response_complete(self) -> None:
        """Expect the next request, for as long as a connection is kept open."""
        self.idle_since = self.loop.time()
        super().on_response_complete()
        begun, _ = self.conn.trailing_data
        if begun and self.is_idle and self._late is None:
            self._expect()

    def pause_writing(self) -> None:
        """Wait for a client that does not read, but not for ever."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALL_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _expect(self) -> None:
        self.idle_since = self.loop.time()
        self._late = self.loop.call_later(HEAD_S, self._give_up)

    def _give_up(self) -> None:
        self._late = None
        if self.is_idle:
            self.transport.close()

    def _make_room(self) -> None:
        others = [each for each in self.connections if isinstance(each, Connection)]
        idle = [each for each in others if each.is_idle and each is not self]
        if idle:
            min(idle, key=lambda each: each.idle_since).drop()
            return
        addresses = Counter(each.address for each in others)
        (heaviest, most), *_ = addresses.most_common(1)
        if most <= addresses[self.address]:
            self.transport.write(_FULL)
            self.drop()
        else:
            theirs = [each for each in others if each.address == heaviest]
            max(theirs, key=lambda each: each.idle_since).drop()

    @property
    def address(self) -> str:
        """The address of the other end."""
        return self.client[0] if self.client else ""

    def drop(self) -> None:
        """Close the connection, whatever it is doing; it counts no longer."""
        self.connections.discard(self)
        self.transport.close()

    def _cancel_late(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _cancel(self) -> None:
        self._cancel_late()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


class Seldom(logging.Filter):
    """Lets what a flood of connections would log again and again through once a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is logged."""
        message = str(record.msg).partition("\n")[0]
        if message not in _REPEATED:
            return True
        now = self._clock()
        if now - self._last.get(message, -_SELDOM_S) < _SELDOM_S:
            return False
        self._last[message] = now
        return True


SELDOM = Seldom()
