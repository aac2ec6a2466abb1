"""Search among ten million codes: recall, memory, and milliseconds on one core and on all.

``python -m benchmarks.codes INDEX QUESTIONS --millions N --folder DIR`` draws N million vectors
about those of INDEX, as :mod:`benchmarks.vectors` does, for QUESTIONS, a golden file. DIR gets
their codes, a million in a file, and which vectors are the nearest to each question; the vectors
themselves, 15 GB of ten million, are not kept. Recall is the share of these among the rows that the
codes give to the exact comparison, which loses none. Questions are searched on one core and on all
in turns, so that other work on the machine delays both. What is in DIR already is used again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory import status_kib
from benchmarks.vectors import Turns, drawn, percentiles
from qa.index.vectors import CodeSearch
from qa.index.vectors.codes import PER_BYTE, coded
from qa.index.vectors.large import COMPARED

_CHUNK, _BLOCK = 50_000, 1_000_000
_NEAREST = 50


class Nearest:
    """The rows nearest to some questions, of vectors that are seen once."""

    def __init__(self, questions: NDArray[np.float32]) -> None:
        self._questions = questions
        self.scores = np.empty((len(questions), 0), np.float32)
        self.rows = np.empty((len(questions), 0), np.int64)

    def see(self, vectors: NDArray[np.float32], first_row: int) -> None:
        """Compare these vectors, the first of which is at a row."""
        scores = self._questions @ vectors.T
        best = np.argpartition(-scores, _NEAREST - 1, axis=1)[:, :_NEAREST]
        self.join(np.take_along_axis(scores, best, 1), best + first_row)

    def join(self, scores: NDArray[np.float32], rows: NDArray[np.int64]) -> None:
        """Keep the nearest of those before and these, nearest first."""
        scores = np.concatenate([self.scores, scores], axis=1)
        rows = np.concatenate([self.rows, rows], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :_NEAREST]
        self.scores = np.take_along_axis(scores, best, 1)
        self.rows = np.take_along_axis(rows, best, 1)


def draw(around: NDArray[np.float32], questions: NDArray[np.float32], path: Path) -> None:
    """Draw a million vectors and write their codes, and the nearest of them beside."""
    number = int(path.stem)
    random = np.random.default_rng(number)
    nearest = Nearest(questions)
    codes = []
    for first in range(0, _BLOCK, _CHUNK):
        # A thousand at a time: more do not fit into the cache, and take twice as long.
        some = [drawn(around, 1_000, random) for _ in range(0, _CHUNK, 1_000)]
        vectors = np.concatenate(some)
        nearest.see(vectors, number * _BLOCK + first)
        codes.append(coded(vectors))
    np.savez(path.with_suffix(".npz"), scores=nearest.scores, rows=nearest.rows)
    unfinished = path.with_suffix(".writing")
    np.concatenate(codes).tofile(unfinished)
    unfinished.rename(path)


def prepare(index: Path, golden: Path, folder: Path, millions: int, count: int) -> list[Path]:
    """Encode the questions and draw what is missing; return the files of codes."""
    from qa.index import open_index
    from qa.networks.encoder import SentenceEncoder

    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "questions.npy").exists():
        lines = golden.read_text("utf-8").splitlines()[:count]
        encoder = SentenceEncoder()
        asked = [encoder.encode_query(json.loads(line)["question"]) for line in lines]
        np.save(folder / "questions.npy", np.stack(asked))
    questions = np.load(folder / "questions.npy")
    paths = [folder / f"{number:04}.codes" for number in range(millions)]
    if missing := [path for path in paths if not path.exists()]:
        stored = open_index(index).vectors
        around = stored.reconstruct(range(len(stored)))[:, : stored.dimension]
        for path in missing:
            draw(around, questions, path)
    return paths


def measure(folder: Path, paths: list[Path]) -> dict[str, Any]:
    """Search all codes on one core and on all, and compare with the nearest vectors."""
    import faiss  # noqa: F401

    questions = np.load(folder / "questions.npy")
    nearest = Nearest(questions)
    for path in paths:
        kept = np.load(path.with_suffix(".npz"))
        nearest.join(kept["scores"], kept["rows"])
    dimension = questions.shape[1]
    bare, began = status_kib("VmRSS"), time.perf_counter()
    each = (np.fromfile(path, np.uint8).reshape(-1, dimension // PER_BYTE) for path in paths)
    search = CodeSearch(each, dimension)
    results: dict[str, Any] = {
        "passages": len(search),
        "questions": len(questions),
        "open_s": round(time.perf_counter() - began, 1),
        "above_mib": (status_kib("VmRSS") - bare) // 1024,
        "peak_above_mib": (status_kib("VmHWM") - bare) // 1024,
    }
    turns = Turns(search)
    hits = []
    for question, truth in zip(questions, nearest.rows, strict=True):

        def rows_of(
            codes: CodeSearch | None, question: NDArray[np.float32] = question
        ) -> NDArray[np.int64]:
            assert codes is not None
            return codes.nearest(question, COMPARED)

        found = turns.take(rows_of)
        assert found[0].tobytes() == found[-1].tobytes()
        hits.append(np.isin(truth, found[0]))
    recall = {str(n): round(float(np.mean(np.stack(hits)[:, :n])), 4) for n in (10, 20, _NEAREST)}
    times = {
        name: {"clock_ms": percentiles(each), "processor_ms": percentiles(turns.processor[name])}
        for name, each in turns.clock.items()
    }
    all_cores = turns.clock["all_cores"]
    ratio = np.median(np.divide(all_cores, turns.clock.get("one_core", all_cores)))
    load = os.getloadavg()[0]
    return {**results, "recall": recall, **times, "clock_ratio_p50": round(ratio, 3), "load": load}


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.codes", description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--millions", type=int, default=10, help="default: %(default)s")
    parser.add_argument("--count", type=int, default=100, help="questions; default: %(default)s")
    parser.add_argument("--folder", type=Path, required=True, help="where codes are kept")
    options = parser.parse_args()
    paths = prepare(
        options.index, options.questions, options.folder, options.millions, options.count
    )
    print(json.dumps(measure(options.folder, paths), indent=2))


if __name__ == "__main__":
    main()
