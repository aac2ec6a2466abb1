"""Read files in a child process, whose hanging or crashing does not harm the build."""

from __future__ import annotations

import base64
import contextlib
import importlib
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, fields
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from qa.errors import ReadingStopped, UnreadableDocument
from qa.loaders.ocr.kept import KEPT, KeptPages
from qa.types import Block, Document, Member, ScannedLine

TIMEOUT_S = 240.0
CPU_S = 120
MEMORY_MB = 2_000
# Bytes that a child may use beyond its limit to report that it reached it.
_REPORT_BYTES = 64_000_000
_PAGE = re.compile(rb"(\d+) (\d+)\n")
_RETRY = "split or shorten it, or read it again with `qa build --retry`"
_START = "import sys; sys.path[:] = {path!r}; from {module} import serve; serve({arguments})"


class Load(Protocol):
    """Reads one file; raises UnreadableDocument, or whatever its parser raises."""

    def __call__(self, path: Path, *, folder: Path, member: Sequence[str] = ...) -> Document:
        """Return the document in a file below a folder, or in a file inside that one."""


class Sandbox:
    """Loads files in a child process with limits; use it in a ``with`` statement.

    One child reads many files. It is killed if a file takes longer than ``timeout_s`` by the
    clock or ``cpu_s`` of processor time, and the next file gets a new child; each page that OCR
    reads has this time anew. It cannot allocate more than ``memory_mb``. Windows enforces the
    clock alone. ``loader`` names the module whose ``load`` the child calls, and ``pages`` the
    folder where the pages that OCR read are kept. ``on_page`` is called when OCR read a page, with
    the name of the file, the number of the page from 1, and how many the file has.
    """

    def __init__(
        self,
        *,
        timeout_s: float = TIMEOUT_S,
        cpu_s: int = CPU_S,
        memory_mb: int = MEMORY_MB,
        loader: str = "qa.loaders",
        pages: Path | None = None,
        on_page: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self.timeout_s, self.cpu_s, self.memory_mb = timeout_s, cpu_s, memory_mb
        self._loader, self._pages, self._on_page = loader, pages, on_page
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def load(self, path: Path, *, folder: Path, member: Sequence[str] = ()) -> Document:
        """Read one file, or the one inside it that ``member`` leads to.

        Raises :class:`~qa.errors.UnreadableDocument`, and
        :class:`~qa.errors.ReadingStopped` if a limit was exceeded.
        """
        used, began = self._child is not None, time.monotonic()
        try:
            return self._load(path, folder, member)
        except ReadingStopped:
            if not used or time.monotonic() - began >= self.timeout_s:
                raise
        # The child had read other files before, which may be the cause: try once in a new child.
        self.close()
        return self._load(path, folder, member)

    def _load(self, path: Path, folder: Path, member: Sequence[str]) -> Document:
        values = self._answer("load", path, {"folder": os.fspath(folder)}, member)
        values = {name: _frozen(value) for name, value in values.items()}
        blocks = tuple(Block(*block) for block in values.pop("blocks"))
        members = tuple(Member(*each) for each in values.pop("members"))
        scanned = tuple(ScannedLine(*line) for line in values.pop("scanned"))
        return Document(**values, blocks=blocks, members=members, scanned=scanned)

    def picture(self, path: Path, *, page: int, sha256: str, member: Sequence[str] = ()) -> bytes:
        """Return the picture of a page of a file, or of one inside it, as JPEG.

        Raises :class:`~qa.errors.UnreadableDocument`, also if the hash of the file differs.
        """
        values = self._answer("page_picture", path, {"page": page, "sha256": sha256}, member)
        return base64.b64decode(values["jpeg"])

    def _answer(
        self, function: str, path: Path, arguments: Mapping[str, object], member: Sequence[str]
    ) -> dict[str, Any]:
        """Return what a function of the loader's module returns in the child."""
        child = self._child or self._start()
        called = {**arguments, "member": member} if member else arguments
        request = json.dumps([function, os.fspath(path), called]).encode("ascii")
        name = member[-1] if member else path.name
        answer, in_time = self._ask(child, request, name)
        if answer is None:
            self.close()
            raise ReadingStopped(self._reason(child.returncode, in_time), _RETRY)
        values, problem, remedy, stopped = json.loads(answer)
        if values is None:
            raise (ReadingStopped if stopped else UnreadableDocument)(problem, remedy)
        return dict(values)

    def close(self) -> None:
        """Kill the child; the next file would start another."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        """Start a child and wait until it is ready, so that its first file has its full time."""
        code = _START.format(
            path=sys.path,
            module=__name__,
            arguments=f"{self._loader!r}, {self.timeout_s}, {self.cpu_s}, {self.memory_mb}, "
            f"{self._pages and os.fspath(self._pages)!r}",
        )
        self._child = child = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert child.stdout is not None
        if not child.stdout.readline():
            self.close()
            raise RuntimeError(f"the child process that reads files did not start: {self._loader}")
        return child

    def _ask(
        self, child: subprocess.Popen[bytes], request: bytes, name: str
    ) -> tuple[bytes | None, bool]:
        """Return the child's answer, one line, and whether it had time left.

        The answer is None if the child died or was killed.
        """
        assert child.stdin is not None
        assert child.stdout is not None
        request += b"\n"
        while True:
            clock = threading.Timer(self.timeout_s, child.kill)
            began = time.monotonic()
            clock.start()
            try:
                child.stdin.write(request)
                child.stdin.flush()
                answer, request = child.stdout.readline(), b""
            except BrokenPipeError:
                answer = b""
            finally:
                clock.cancel()
            page = _PAGE.fullmatch(answer)
            if page is None:
                break
            if self._on_page is not None:  # and the next page has its own time
                self._on_page(name, int(page[1]), int(page[2]))
        if answer.endswith(b"\n"):
            return answer, True
        child.wait()
        return None, time.monotonic() - began < self.timeout_s

    def _reason(self, code: int, in_time: bool) -> str:
        if not in_time:
            return f"reading it took longer than {self.timeout_s:g} s"
        if code == -getattr(signal, "SIGXCPU", 0):
            return f"reading it took more than {self.cpu_s} s of processor time"
        name = signal.Signals(-code).name if code < 0 else f"code {code}"
        return f"the process that read it was stopped ({name})"


def serve(loader: str, timeout_s: float, cpu_s: int, memory_mb: int, pages: str | None) -> None:
    """Run the child: answer each line of request with one line, until there are no more.

    A line before the answer says that OCR read a page: "3 40" is the third of forty.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    requests = sys.stdin.buffer
    # Output of libraries must not mix with the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit_memory(memory_mb)
    module = importlib.import_module(loader)

    def on_page(number: int, total: int) -> None:
        _limit_time(timeout_s, cpu_s)
        answers.write(b"%d %d\n" % (number, total))
        answers.flush()

    KEPT.set(KeptPages(Path(pages) if pages else None, on_page))
    answers.write(b"\n")
    answers.flush()
    for request in requests:
        _limit_time(timeout_s, cpu_s)
        function, path, arguments = json.loads(request)
        if "folder" in arguments:
            arguments["folder"] = Path(arguments["folder"])
        allow_more = _limit_memory(memory_mb)
        call = partial(getattr(module, function), Path(path), **arguments)
        answer = _answer(call, memory_mb, allow_more)
        _stop_alarm()  # or it would ring while the parent does something else
        answers.write(answer)
        answers.flush()


def _answer(
    call: Callable[[], Document | bytes], memory_mb: int, allow_more: Callable[[], None]
) -> bytes:
    """Return a document or a picture, or the fields of the error, as a line of JSON."""
    error: UnreadableDocument
    try:
        found = call()
        if isinstance(found, bytes):
            values: dict[str, Any] = {"jpeg": base64.b64encode(found).decode("ascii")}
        else:
            values = {field.name: getattr(found, field.name) for field in fields(found)}
        return (json.dumps([values, "", "", False], default=astuple) + "\n").encode("ascii")
    except UnreadableDocument as caught:
        error = caught
    except MemoryError:
        allow_more()  # first: the text read so far still takes all the memory
        error = ReadingStopped(f"reading it takes more than {memory_mb:,} MB of memory", _RETRY)
    except Exception as caught:  # parsers of foreign formats raise whatever they like
        error = UnreadableDocument(f"it cannot be read ({type(caught).__name__}: {caught})")
    lines = (" ".join(text.split())[:300] for text in (error.problem, error.remedy))
    stopped = isinstance(error, ReadingStopped)
    return (json.dumps([None, *lines, stopped]) + "\n").encode("ascii")


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


def _frozen(value: Any) -> Any:
    """Return lists of JSON as the tuples that they were."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
