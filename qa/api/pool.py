"""Threads in which questions are answered: few at a time, and each visitor in turn."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from math import ceil
from typing import Any, TypeVar

from qa.access.lines import Lines, full
from qa.errors import Busy

WAITING = 256
READERS = 2
# Pages are drawn in as many child processes.
VIEWERS = 2
# Before anything was answered, a question is taken to last so long.
_FIRST_S = 0.1
# The share of the last answer in the mean duration.
_NEWEST = 0.1

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Job:
    work: Callable[[], Any]
    future: Future[Any] = field(default_factory=Future)


class Pool:
    """Runs ``workers`` calls at a time, and lets up to ``waiting`` others wait.

    Visitors are served in turn: however many calls one of them has waiting, another's next call
    is at most one round away. If the queue is full, the visitor with the most calls waiting is
    the one who is told to come back. Safe to share between threads; threads start with the first
    call. ``reads`` is a pool of ``readers`` threads for calls that only look something up: they
    take milliseconds, and wait for no question. ``views`` is a pool for what takes longer of an
    open document: its pages are drawn there, and words found. Without readers, both are this pool.
    """

    def __init__(self, workers: int, *, waiting: int = WAITING, readers: int = READERS) -> None:
        self.workers, self.limit = workers, waiting
        self.reads = Pool(readers, waiting=waiting, readers=0) if readers else self
        self.views = Pool(VIEWERS, waiting=waiting, readers=0) if readers else self
        self._lines: Lines[_Job] = Lines()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._running = 0
        self._mean_s = _FIRST_S
        self._is_stopped = False

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self._lines)

    @property
    def running(self) -> int:
        """How many calls are running."""
        return self._running

    def submit(self, work: Callable[[], T], visitor: str = "") -> Future[T]:
        """Queue a call; raises :class:`~qa.errors.Busy` if the queue is full.

        A future that is cancelled before its turn is never run. It fails with Busy if the place
        in the queue is needed for a visitor with fewer calls.
        """
        job = _Job(work)
        with self._changed:
            if self._is_stopped:
                raise _stopping()
            if self.waiting >= self.limit:
                self._lines.keep(lambda job: not job.future.cancelled())
            if self.waiting >= self.limit:
                self._make_room(visitor)
            self._lines.add(visitor, job)
            if self._running + self.waiting > len(self._threads) < self.workers:
                thread = threading.Thread(target=self._work, name="answers", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()
        return job.future

    def run(self, work: Callable[[], T], visitor: str = "") -> T:
        """Run a call when it is its turn, and wait for its result; for threads."""
        return self.submit(work, visitor).result()

    async def call(self, work: Callable[[], T], visitor: str = "") -> T:
        """Do the same for coroutines; a call that is cancelled while it waits is not run."""
        return await asyncio.wrap_future(self.submit(work, visitor))

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Refuse what waits, and wait for what runs; return whether that ended in time."""
        with self._changed:
            self._is_stopped = True
            left = list(self._lines)
            self._lines.keep(lambda _: False)
            self._changed.notify_all()
        for job in left:
            _refuse(job, _stopping())
        until = time.monotonic() + timeout_s
        have_ended = True
        for other in (self.reads, self.views):
            have_ended &= other is self or other.stop(max(until - time.monotonic(), 0))
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))
        return have_ended and not any(thread.is_alive() for thread in self._threads)

    def _make_room(self, visitor: str) -> None:
        """Refuse the last call of whoever has the most; raises Busy if that is the visitor."""
        wait_s = max(ceil(self.waiting * self._mean_s / self.workers), 1)
        busy = full(self.waiting, wait_s=wait_s)
        displaced = self._lines.displaced(visitor)
        if displaced is None:
            raise busy
        _refuse(displaced, busy)

    def _next(self) -> _Job | None:
        """Wait for the next call, and take it; None if there will be no other."""
        with self._changed:
            while True:
                while self._lines:
                    job = self._lines.next()
                    if job.future.set_running_or_notify_cancel():
                        self._running += 1
                        return job
                if self._is_stopped:
                    return None
                self._changed.wait()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            began = time.perf_counter()
            try:
                result = job.work()
            except BaseException as error:
                self._end(began)
                job.future.set_exception(error)
            else:
                self._end(began)
                job.future.set_result(result)
            # Nothing of a question is kept while the thread waits for the next.
            job, result = None, None

    def _end(self, began: float) -> None:
        with self._changed:
            self._running -= 1
            took_s = time.perf_counter() - began
            self._mean_s += _NEWEST * (took_s - self._mean_s)


def _stopping() -> Busy:
    return Busy("the server is stopping", "ask again when it is back", retry_after_s=5)


def _refuse(job: _Job, error: Busy) -> None:
    if job.future.set_running_or_notify_cancel():
        job.future.set_exception(error)
