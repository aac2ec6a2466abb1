"""Many askers at once while the index is rebuilt: python -m benchmarks.load [ASKERS] [SECONDS].

It measures the API as it is served, over a copy of ``seeds/``: how long an answer takes from
question to last byte, what is refused, whether an answer mixes two generations, how memory grows,
and what the API adds to a question that the library answers.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from qa.collections import Corpus
from qa.networks.threads import cores
from qa.pipeline import QA, open_or_build
from qa.web.server import HOST, Server, create_app, listen

QUESTIONS = (
    "Who received the car?",
    "When was the plane built?",
    "Who is the author of the report?",
    "What does the train carry?",
)
REBUILD_S = 10.0


def main(askers: int = 64, seconds: float = 60.0) -> None:
    """Print the measurements."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "seeds"
        shutil.copytree("seeds", folder)
        corpus = Corpus(
            open_or_build(folder, Path(place) / "index"), folder=folder, index=Path(place) / "index"
        )
        corpus.live.start()
        app = create_app(corpus)
        with listen(HOST, 0) as listener:
            server = Server(lambda: app)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            while server.front.page is None:
                time.sleep(0.05)
            url = f"http://{HOST}:{listener.getsockname()[1]}/api/"
            try:
                overhead(corpus.now.qa, url)
                load(corpus, folder, url, askers, seconds)
            finally:
                server.stop()
                thread.join()
                corpus.live.stop()


def overhead(qa: QA, url: str, rounds: int = 100) -> None:
    """Print what the API adds to a question, in turn with the library."""
    here, there = [], []
    with httpx.Client(base_url=url, timeout=60) as http:
        for number in range(rounds):
            question = QUESTIONS[number % len(QUESTIONS)]
            here.append(timed(qa.ask, question))
            there.append(timed(partial(http.post, "ask"), json={"question": question}))
    added = [b - a for a, b in zip(here, there, strict=True)]
    print(
        f"one question: library {statistics.median(here):.1f} ms, "
        f"API {statistics.median(there):.1f} ms, difference {statistics.median(added):.1f} ms"
    )


def load(corpus: Corpus, folder: Path, url: str, askers: int, seconds: float) -> None:
    """Print what many askers get while the index is rebuilt."""
    one_ms = statistics.median(timed(corpus.now.qa.ask, QUESTIONS[0]) for _ in range(9))
    times: list[float] = []
    refused: list[int] = []
    until = time.monotonic() + seconds
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def ask(number: int) -> None:
        with httpx.Client(base_url=url, timeout=600) as http:
            while time.monotonic() < until:
                question = QUESTIONS[number % len(QUESTIONS)]
                began = time.perf_counter()
                response = http.post("ask", json={"question": question})
                if response.status_code == 200:
                    times.append(1000 * (time.perf_counter() - began))
                else:
                    refused.append(response.status_code)

    rebuilds = 0
    with ThreadPoolExecutor(askers) as pool:
        for number in range(askers):
            pool.submit(ask, number)
        while time.monotonic() < until:
            (folder / "new.txt").write_text(f"Version {rebuilds} was written by Ada Blum.\n")
            finished = corpus.live.state.finished
            corpus.live.request()
            while corpus.live.state.finished == finished and time.monotonic() < until:
                time.sleep(0.1)
            rebuilds += corpus.live.state.finished != finished
            time.sleep(min(REBUILD_S, max(until - time.monotonic(), 0)))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times.sort()
    p95 = times[int(0.95 * len(times))]
    wanted = askers * one_ms / cores()
    print(
        f"{askers} askers for {seconds:.0f} s, {rebuilds} rebuilds: {len(times)} answered, "
        f"{len(refused)} refused; median {statistics.median(times):.0f} ms, p95 {p95:.0f} ms, "
        f"that is {p95 / wanted:.2f} x {askers} questions / {cores()} cores; "
        f"peak memory {before:.0f} -> {after:.0f} MiB"
    )


def timed(call: Callable[..., Any], *arguments: Any, **options: Any) -> float:
    """Return how many milliseconds a call took."""
    began = time.perf_counter()
    call(*arguments, **options)
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
