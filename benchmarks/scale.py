"""An index of 100,000 passages: built, interrupted, extended, opened and asked.

``python -m benchmarks.scale TEXT --folder DIR`` takes TEXT, a file (or a folder with one) of
``{"title", "paragraphs"}`` a line, as ``*.jsonl.gz``. What it makes in DIR is used again.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory import status_kib
from qa.types import Encoder

# Passages of this text have about 115 tokens; their number is counted.
_CHARACTERS_PER_PASSAGE = 690
_NEW_WORDS = 1_000
_NEW = "Added later.txt"
_ASKED = 25


class RandomEncoder:
    """A random vector for each text, and the real tokenizer: an index without the encoding.

    Questions find what their words find; everything else costs what it costs.
    """

    name = "random directions"
    fingerprint = "random:1:256"
    dimension = row_size = 384
    max_tokens = 256

    def __init__(self) -> None:
        from qa.networks.encoder import SentenceEncoder

        encoder = SentenceEncoder()
        self.tokenizer, self.count_tokens = encoder.tokenizer, encoder.count_tokens

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector per text, shape ``(texts, dimension)``."""
        seeds = [zlib.crc32(text.encode("utf-8")) for text in texts]
        vectors = np.stack([np.random.default_rng(seed).normal(size=384) for seed in seeds])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def encode_query(self, question: str) -> NDArray[np.float32]:
        """Return one, shape ``(dimension,)``."""
        return self.encode([question])[0]


