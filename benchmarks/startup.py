"""A command from nothing: seconds to its first answer, and the memory it takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median
from typing import Any


def measure(index: str, *, runs: int = 3) -> dict[str, Any]:
    """Return the median seconds of `qa ask` and `qa --help`, and peak memory in MiB."""
    ask = [sys.executable, "-m", "qa", "ask", "Who received the car?", "--index", index]
    asked = [_run(ask) for _ in range(runs)]
    helped = [_run([sys.executable, "-m", "qa", "--help"]) for _ in range(runs)]
    return {
        "ask_s": round(median(seconds for seconds, _ in asked), 2),
        "ask_peak_mib": round(max(memory for _, memory in asked)),
        "help_s": round(median(seconds for seconds, _ in helped), 2),
    }


def _run(command: list[str]) -> tuple[float, float]:
    """Run a command and return its seconds and its own peak resident memory in MiB."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    per_mib = 2**20 if sys.platform == "darwin" else 2**10
    return seconds, usage.ru_maxrss / per_mib
