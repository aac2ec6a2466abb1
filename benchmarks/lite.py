"""How far Milvus Lite goes: bytes, seconds and memory by the number of passages.

``python -m benchmarks.lite PASSAGES… --folder DIR`` makes an index of so many passages of drawn
words, with vectors drawn by their texts (:mod:`benchmarks.adding`), copies it to a file of Milvus
Lite, opens that in another process, and searches it. An index in DIR is used again. Times are
processor times, so that other work on the machine counts little; Milvus Lite's server is in the
process that uses the file.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.adding import ParagraphWorkers, write_documents
from benchmarks.drawing import DrawnByText
from benchmarks.memory import status_kib
from qa.builder import build
from qa.errors import QAError
from qa.index import open_index
from qa.milvus import StoreAddress, open_store, publish

_ASKED, _WORDS, _DEPTH = 20, 8, 50
# Seconds that a call may take here, so that what is too slow for use is measured too.
_LIMIT_S = 3600.0


def copied(index: Path, address: StoreAddress) -> dict[str, Any]:
    """Copy an index to a new store."""
    assert address.file is not None
    shutil.rmtree(address.file, ignore_errors=True)
    source = open_index(index, exact=True)
    bare, began, used = status_kib("VmRSS"), time.perf_counter(), time.process_time()
    publish(source, address, timeout_s=_LIMIT_S)
    return {
        "copy_cpu_s": round(time.process_time() - used, 1),
        "copy_clock_s": round(time.perf_counter() - began, 1),
        "copy_peak_above_mib": (status_kib("VmHWM") - bare) // 1024,
        "bytes_a_passage": round(_size(address) / len(source)),
    }


def searched(index: Path, address: StoreAddress) -> dict[str, Any]:
    """Open a store, and search it by the words of a passage and by its vector, as a question is."""
    import faiss  # noqa: F401
    import pymilvus  # noqa: F401

    source = open_index(index, exact=True)
    rows = np.random.default_rng(0).integers(0, len(source), _ASKED).tolist()
    vectors = source.vectors.reconstruct(rows)[:, : source.manifest.dimension]
    asked = [
        (vector, " ".join(passage.text.split()[-_WORDS:]))
        for vector, passage in zip(vectors, source.passages(rows), strict=True)
    ]
    source.close()
    bare, began, used = status_kib("VmRSS"), time.perf_counter(), time.process_time()
    store = open_store(address, timeout_s=_LIMIT_S)
    opened = {
        "open_cpu_s": round(time.process_time() - used, 1),
        "open_clock_s": round(time.perf_counter() - began, 1),
    }
    spent: dict[str, list[float]] = {"vector": [], "words": [], "nearness": []}
    found = []

    def timed(name: str, call: Callable[[], Any]) -> Any:
        used = time.process_time()
        result = call()
        spent[name].append(1000 * (time.process_time() - used))
        return result

    for vector, words in asked:
        nearest = timed("vector", lambda vector=vector: store.search_by_vector(vector, _DEPTH))
        timed("words", lambda words=words: store.search_by_words(words, _DEPTH))
        found.append(nearest[0][0])
        first = [row for row, _ in nearest]
        timed("nearness", lambda first=first, vector=vector: store.nearness(first, vector))
    memory = {
        "above_mib": (status_kib("VmRSS") - bare) // 1024,
        "peak_above_mib": (status_kib("VmHWM") - bare) // 1024,
    }
    store.close()
    if found != rows:
        raise ValueError("the nearest passage is not the one whose vector was asked for")
    times = {f"{name}_cpu_ms": round(median(each), 1) for name, each in spent.items()}
    return {**opened, **times, **memory}


def _size(address: StoreAddress) -> int:
    assert address.file is not None
    return sum(path.stat().st_size for path in address.file.rglob("*") if path.is_file())


_JOBS: dict[str, Callable[[Path, StoreAddress], dict[str, Any]]] = {
    "copy": copied,
    "search": searched,
}


def measure(passages: int, place: Path) -> dict[str, Any]:
    """Return what so many passages cost; each job runs in a process of its own."""
    folder, index = place / f"{passages}", place / f"{passages}-index"
    write_documents(folder, passages)
    if not (index / "CURRENT").exists():
        build(folder, index, encoder=DrawnByText(parts=True), workers=ParagraphWorkers())
    result: dict[str, Any] = {"passages": passages}
    for job in _JOBS:
        command = [sys.executable, "-m", "benchmarks.lite", str(passages), "--folder", str(place)]
        done = subprocess.run([*command, "--job", job], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            return {**result, "ended_in": job}
        result.update(json.loads(done.stdout))
    return result


def main() -> None:
    """Measure each size, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lite", description=__doc__)
    parser.add_argument("passages", type=int, nargs="+")
    parser.add_argument("--folder", type=Path, required=True, help="where all is made and kept")
    parser.add_argument("--job", choices=_JOBS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        (passages,) = options.passages
        address = StoreAddress.parse(f"milvus:{options.folder / f'{passages}.db'}")
        try:
            print(json.dumps(_JOBS[options.job](options.folder / f"{passages}-index", address)))
        except QAError as error:
            raise SystemExit(str(error)) from error
        return
    for passages in options.passages:
        print(json.dumps(measure(passages, options.folder), indent=2), flush=True)


if __name__ == "__main__":
    main()
