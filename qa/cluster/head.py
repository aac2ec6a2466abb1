"""The head of a cluster of Ray, watched while a build needs it."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from qa.errors import QAError

# How often the head is looked for, how long that may take, and how long in vain.
LOOK_S, REACH_S, GONE_S = 3.0, 5.0, 30.0
# The build may take so long to end. Ray ends the process a minute after the head, without a word.
LAST_S = 15.0
_LOG = logging.getLogger(__name__)


def is_reachable(host: str, port: int) -> bool:
    """Return whether something listens at an address."""
    try:
        socket.create_connection((host, port), REACH_S).close()
    except OSError:
        return False
    return True


def place_of(address: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT``; ValueError for anything else."""
    parts = urlsplit(f"//{address}")
    if not parts.hostname or parts.port is None:
        raise ValueError(address)
    return parts.hostname, parts.port


@contextmanager
def watched(address: str, leave: Callable[[], object]) -> Iterator[None]:
    """Raise :class:`~qa.errors.QAError` soon after the head at an address has gone.

    Ray waits for it, and then ends the process. So the block is interrupted, which only the main
    thread can be; where it does not end, or is in another thread, the error is logged in time.
    ``leave`` is called in the end, unless the head has gone: it would wait for that.
    """
    gone = QAError(
        f"the cluster at {address} is gone",
        "start it again, and run the same command: the build goes on from there",
    )
    watch = _Watch(place_of(address), gone)
    try:
        with _interruptible():
            watch.start()
            try:
                yield
            finally:
                watch.end()
    except BaseException as error:  # an interruption, or what Ray makes of the loss
        if watch.found_nothing.is_set():
            raise gone from error
        raise
    finally:
        if not watch.found_nothing.is_set():
            leave()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let the signal that :class:`_Watch` sends interrupt the main thread, if this is it.

    SIGINT would not do: it is ignored in what a shell starts in the background.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, signal.SIG_DFL if before is None else before)


class _Watch(threading.Thread):
    """Looks for the head until the block has ended, or the head is gone."""

    def __init__(self, place: tuple[str, int], gone: QAError) -> None:
        super().__init__(name="head", daemon=True)
        self._place, self._gone = place, gone
        self._of_main = threading.current_thread() is threading.main_thread()
        self.found_nothing = threading.Event()
        self._ended = threading.Event()
        self._ending = threading.Lock()  # nothing is interrupted that has ended

    def end(self) -> None:
        """Look no longer: the block has ended."""
        with self._ending:
            self._ended.set()

    def run(self) -> None:
        """Look, and interrupt the block where there is nothing."""
        seen = time.monotonic()
        while time.monotonic() - seen < GONE_S:
            if self._ended.wait(LOOK_S):
                return
            if is_reachable(*self._place):
                seen = time.monotonic()
        self.found_nothing.set()
        with self._ending:
            if self._of_main and sys.platform != "win32" and not self._ended.is_set():
                # A signal of the system: it ends what waits for a lock, too.
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        if not self._ended.wait(LAST_S):
            _LOG.error("%s", self._gone)
