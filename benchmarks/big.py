"""One large file: the memory of the process that builds and of the one that reads, and the rate.

``python -m benchmarks.big csv MEGABYTES --folder DIR`` writes a file of so many megabytes and
builds an index of it. Tokens are counted as ever; vectors are drawn by their texts, since encoding
takes hours, and its memory does not depend on the size of a file (:mod:`benchmarks.million`).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.drawing import DrawnByText
from benchmarks.memory import status_kib
from qa.builder import build

_WORDS = (
    "harbour lamp keeper vessel cargo berth tide anchor ledger captain salt timber north quay rope "
    "mast signal storm ferry pilot wharf crane barrel coal grain custom toll chart light watch"
).split()
_TOLD_S = 0.05


def write_file(path: Path, size: int) -> int:
    """Write a table, or a text, of about so many bytes; return how many lines it has."""
    chance = random.Random(size)
    lines = written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for line in _rows(chance) if path.suffix == ".csv" else _paragraphs(chance):
            written += file.write(line)
            lines += 1
            if written >= size:
                return lines
    raise AssertionError


def _rows(chance: random.Random) -> Iterator[str]:
    yield "Number,Ship,Berth,Arrived,Tonnes,Remark\n"
    for number in count(1):
        ship = f"{chance.choice(_WORDS).title()} {chance.choice(_WORDS).title()}"
        day = f"{chance.randrange(1900, 2025)}-{chance.randrange(1, 13):02}-{number % 28 + 1:02}"
        remark = " ".join(chance.choices(_WORDS, k=chance.randrange(2, 9)))
        yield f"{number},{ship},{number % 97},{day},{chance.randrange(9_000)},{remark}\n"


def _paragraphs(chance: random.Random) -> Iterator[str]:
    for number in count(1):
        sentences = [
            f"{' '.join(chance.choices(_WORDS, k=chance.randrange(6, 20))).capitalize()}."
            for _ in range(chance.randrange(2, 7))
        ]
        yield f"Entry {number} of the log. {' '.join(sentences)}\n\n"


class _Children:
    """The most memory of the processes that this one starts, in KiB; use it in a ``with`` block."""

    def __init__(self) -> None:
        self.most = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Children:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(_TOLD_S):
            for task in Path("/proc/self/task").iterdir():
                try:
                    children = (task / "children").read_text(encoding="ascii").split()
                except OSError:  # a thread that has ended
                    continue
                self.most = max([self.most, *(status_kib("VmHWM", each) for each in children)])


def measure(kind: str, megabytes: int, place: Path) -> dict[str, Any]:
    """Return what one file takes: memory of both processes, and times by stage."""
    folder = place / f"{kind}-{megabytes}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"log.{'csv' if kind == 'csv' else 'txt'}"
    lines = write_file(path, megabytes * 1_000_000)
    encoder = DrawnByText()
    before, began = status_kib("VmHWM"), time.perf_counter()
    ended: dict[str, tuple[float, float, float, int]] = {}

    def progress(stage: str, done: int, total: int) -> None:
        ended[stage.partition(" log.")[0]] = (
            time.perf_counter() - began,
            time.process_time(),
            sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]),
            status_kib("VmHWM") // 1024,
        )

    with _Children() as children:
        report = build(
            folder, place / f"{kind}-{megabytes}-index", encoder=encoder, progress=progress
        )
    return {
        "load": os.getloadavg()[0],
        "bytes": path.stat().st_size,
        "lines": lines,
        "documents": report.documents,
        "passages": report.passages,
        "parent_mib": {"before": before // 1024, "most": status_kib("VmHWM") // 1024},
        "child_mib": children.most // 1024,
        "until": {
            stage: {"s": round(s, 1), "cpu_s": round(cpu, 1), "peak_mib": mib}
            for stage, (s, cpu, _, mib) in ended.items()
        },
        "s": round(report.seconds, 1),
        "cpu_s": round(time.process_time(), 1),
        "child_cpu_s": round(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]), 1),
    }


def main() -> None:
    """Measure one file, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.big", description=__doc__)
    parser.add_argument("kind", choices=["csv", "text"])
    parser.add_argument("megabytes", type=int)
    parser.add_argument("--folder", type=Path, required=True, help="where all is made and kept")
    options = parser.parse_args()
    print(json.dumps(measure(options.kind, options.megabytes, options.folder), indent=2))


if __name__ == "__main__":
    main()