def write_documents(text: Path, folder: Path, passages: int) -> None:
    """Write one file per article until there are about that many passages; keep existing files."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = passages * _CHARACTERS_PER_PASSAGE
    for number, article in enumerate(_articles(text)):
        if wanted <= 0:
            return
        wanted -= sum(map(len, article["paragraphs"]))
        name = re.sub(r"\W+", " ", article["title"])[:60].strip()
        path = folder / f"{number // 500:02}" / f"{number:05} {name}.txt"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_text(_text_of(article), encoding="utf-8")
    raise SystemExit(f"{text} has too little text for {passages:,} passages: ask for fewer")


def _articles(text: Path) -> Iterator[dict[str, Any]]:
    if text.is_dir():
        (text,) = sorted(text.glob("*.jsonl.gz"))
    with gzip.open(text, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _text_of(article: dict[str, Any]) -> str:
    return "\n\n".join([article["title"], *article["paragraphs"]]) + "\n"


# Each measurement runs in a process of its own, called by name.


def build_index(folder: Path, index: Path, encoder: Encoder) -> dict[str, Any]:
    """Bring the index up to date; print progress to stdout."""
    from qa.builder import ENCODING, build

    encoder.encode(["warm up"])
    began, used = time.perf_counter(), time.process_time()

    def progress(stage: str, done: int, total: int) -> None:
        if stage == ENCODING:
            print(json.dumps({"done": done, "total": total}), flush=True)

    report = build(folder, index, encoder=encoder, progress=progress)
    return {
        "documents": report.documents,
        "passages": report.passages,
        "encoded": report.encoded,
        "build_s": round(time.perf_counter() - began, 2),
        "build_cpu_s": round(time.process_time() - used, 2),
        "peak_mib": status_kib("VmHWM") // 1024,
    }


def open_stored(folder: Path, index: Path, encoder: Encoder) -> dict[str, Any]:
    """Open the index and look once into each of its stores."""
    import faiss  # noqa: F401
    import tantivy  # noqa: F401

    from qa.index import open_index

    bare = status_kib("VmRSS") // 1024
    began, used = time.perf_counter(), time.process_time()
    stored = open_index(index)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    (vector,) = stored.vectors.reconstruct([0])
    stored.vectors.search(vector, 50)
    stored.words.search("the first of them", 50)
    return {
        "open_s": round(seconds, 3),
        "open_cpu_s": round(cpu, 3),
        "bare_mib": bare,
        "above_mib": status_kib("VmRSS") // 1024 - bare,
        "peak_above_mib": status_kib("VmHWM") // 1024 - bare,
    }


def ask(folder: Path, index: Path, encoder: Encoder) -> dict[str, Any]:
    """Ask questions of the index, each once."""
    from qa.answers.calibration import Calibration
    from qa.index import open_index
    from qa.networks.reader import OnnxReader
    from qa.pipeline import QA

    reader = OnnxReader()
    stored = open_index(index, encoder_fingerprint=encoder.fingerprint)
    qa = QA(
        stored,
        encoder=encoder,
        reader=reader,
        calibration=Calibration.load(reader=reader.fingerprint),
    )
    documents = stored.documents()
    titles = [each.title for each in documents[:: -(-len(documents) // _ASKED)]]
    qa.ask("Is it warm?")
    timings = [qa.ask(f"When did {title} begin?").timings_ms for title in titles]
    return {
        "questions": len(timings),
        **{f"{part}_ms": median(each[part] for each in timings) for part in timings[0]},
    }


_JOBS: dict[str, Callable[[Path, Path, Encoder], dict[str, Any]]] = {
    "build": build_index,
    "open": open_stored,
    "ask": ask,
}


def _start(job: str, place: Path, random: bool) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.scale", str(place), "--job", job]
    return subprocess.Popen(
        [*command, *(["--random-vectors"] if random else [])], stdout=subprocess.PIPE, text=True
    )


def _run(job: str, place: Path, random: bool) -> dict[str, Any]:
    """Run a job in a process of its own; ``command_s`` is its wall-clock time."""
    began = time.perf_counter()
    output, _ = (process := _start(job, place, random)).communicate()
    if process.returncode:
        raise SystemExit(f"{job} failed in {place}")
    result = json.loads(output.splitlines()[-1])
    return {**result, "command_s": round(time.perf_counter() - began, 2)}


def _interrupt(place: Path, random: bool) -> int:
    """Interrupt a build once a third is encoded; return the number of passages encoded."""
    process = _start("build", place, random)
    assert process.stdout is not None
    done = 0
    for line in process.stdout:
        progress = json.loads(line)
        done = progress.get("done", done)
        if done >= progress.get("total", 0) / 3:
            process.send_signal(signal.SIGINT)
            break
    # Passages encoded before the signal arrived.
    for line in process.stdout:
        done = json.loads(line).get("done", done)
    return done if process.wait() else 0


def measure(text: Path, place: Path, passages: int, random: bool) -> dict[str, Any]:
    """Return all figures; the index is built first if it is missing."""
    documents, index = place / "documents", place / "index"
    write_documents(text, documents, passages)
    (documents / _NEW).unlink(missing_ok=True)
    results: dict[str, Any] = {}
    if not (index / "CURRENT").exists():
        began = time.perf_counter()
        done = _interrupt(place, random)
        built = _run("build", place, random)
        seconds = time.perf_counter() - began
        results["interrupted"] = {"encoded_before": done, "encoded_after": built["encoded"]}
        results["interrupted"]["encoded_twice"] = done + built["encoded"] - built["passages"]
        results["build"] = {**built, "passages_per_s": round(built["passages"] / seconds, 1)}
    results["unchanged"] = _run("build", place, random)
    results["open"] = _run("open", place, random)
    last = list(_articles(text))[-1]  # beyond what was written
    words = " ".join(last["paragraphs"]).split()[:_NEW_WORDS]
    (documents / _NEW).write_text(f"{last['title']}\n\n{' '.join(words)}\n", encoding="utf-8")
    results["add"] = _run("build", place, random)
    results["add"]["new_passages"] = results["add"]["passages"] - results["unchanged"]["passages"]
    (documents / _NEW).unlink()
    results["remove"] = _run("build", place, random)
    results["question"] = _run("ask", place, random)
    return results


def main() -> None:
    """Measure, print the figures, and save them if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("--folder", type=Path, help="where documents and index are made and kept")
    parser.add_argument("--passages", type=int, default=100_000, help="default: %(default)s")
    parser.add_argument("--random-vectors", action="store_true", help="encode nothing")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--job", choices=_JOBS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        from qa.networks.encoder import SentenceEncoder

        # A shell's background job ignores Ctrl-C, and what it starts would too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        encoder = RandomEncoder() if options.random_vectors else SentenceEncoder()
        place = options.text
        try:
            result = _JOBS[options.job](place / "documents", place / "index", encoder)
        except KeyboardInterrupt:
            sys.exit(130)
        print(json.dumps(result), flush=True)
        return
    if options.folder is None:
        parser.error("name a folder for what is made: --folder DIR")
    results = measure(options.text, options.folder, options.passages, options.random_vectors)
    shown = json.dumps({"load": os.getloadavg(), **results}, indent=2)
    print(shown)
    if options.json:
        options.json.write_text(shown + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
