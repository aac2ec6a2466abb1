"""A server in a process of its own, as ``qa serve`` starts it, for benchmarks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.memory import status_kib

# What is asked of `seeds/`.
QUESTIONS = (
    "Who received the car?",
    "When was the plane built?",
    "Who is the author of the report?",
    "What does the train carry?",
)
LOOK_S = 0.2
READY_S = 600.0
REBUILT_S = 600.0


@dataclass(frozen=True)
class Served:
    """A server that runs at ``url``; its index is built anew on request alone."""

    url: str
    pid: int

    def get(self, path: str) -> httpx.Response:
        """Return what is at a path."""
        return httpx.get(f"{self.url}{path}", timeout=READY_S)

    @property
    def generation(self) -> str:
        """The name of the index that answers."""
        return str(self.get("/api/info").json()["generation"])

    @property
    def processor_s(self) -> float:
        """The processor time that it has used, without that of its children."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        return sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def mib(self, field: str = "VmRSS") -> int:
        """Return the memory of its process, by default what is resident now."""
        return status_kib(field, str(self.pid)) // 1024

    def rebuild(self) -> float:
        """Build the index anew, and return after how many seconds the new one answers.

        Raises TimeoutError where it never does.
        """
        before, began = self.generation, time.monotonic()
        httpx.post(f"{self.url}/library/build", timeout=READY_S).raise_for_status()
        while self.generation == before:
            if time.monotonic() - began > REBUILT_S:
                raise TimeoutError("the index was not built anew")
            time.sleep(LOOK_S)
        return time.monotonic() - began


@contextmanager
def served(folder: Path, index: Path) -> Iterator[Served]:
    """Serve a folder whose index is built; end the server afterwards, and say how it ended."""
    command = [sys.executable, "-m", "qa", "serve", str(folder), "--index", str(index)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "--port", "0", "--no-watch"],
            stdout=log,
            stderr=log,
            env={**os.environ, "NO_COLOR": "1"},
        )
        try:
            running = Served(_url(process, log.fileno()), process.pid)
            _wait(running, process)
            yield running
        finally:
            process.terminate()
            status = process.wait()
            said = _read(log.fileno())
            print(f"the server ended with status {status}; its log has {len(said):,} characters")
            if "Traceback" in said:
                print(said)


def _url(process: subprocess.Popen[bytes], log: int) -> str:
    while process.poll() is None:
        if found := re.search(r"http://[\w.:]+", _read(log)):
            return found[0]
        time.sleep(LOOK_S)
    raise RuntimeError(_read(log))


def _wait(running: Served, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_S
    while running.get("/api/health/ready").status_code != 200:
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("the server did not start")
        time.sleep(LOOK_S)


def _read(file: int) -> str:
    return os.pread(file, 1_000_000, 0).decode("utf-8", "replace")
