"""A command from nothing: seconds to its first answer, and the memory it takes."""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from typing import Any

_START = """
import resource, subprocess, sys, time
began = time.perf_counter()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


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
    """Run a command and return its seconds and its own peak resident memory in MiB.

    A small process starts it: what a process is said to have held at most begins with what
    the one that started it held.
    """
    started = subprocess.run(
        [sys.executable, "-c", _START, *command], stdout=subprocess.PIPE, text=True, check=True
    )
    seconds, peak = started.stdout.split()
    return float(seconds), int(peak) / (2**20 if sys.platform == "darwin" else 2**10)
