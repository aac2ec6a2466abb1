"""What Gradio keeps and does for each visitor: sessions of their pages, and events in its queue."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.responses import Response

from qa.access.refusals import busy
from qa.access.visitor import turn_of
from qa.errors import Busy

# Sessions in all, and those of one visitor that no page has open: one that slept comes back.
SESSIONS, LEFT = 500, 8
# The share of a line's places that one visitor may have, waiting or running.
SHARE = 3


class Visits:
    """Keeps what one visitor takes of Gradio within bounds; for the event loop alone.

    Gradio's queue is one line for everybody, first come, first served. It keeps ten thousand
    sessions with the last that each page showed, and the messages to those that nobody listens to.
    Here whoever has the most sessions loses the first. ``blocks`` are Gradio's own.
    """

    def __init__(self, blocks: Any) -> None:
        self._blocks = blocks
        self._kept: OrderedDict[str, str] = OrderedDict()  # whose it is; the latest is the last
        self._open: Counter[str] = Counter()  # requests of a session that are under way
        self._joining: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def open(self, session: str, visitor: str) -> Iterator[None]:
        """Keep a session while a request of it is under way, as each open page has one."""
        self._kept[session] = visitor
        self._kept.move_to_end(session)
        self._open[session] += 1
        try:
            self._trim(visitor)
            yield
        finally:
            self._open[session] -= 1
            if not self._open[session]:
                del self._open[session]
            self._trim(visitor)

    @contextmanager
    def joining(self, function: Any, visitor: str) -> Iterator[Response | None]:
        """Count an event on its way into the queue; yield why it is refused, if it is."""
        place = (function.concurrency_id, visitor)
        limit = function.concurrency_limit
        most = max(limit // SHARE, 1) if isinstance(limit, int) else 1
        count = self._joining[place] + sum(
            (each.concurrency_id, turn_of(each.request.scope)) == place for each in self._events()
        )
        if count >= most:
            problem = f"{count} of your questions are being answered"
            yield busy(Busy(problem, "ask again when one of them is"))
            return
        self._joining[place] += 1
        try:
            yield None
        finally:
            self._joining[place] -= 1
            if not self._joining[place]:
                del self._joining[place]

    def _trim(self, visitor: str) -> None:
        running = {each.session_hash for each in self._events()}
        left = [
            session
            for session, whose in self._kept.items()
            if whose == visitor and not self._open[session] and session not in running
        ]
        for session in left[:-LEFT]:
            self._drop(session)
        while len(self._kept) > SESSIONS:
            counts = Counter(self._kept.values())
            heaviest = max(counts, key=lambda each: counts[each])
            theirs = [session for session, whose in self._kept.items() if whose == heaviest]
            self._drop(min(theirs, key=lambda each: self._open[each] > 0))

    def _events(self) -> Iterator[Any]:
        """Yield the events that wait or run; Gradio keeps the names of some that are over."""
        queue = self._blocks._queue
        for line in queue.event_queue_per_concurrency_id.values():
            yield from line.queue
        for job in queue.active_jobs:
            yield from job or ()

    def _drop(self, session: str) -> None:
        """Let Gradio forget a session: what its page showed, and what was to be sent to it."""
        del self._kept[session]
        states, queue = self._blocks.state_holder, self._blocks._queue
        with states.lock:
            states.session_data.pop(session, None)
            states.time_last_used.pop(session, None)
        queue.pending_messages_per_session.pop(session, None)
        for event in queue.pending_event_ids_session.pop(session, ()):
            queue.event_ids_to_events.pop(event, None)
