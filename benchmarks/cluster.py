"""Passages a second of a build by Ray on this machine, beside the same build without it.

``python -m benchmarks.cluster TEXT``: TEXT is a file of ``{"title", "paragraphs"}`` a line, as
``*.jsonl.gz``. The builds take turns, since a machine that others use is not always as quick.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.saved import commit, machine, save
from qa.builder import ENCODING, READING, Workers, build
from qa.cluster import AUTO, cluster
from qa.networks.encoder import SentenceEncoder

_IN_A_FILE = 12


def write(text: Path, folder: Path, paragraphs: int) -> None:
    """Write so many paragraphs of a text as files."""
    with gzip.open(text, "rt", encoding="utf-8") as lines:
        found = islice(
            (each for line in lines for each in json.loads(line)["paragraphs"]), paragraphs
        )
        number = 0
        while part := list(islice(found, _IN_A_FILE)):
            (folder / f"{number}.txt").write_text("\n\n".join(part), encoding="utf-8")
            number += 1


def timed(folder: Path, index: Path, encoder: SentenceEncoder, workers: Workers | None) -> Any:
    """Build once; return the passages, the seconds of each stage and of all, and the index."""
    stages: dict[str, list[float]] = {}
    began = time.perf_counter()

    def note(stage: str, done: int, total: int) -> None:
        stages.setdefault(stage, []).append(time.perf_counter() - began)

    report = build(folder, index, encoder=encoder, progress=note, workers=workers)
    total = time.perf_counter() - began
    read = stages[READING][-1]
    return {
        "passages": report.passages,
        "reading_s": round(read, 2),
        "encoding_s": round(stages[ENCODING][-1] - read, 2),
        "total_s": round(total, 2),
        "index": (index / "CURRENT").read_text(),
    }


def measure(text: Path, paragraphs: int, rounds: int) -> dict[str, Any]:
    """Return the passages a second of both, and their ratios."""
    encoder = SentenceEncoder()
    runs: dict[str, list[dict[str, Any]]] = {"here": [], "ray": []}
    with tempfile.TemporaryDirectory() as place, cluster(AUTO) as workers:
        folder = Path(place, "documents")
        folder.mkdir()
        write(text, folder, paragraphs)
        for number in range(rounds):
            for name, used in (("ray", workers), ("here", None)):
                runs[name].append(timed(folder, Path(place, f"{name}-{number}"), encoder, used))
                print(name, runs[name][-1], flush=True)
    if len({run.pop("index") for each in runs.values() for run in each}) > 1:
        raise ValueError("the indexes differ")
    ratios = {
        stage: round(
            median(h[stage] / r[stage] for h, r in zip(runs["here"], runs["ray"], strict=True)), 3
        )
        for stage in ("reading_s", "encoding_s", "total_s")
    }
    return {"passages": runs["here"][0]["passages"], "runs": runs, "ray_times_the_rate": ratios}


def main() -> None:
    """Measure, and save the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path, metavar="TEXT")
    parser.add_argument("--paragraphs", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    results = measure(given.text, given.paragraphs, given.rounds)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    save("cluster", {"commit": commit(), "date": now, "machine": machine(), **results})


if __name__ == "__main__":
    main()
