"""One system in a process of its own: ``python -m benchmarks.peers.worker NAME``.

Requests come in as lines of JSON, ``{"build": {...}}``, ``{"ask": question}`` and
``{"end": true}``; each is answered with one line.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.memory import status_kib
from benchmarks.peers.systems import Corpus, System, Text, system

MIB = 2**20


def main() -> None:
    """Answer requests until the end."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    peak = _Peak()
    peak.start()
    named = system(sys.argv[1])
    for line in sys.stdin:
        request = json.loads(line)
        if "build" in request:
            answer = _build(named, request["build"])
        elif "ask" in request:
            answer = _ask(named, request["ask"])
        else:
            answer = {"peak_mib": peak.mib}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _build(named: System, request: dict[str, Any]) -> dict[str, Any]:
    place = Path(request["place"])
    # Verbatim has none yet: the passages are those of its index.
    passages = place / "passages.jsonl"
    lines = passages.read_text("utf-8").splitlines() if passages.exists() else []
    corpus = Corpus(
        documents=Path(request["documents"]),
        passages=[Text(**json.loads(line)) for line in lines],
        encoder=Path(request["encoder"]),
        reader=Path(request["reader"]),
        index=place / request["index"],
    )
    began = time.perf_counter()
    named.load(corpus)
    loaded = time.perf_counter() - began
    began = time.perf_counter()
    named.build(corpus)
    seconds = time.perf_counter() - began
    stored = sum(path.stat().st_size for path in corpus.index.rglob("*") if path.is_file())
    return {
        "load_s": round(loaded, 2),
        "build_s": round(seconds, 2),
        "index_mib": round(stored / MIB, 2),
        "reads": named.reads,
        "setting": named.setting,
        "versions": {package: version(package) for package in named.packages},
        "threshold": getattr(named, "threshold", None),
    }


def _ask(named: System, question: str) -> dict[str, Any]:
    began = time.perf_counter()
    given = named.ask(question)
    elapsed = 1000 * (time.perf_counter() - began)
    return {**asdict(given), "ms": elapsed, "passages": list(named.nearest(question))}


class _Peak(threading.Thread):
    """The highest resident memory of this process and of its children together.

    Read from ``/proc`` ten times a second, since ``getrusage`` starts at the peak of the parent
    process. Without ``/proc`` it is ``getrusage``, of this process alone.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._kib = 0

    def run(self) -> None:
        while Path("/proc/self/status").exists():
            self._kib = max(self._kib, self._now())
            time.sleep(0.1)

    @property
    def mib(self) -> int:
        if own := status_kib("VmHWM"):
            return round(max(self._kib, own) * 2**10 / MIB)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return round(own * (1 if sys.platform == "darwin" else 2**10) / MIB)

    @staticmethod
    def _now() -> int:
        kib = status_kib("VmRSS")
        for children in Path("/proc/self/task").glob("*/children"):
            with suppress(OSError):  # the thread ended meanwhile
                kib += sum(status_kib("VmRSS", pid) for pid in children.read_text("ascii").split())
        return kib


if __name__ == "__main__":
    main()
