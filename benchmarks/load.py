"""Many askers at once while the index is rebuilt: python -m benchmarks.load [ASKERS] [SECONDS].

It measures ``qa serve`` over a copy of ``seeds/``, in a process of its own: how long an answer
takes from question to last byte, what is refused, broken or answered of two generations of the
index, and what the API adds to a question that the library answers.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from benchmarks.saved import commit, machine, save
from benchmarks.served import QUESTIONS, Served, served
from qa.networks.threads import cores
from qa.pipeline import QA

REBUILD_S = 10.0
# Documents that are all written anew before each build: an index has one of their versions.
TOWNS = ("Vessby", "Norrvik", "Ulmholm")
OF_ALL_TOWNS = "Who keeps the tower clocks of Vessby, Norrvik and Ulmholm?"


def main(askers: int = 64, seconds: float = 60.0) -> None:
    """Print the measurements and save them."""
    with tempfile.TemporaryDirectory() as place:
        folder, index = Path(place) / "seeds", Path(place) / "index"
        shutil.copytree("seeds", folder)
        write(folder, 0)
        results = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": commit(),
            "machine": machine(),
            # Other work makes all of it slower.
            "load_average": round(os.getloadavg()[0], 1),
        }
        qa = QA.build(folder, index)
        with served(folder, index) as running:
            results["one_question"] = overhead(qa, running)
            del qa
            results["load"] = load(running, folder, askers, seconds)
    save("load", results)


def write(folder: Path, version: int) -> None:
    """Write the documents of the towns."""
    for town in TOWNS:
        text = f"The tower clock of {town}\n\nIts keeper is number {version} of the list.\n"
        (folder / f"{town}.txt").write_text(text, encoding="utf-8")


def overhead(qa: QA, running: Served, rounds: int = 40) -> dict[str, float]:
    """Return how long a question takes alone, and what the API adds, in turn with the library."""
    here: list[float] = []
    there: list[float] = []
    asked = (*QUESTIONS, OF_ALL_TOWNS)
    with httpx.Client(base_url=running.url, timeout=600) as http:
        for number in range(rounds):
            question = asked[number % len(asked)]
            post = partial(http.post, "/api/ask", json={"question": question})
            calls: list[tuple[list[float], Callable[[], Any]]] = [
                (here, partial(qa.ask, question)),
                (there, post),
            ]
            for times, call in calls[:: 1 if number % 2 else -1]:
                times.append(timed(call))
    added = [b - a for a, b in zip(here, there, strict=True)]
    return {
        "library_ms": round(statistics.median(here), 1),
        "api_ms": round(statistics.median(there), 1),
        "api_mean_ms": round(statistics.mean(there), 1),
        "added_ms": round(statistics.median(added), 1),
    }


@dataclass
class Asked:
    """What askers got: milliseconds of the answers, and how many of what was none."""

    times: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    mixed: int = 0

    def add(self, question: str, response: httpx.Response, milliseconds: float) -> None:
        """Count an answer."""
        if response.status_code != 200:
            self.wrong[str(response.status_code)] += 1
            return
        answer = response.json()
        if answer["question"] != question:  # another asker's
            self.wrong["another question"] += 1
        self.times.append(milliseconds)
        self.mixed += len(versions(answer)) > 1


def versions(answer: dict[str, Any]) -> set[str]:
    """Return which versions of the towns' documents an answer is of; more than one is mixed."""
    texts = [hit["text"] for hit in answer["passages"]]
    return {found for text in texts for found in re.findall(r"keeper is number (\d+)", text)}


def load(running: Served, folder: Path, askers: int, seconds: float) -> dict[str, Any]:
    """Return what many askers get while the index is rebuilt."""
    asked = (*QUESTIONS, OF_ALL_TOWNS)
    used_s = running.processor_s
    alone = statistics.mean(
        timed(httpx.post, f"{running.url}/api/ask", json={"question": question}, timeout=600)
        for question in asked * 2
    )
    work_ms = 1000 * (running.processor_s - used_s) / len(asked * 2)
    got = Asked()
    before = running.mib()
    until = time.monotonic() + seconds
    is_over = threading.Event()

    def ask(number: int) -> None:
        with httpx.Client(base_url=running.url, timeout=600) as http:
            while not is_over.is_set():
                question = asked[number % len(asked)]
                number += 1
                began = time.perf_counter()
                try:
                    response = http.post("/api/ask", json={"question": question})
                except httpx.HTTPError as error:
                    got.wrong[type(error).__name__] += 1
                    continue
                got.add(question, response, 1000 * (time.perf_counter() - began))

    rebuilds: list[float] = []
    lookups: list[float] = []
    used_s, began = running.processor_s, time.monotonic()
    with ThreadPoolExecutor(askers) as pool:
        every = [pool.submit(ask, number) for number in range(askers)]
        try:
            # One rebuild at least: beside so many askers it may take longer than all of it.
            while time.monotonic() < until:
                write(folder, len(rebuilds) + 1)
                rebuilds.append(running.rebuild())
                lookups += [timed(running.get, "/api/documents") for _ in range(10)]
                time.sleep(min(REBUILD_S, max(until - time.monotonic(), 0)))
        finally:
            is_over.set()
        took_s = seconds + max(time.monotonic() - until, 0)
        for each in every:
            each.result()
    used_s = running.processor_s - used_s
    got_cores = used_s / (time.monotonic() - began)
    times = sorted(got.times)
    p95 = times[int(0.95 * len(times))]
    return {
        "askers": askers,
        "seconds": round(took_s, 1),
        "rebuilds": len(rebuilds),
        "slowest_rebuild_s": round(max(rebuilds), 1),
        "answered": len(times),
        "refused_or_broken": dict(got.wrong),
        "mixed": got.mixed,
        "median_ms": round(statistics.median(times)),
        "p95_ms": round(p95),
        "alone_ms": round(alone, 1),
        # 1 is as long as it takes to answer all of them, the last one's question last.
        "p95_over_fair": round(p95 / (askers * alone / cores()), 2),
        # A question that is alone is read on all cores, so that it has more work than its time
        # on one of them: this is how much longer it takes than all of the work does, on the cores
        # that the server got.
        "alone_processor_ms": round(work_ms, 1),
        "processor_ms": round(1000 * used_s / len(times), 1),
        "cores_used": round(got_cores, 2),
        "p95_over_work": round(p95 / (askers * work_ms / got_cores), 2),
        # What is only looked up does not wait for questions.
        "lookup_ms": round(statistics.median(lookups), 1),
        "slowest_lookup_ms": round(max(lookups), 1),
        "resident_mib": [before, running.mib()],
        "peak_mib": running.mib("VmHWM"),
    }


def timed(call: Callable[..., Any], *arguments: Any, **options: Any) -> float:
    """Return how many milliseconds a call took."""
    began = time.perf_counter()
    call(*arguments, **options)
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
