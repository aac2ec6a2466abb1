"""Search among a million vectors and more: bytes, seconds, recall, memory.

``python -m benchmarks.vectors INDEX QUESTIONS --passages N --folder DIR`` draws N vectors about
those of INDEX, writes them to DIR as an index stores them, and searches them for QUESTIONS, a
golden file. A drawn vector is one of INDEX, plus half the difference of two others, plus noise of
length 0.4, at unit length: its cosine to the first is about 0.8, as that of two passages on one
subject. Times are processor times, so that other work on the machine counts little, and those by
the clock, on one core and on all in turns where there are several blocks of codes. With ``--times
10`` a tenth of the vectors is drawn and each is there ten times: all but recall, which would mean
nothing, is measured; for that see :mod:`benchmarks.codes`.
"""

from __future__ import annotations

import argparse
import copy
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory import status_kib

if TYPE_CHECKING:
    from qa.index.vectors import CodeSearch

R = TypeVar("R")

_SHARD, _MOST = 3_000, 300  # as an index has them
_DIFFERENCE, _NOISE = 0.5, 0.4
_EXACTLY = 40  # questions that are also compared with all vectors


def drawn(
    around: NDArray[np.float32], count: int, random: np.random.Generator
) -> NDArray[np.float32]:
    """Return unit vectors drawn about others, shape ``(count, dimension)``."""
    dimension = around.shape[1]
    first, second, third = random.integers(0, len(around), (3, count))
    noise = random.standard_normal((count, dimension), dtype=np.float32) / np.sqrt(dimension)
    made = around[first] + _DIFFERENCE * (around[second] - around[third]) + _NOISE * noise
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def write(index: Path, folder: Path, passages: int, times: int) -> dict[str, Any]:
    """Write the shards; their parts are random bytes, which cost what real ones do.

    Each shard is there so many ``times``, once on the disk.
    """
    from qa.index import open_index
    from qa.index.vectors import write_vectors

    stored = open_index(index).vectors
    around = stored.reconstruct(range(len(stored)))[:, : stored.dimension]
    random = np.random.default_rng(passages)
    folder.mkdir(parents=True)
    seconds = 0.0
    length = _SHARD
    while passages > _MOST * length:
        length *= 2
    for first in range(0, passages // times, length):
        count = min(length, passages // times - first)
        parts = random.integers(0, 256, (count, stored.dimension), dtype=np.uint8)
        rows = np.concatenate([drawn(around, count, random), parts.astype(np.float32)], axis=1)
        began = time.thread_time()
        key = f"{first // length:032x}"
        write_vectors(folder, key, rows, stored.dimension)
        seconds += time.thread_time() - began
        for again in range(1, times):
            for path in list(folder.glob(f"{key}.*")):
                path.with_stem(f"{again:x}{key[1:]}").hardlink_to(path)
    sizes: dict[str, int] = {}
    for path in folder.iterdir():
        sizes[path.suffix] = sizes.get(path.suffix, 0) + path.stat().st_size
    return {
        "around": len(around),
        "write_cpu_s": round(seconds, 1),
        **{f"bytes_a_passage{suffix}": round(size / passages, 1) for suffix, size in sizes.items()},
    }


def search(folder: Path, questions: NDArray[np.float32], **options: Any) -> dict[str, Any]:
    """Open the shards and search them; the process does nothing else."""
    import faiss  # noqa: F401

    from qa.index.vectors import LargeVectors

    keys = sorted({path.stem for path in folder.iterdir()})
    bare = status_kib("VmRSS")
    began = time.process_time()
    vectors = LargeVectors(folder, keys, questions.shape[1], **options)
    opened = time.process_time() - began
    turns = Turns(vectors._codes)
    nearness, rows = [], []
    for question in questions:

        def nearest(
            codes: CodeSearch | None, question: NDArray[np.float32] = question
        ) -> list[tuple[int, float]]:
            vectors._codes = codes
            return vectors.search(question, 50)

        rows.append([row for row, _ in turns.take(nearest)[-1]])
        began = time.thread_time()
        vectors.nearness(rows[-1], question)
        nearness.append(1000 * (time.thread_time() - began))
    return {
        "open_cpu_s": round(opened, 2),
        "search_processor_ms": {name: percentiles(each) for name, each in turns.processor.items()},
        "search_clock_ms": {name: percentiles(each) for name, each in turns.clock.items()},
        "nearness_cpu_ms": percentiles(nearness),
        "above_mib": (status_kib("VmRSS") - bare) // 1024,
        "of_it_mapped_files_mib": status_kib("RssFile") // 1024,
        "peak_above_mib": (status_kib("VmHWM") - bare) // 1024,
        "rows": rows,
    }


class Turns:
    """Times of searches on one core and on all, in milliseconds: by the clock, and of processors.

    Each is made in both ways, in turns, so that other work delays both. Without blocks of codes
    that can be scanned side by side there is one way.
    """

    def __init__(self, codes: CodeSearch | None) -> None:
        self.ways = {"all_cores": codes}
        if codes and codes._threads:
            self.ways["one_core"] = alone = copy.copy(codes)
            alone._threads = None
        self.clock: dict[str, list[float]] = {name: [] for name in self.ways}
        self.processor: dict[str, list[float]] = {name: [] for name in self.ways}
        self._taken = 0

    def take(self, search: Callable[[CodeSearch | None], R]) -> list[R]:
        """Search in every way, and return what is found."""
        found = []
        for name in [*self.ways][:: -1 if self._taken % 2 else 1]:
            began, used = time.perf_counter(), time.process_time()
            found.append(search(self.ways[name]))
            self.clock[name].append(1000 * (time.perf_counter() - began))
            self.processor[name].append(1000 * (time.process_time() - used))
        self._taken += 1
        return found


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return the 50th and the 95th percentile."""
    return {f"p{each}": round(float(np.percentile(values, each)), 2) for each in (50, 95)}


def measure(index: Path, golden: Path, folder: Path, passages: int, times: int) -> dict[str, Any]:
    """Write what is missing, search it by codes and exactly, and compare."""
    from qa.networks.encoder import SentenceEncoder

    results: dict[str, Any] = {"passages": passages, "times": times}
    if not folder.exists():
        results.update(write(index, folder, passages, times))
    asked = [json.loads(line)["question"] for line in golden.read_text("utf-8").splitlines()]
    encoder = SentenceEncoder()
    vectors = folder.with_name(f"{folder.name}-questions.npy")
    np.save(vectors, np.stack([encoder.encode_query(question) for question in asked]))
    by_codes = _run("codes", folder, vectors)
    if times > 1:
        del by_codes["rows"]
        return {**results, "by_codes": by_codes}
    exactly = _run("exact", folder, vectors)
    found, truth = by_codes.pop("rows"), exactly.pop("rows")
    results["recall"] = {
        str(n): round(
            float(
                np.mean([len({*a[:n]} & {*b[:n]}) / n for a, b in zip(found, truth, strict=False)])
            ),
            4,
        )
        for n in (10, 20, 50)
    }
    return {**results, "by_codes": by_codes, "exactly": exactly}


_JOBS: dict[str, Callable[[Path, NDArray[np.float32]], dict[str, Any]]] = {
    "codes": lambda folder, questions: search(folder, questions),
    "exact": lambda folder, questions: search(folder, questions[:_EXACTLY], exact=True),
}


def _run(job: str, folder: Path, questions: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.vectors", str(folder), str(questions)]
    done = subprocess.run([*command, "--job", job], stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vectors", description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--passages", type=int, default=1_000_000, help="default: %(default)s")
    parser.add_argument("--times", type=int, default=1, help="each vector is there so often")
    parser.add_argument("--folder", type=Path, help="where the vectors are made and kept")
    parser.add_argument("--job", choices=_JOBS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        print(json.dumps(_JOBS[options.job](options.index, np.load(options.questions))))
        return
    if options.folder is None:
        parser.error("name a folder for the vectors: --folder DIR")
    results = measure(
        options.index, options.questions, options.folder, options.passages, options.times
    )
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
