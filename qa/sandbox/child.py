"""The child process that reads files: it raises the walls, then answers until it is killed."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from qa.errors import ReadingStopped, UnreadableDocument
from qa.loaders.ocr.kept import KEPT, KeptPages
from qa.sandbox.messages import DONE, FIND, KEEP, PAGE, READY, line, plain
from qa.sandbox.walls import end_with, raise_walls

# Bytes that a child may use beyond its limit to report that it reached it.
_REPORT_BYTES = 64_000_000
RETRY = "split or shorten it, or read it again with `qa build --retry`"


def serve(
    parent: int, files: int, loader: str, timeout_s: float, cpu_s: int, memory_mb: int
) -> None:
    """Run the child of a process: answer each line of request, until there are no more.

    The first line is what to call before the walls are raised, or null. ``files`` is the number
    of a socket by which open files come, -1 where they come by name.
    """
    end_with(parent)
    with contextlib.suppress(AttributeError, ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    requests = sys.stdin.buffer
    # Output of libraries must not mix with the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if setup := json.loads(requests.readline()):
        module, function, arguments = setup
        getattr(importlib.import_module(module), function)(**arguments)
    _limit_memory(memory_mb)
    received = socket.socket(fileno=files) if files >= 0 else None
    found = importlib.util.find_spec(loader)
    walls = raise_walls([Path(found.origin)] if found and found.origin else [])
    importlib.import_module(loader)
    answers.write(line(READY, str(walls)))
    answers.flush()
    pages = _Pages(requests, answers, lambda: _limit_time(timeout_s, cpu_s))
    KEPT.set(KeptPages(pages, pages.on_page))
    for request in requests:
        _limit_time(timeout_s, cpu_s)
        module, function, arguments, path, has_file = json.loads(request)
        if "folder" in arguments:
            arguments["folder"] = Path(arguments["folder"])
        call = partial(getattr(importlib.import_module(module), function), **arguments)
        call = partial(call, Path(path)) if path else call
        descriptor = -1
        if has_file and received is not None:
            _, (descriptor,), _, _ = socket.recv_fds(received, 1, 1)
            call = partial(call, descriptor=descriptor)
        allow_more = _limit_memory(memory_mb)
        answer = _answer(call, memory_mb, allow_more)
        if descriptor >= 0:
            os.close(descriptor)
        _stop_alarm()  # or it would ring while the parent does something else
        answers.write(answer)
        answers.flush()
        del answer, call  # they may be large, and the next file too


class _Pages:
    """The pages that OCR read, kept by the parent: this process may not write."""

    def __init__(
        self, requests: BinaryIO, answers: BinaryIO, more_time: Callable[[], None]
    ) -> None:
        self._requests, self._answers, self._more_time = requests, answers, more_time

    def find(self, key: str) -> str | None:
        self._tell(FIND, key)
        kept: str | None = json.loads(self._requests.readline())[0]
        return kept

    def keep(self, key: str, text: str) -> None:
        self._tell(KEEP, key, text)

    def on_page(self, number: int, total: int) -> None:
        self._more_time()
        self._tell(PAGE, number, total)

    def _tell(self, *values: object) -> None:
        self._answers.write(line(*values))
        self._answers.flush()


def _answer(call: Callable[[], Any], memory_mb: int, allow_more: Callable[[], None]) -> bytes:
    """Return what a function returns, or the fields of its error, as a line."""
    error: UnreadableDocument
    try:
        return line(DONE, plain(call()), "", "", False)
    except UnreadableDocument as caught:
        error = caught
    except MemoryError:
        allow_more()  # first: the text read so far still takes all the memory
        error = ReadingStopped(f"reading it takes more than {memory_mb:,} MB of memory", RETRY)
    except Exception as caught:  # parsers of foreign formats raise whatever they like
        error = UnreadableDocument(f"it cannot be read ({type(caught).__name__}: {caught})")
    told = (" ".join(text.split())[:300] for text in (error.problem, error.remedy))
    return line(DONE, None, *told, isinstance(error, ReadingStopped))


def _limit_memory(memory_mb: int) -> Callable[[], None]:
    """Limit the memory; return a function that allows the little more needed to report it."""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return lambda: None
    limit = memory_mb * 1_000_000
    hard = limit + _REPORT_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # Its arguments are created now, since there may be no memory for them later.
    return partial(resource.setrlimit, resource.RLIMIT_AS, (hard, hard))


def _limit_time(timeout_s: float, cpu_s: int) -> None:
    """Give the next file its time; the alarm ends a child whose parent was killed."""
    with contextlib.suppress(ImportError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + cpu_s, hard))
        signal.alarm(math.ceil(timeout_s) + 1)


def _stop_alarm() -> None:
    if hasattr(signal, "alarm"):  # not on Windows
        signal.alarm(0)
