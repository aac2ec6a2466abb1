"""Read files in a child process, whose hanging or crashing does not harm the build."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from qa.errors import ReadingStopped, UnreadableDocument
from qa.opening import opened
from qa.sandbox.child import RETRY
from qa.sandbox.clock import Clock, processor_time_s
from qa.sandbox.messages import DONE, FIND, KEEP, PAGE, Call, document_of, line, places_of
from qa.sandbox.pages import PageFolder
from qa.types import Document, ScannedLine

TIMEOUT_S = 240.0
# On a busy machine the processor time of a file takes many times as long by the clock.
TURNS = 20
CPU_S = 120
MEMORY_MB = 2_000
# What a child may tell in one line, and of how many pages of one file.
MAX_ANSWER_BYTES = 1_000_000_000
MAX_PAGES = 50_000
_END_S = 5.0
_START = "import sys; sys.path[:] = {path!r}; from {module} import serve; serve({arguments})"
_MODULE = "qa.sandbox.child"
# A child needs no more of the environment, where passwords may be.
_ENVIRONMENT = {"HOME", "LANG", "LANGUAGE", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ"}
_ENVIRONMENT_BEGINS = ("LC_", "PYTHON", "LD_LIBRARY_", "DYLD_", "HF_HUB_", "ORT_", "TRANSFORMERS_")
# The libraries of matrices start threads when they load, and walls are raised by one thread.
_MATRICES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")
_ONE_THREAD = dict.fromkeys(_MATRICES, "1")
_BY_DESCRIPTOR = hasattr(socket, "send_fds")


class Load(Protocol):
    """Reads one file; raises UnreadableDocument, or whatever its parser raises."""

    def __call__(self, path: Path, *, folder: Path, member: Sequence[str] = ...) -> Document:
        """Return the document in a file below a folder, or in a file inside that one."""


class Sandbox:
    """Loads files in a child process with limits and walls; use it in a ``with`` statement.

    One child reads many files. It is killed if a file takes longer than ``timeout_s`` by the
    clock or ``cpu_s`` of processor time, and the next file gets a new child; each page that OCR
    reads has this time anew. It cannot allocate more than ``memory_mb``. Windows enforces the
    clock alone. On Linux a child that still works when its time has passed, as on a busy machine,
    has it ``turns`` times. The parent opens each file and hands it over, since the child may open
    none but those of Python and its libraries: see :mod:`qa.sandbox.walls`.

    ``loader`` names the module whose ``load`` the child calls, with these ``arguments`` besides,
    ``setup`` what it calls before its walls are raised, and ``pages`` the folder where the pages
    that OCR read are kept. ``on_page`` is called when OCR read a page, with the name of the file,
    the number of the page from 1, and how many the file has.
    """

    def __init__(
        self,
        *,
        timeout_s: float = TIMEOUT_S,
        turns: int = TURNS,
        cpu_s: int = CPU_S,
        memory_mb: int = MEMORY_MB,
        loader: str = "qa.loaders",
        arguments: Mapping[str, Any] | None = None,
        setup: Call | None = None,
        pages: Path | None = None,
        on_page: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self.timeout_s, self.turns = timeout_s, turns
        self.cpu_s, self.memory_mb = cpu_s, memory_mb
        self._loader, self._setup, self._on_page = loader, setup, on_page
        self._arguments = dict(arguments or {})
        self._pages = PageFolder(pages)
        self._child: subprocess.Popen[bytes] | None = None
        self._files: socket.socket | None = None
        self._is_spent = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # A page that is forgotten, and not closed, leaves no process behind.
        self.close()

    def load(self, path: Path, *, folder: Path, member: Sequence[str] = ()) -> Document:
        """Read one file below a folder, or the one inside it that ``member`` leads to.

        Raises :class:`~qa.errors.UnreadableDocument`, and
        :class:`~qa.errors.ReadingStopped` if a limit was exceeded.
        """
        arguments = {**self._arguments, "folder": os.fspath(folder), **_inner(member)}
        name = member[-1] if member else path.name
        values = self.call(Call(self._loader, "load", arguments), path, folder, name=name)
        document = document_of(values)
        if document.id != "/".join((path.relative_to(folder).as_posix(), *member)):
            raise UnreadableDocument("the process that read it told of another file")
        return document

    def picture(
        self,
        path: Path,
        *,
        folder: Path,
        page: int,
        sha256: str,
        large: bool = False,
        member: Sequence[str] = (),
    ) -> bytes:
        """Return the picture of a page, from 1, of a file, or of one inside it, as JPEG.

        Raises :class:`~qa.errors.UnreadableDocument`, also if the hash of the file differs.
        """
        wanted = {"folder": os.fspath(folder), "page": page, "sha256": sha256, "large": large}
        call = Call(self._loader, "page_picture", {**wanted, **_inner(member)})
        return base64.b64decode(self.call(call, path, folder))

    def places(
        self,
        path: Path,
        *,
        folder: Path,
        page: int,
        sha256: str,
        text: str,
        member: Sequence[str] = (),
    ) -> tuple[ScannedLine, ...]:
        """Return where the words of ``text`` stand on the page that it was read from.

        Offsets are those of ``text``; raises what ``picture`` does.
        """
        wanted = {"folder": os.fspath(folder), "page": page, "sha256": sha256, "text": text}
        call = Call(self._loader, "page_places", {**wanted, **_inner(member)})
        return places_of(self.call(call, path, folder))

    def call(
        self, call: Call, path: Path | None = None, folder: Path | None = None, *, name: str = ""
    ) -> Any:
        """Return what a function returns in the child, which may be given a file in a folder.

        ``name`` is that of the file, for ``on_page``. Raises as :meth:`load` does.
        """
        used, began = self._child is not None, time.monotonic()
        try:
            return self._called(call, path, folder, name)
        except ReadingStopped:
            if not used or self._is_spent or time.monotonic() - began >= self.timeout_s:
                raise
        # The child had read other files before, which may be the cause: try once in a new child.
        self.close()
        return self._called(call, path, folder, name)

    def _called(self, call: Call, path: Path | None, folder: Path | None, name: str) -> Any:
        child = self._child or self._start()
        with opened(path, folder) if path and folder else nullcontext() as descriptor:
            has_file = descriptor is not None and self._files is not None
            request = call.line(os.fspath(path) if path else "", has_file)
            self._pages.turn_to(f"{path}", descriptor)
            if has_file and descriptor is not None and self._files is not None:
                with suppress(OSError):  # it died meanwhile, and is found dead below
                    socket.send_fds(self._files, [b"."], [descriptor])
            answer, in_time = self._ask(child, request, name)
        if answer is None:
            self.close()
            # Each file has its own processor time: that it read others is not the cause.
            self._is_spent = child.returncode == -getattr(signal, "SIGXCPU", 0)
            raise ReadingStopped(self._reason(child.returncode, in_time), RETRY)
        values, problem, remedy, stopped = answer
        if values is None and problem:
            raise (ReadingStopped if stopped else UnreadableDocument)(problem, remedy)
        return values

    def close(self) -> None:
        """Kill the child; the next file would start another."""
        child, self._child = self._child, None
        files, self._files = self._files, None
        if files is not None:
            files.close()
        if child is not None:
            child.kill()
            child.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        """Start a child and wait until it is ready, so that its first file has its full time."""
        ours = theirs = None
        if _BY_DESCRIPTOR:
            ours, theirs = socket.socketpair()
        number = theirs.fileno() if theirs else -1
        code = _START.format(
            path=sys.path,
            module=_MODULE,
            arguments=f"{os.getpid()}, {number}, {self._loader!r}, {self.timeout_s * self.turns}, "
            f"{self.cpu_s}, {self.memory_mb}",
        )
        self._child = child = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            pass_fds=(number,) if theirs else (),
        )
        self._files = ours
        if theirs:
            theirs.close()
        assert child.stdin is not None
        assert child.stdout is not None
        with suppress(BrokenPipeError):
            child.stdin.write(self._setup.line() if self._setup else b"null\n")
            child.stdin.flush()
        if not child.stdout.readline():
            self.close()
            raise RuntimeError(f"the child process that reads files did not start: {self._loader}")
        return child

    def _ask(
        self, child: subprocess.Popen[bytes], request: bytes, name: str
    ) -> tuple[Sequence[Any] | None, bool]:
        """Return the child's answer and whether it had time left.

        The answer is None if the child died or was killed, or told what no child tells.
        """
        assert child.stdin is not None
        assert child.stdout is not None
        pages = 0
        while True:
            used_s = partial(processor_time_s, child.pid)
            with Clock(self.timeout_s, self.turns, child.kill, used_s) as clock:
                try:
                    child.stdin.write(request)
                    child.stdin.flush()
                    told = child.stdout.readline(MAX_ANSWER_BYTES)
                except BrokenPipeError:
                    told = b""
            request = b""
            match _values(told):
                case [str(kind), *answer] if kind == DONE and len(answer) == 4:
                    return answer, True
                case [str(kind), int(number), int(total)] if (
                    kind == PAGE and pages < number <= total <= MAX_PAGES
                ):
                    pages = number  # and the next page has its own time
                    if self._on_page is not None:
                        self._on_page(name, number, total)
                case [str(kind), str(key)] if kind == FIND:
                    request = line(self._pages.find(key))
                case [str(kind), str(key), str(text)] if kind == KEEP:
                    self._pages.keep(key, text)
                case _:
                    break
        if not told:  # it has ended, and how is soon known
            with suppress(subprocess.TimeoutExpired):
                child.wait(_END_S)
        child.kill()
        child.wait()
        return None, not clock.has_ended

    def _reason(self, code: int, in_time: bool) -> str:
        if not in_time:
            return f"reading it took longer than {self.timeout_s:g} s"
        if code == -getattr(signal, "SIGXCPU", 0):
            return f"reading it took more than {self.cpu_s} s of processor time"
        name = signal.Signals(-code).name if code < 0 else f"code {code}"
        return f"the process that read it was stopped ({name})"


def _inner(member: Sequence[str]) -> dict[str, object]:
    return {"member": member} if member else {}


def _values(told: bytes) -> Sequence[Any]:
    """Return the values of a line, none for a line that broke off or is not of JSON."""
    if not told.endswith(b"\n"):
        return ()
    try:
        values = json.loads(told)
    except ValueError:
        return ()
    return values if isinstance(values, list) else ()


def _environment() -> Mapping[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _ENVIRONMENT or name.startswith(_ENVIRONMENT_BEGINS)
    }
    return {**kept, **_ONE_THREAD}
