"""A whole question among a million passages: built, grown, asked; what other documents cost.

``python -m benchmarks.million TEXT QA_DATA --folder DIR`` writes SQuAD's articles, those of TEXT
and copies of these with other names and numbers (:mod:`benchmarks.copies`) to DIR, encodes SQuAD's
passages and some of the others, draws the vectors of the rest about these, and builds two indexes:
of SQuAD's articles alone, and of all. Questions are then asked of both in turns, so that other
work on the machine delays both. What is in DIR already is used again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.copies import CopyWorkers, DrawnEncoder, Names, articles, encode_some, texts_of
from benchmarks.memory import status_kib
from benchmarks.squad import pooled_questions

_SQUAD = "squad"
_NEW = "Added later.txt"
_NEW_WORDS = 1_000
_QUESTIONS = "questions.json"


def write_documents(text: Path, data: Path, place: Path, count: int, copies: int) -> dict[str, Any]:
    """Write all documents, and the questions of SQuAD that only report."""
    questions, _ = pooled_questions(data, place / "few" / _SQUAD)
    pooled_questions(data, place / "many" / _SQUAD)
    random.Random(1).shuffle(questions)
    asked = [
        replace(each, documents=tuple(f"{_SQUAD}/{name}" for name in each.documents))
        for each in questions
    ]
    (place / _QUESTIONS).write_text(
        json.dumps([[each.id, each.question, each.answers, each.documents] for each in asked]),
        encoding="utf-8",
    )
    chosen = list(islice(articles(text), count))
    names = Names(whole for _, whole in chosen)
    for name, whole in chosen:
        for copy in range(copies):
            path = place / "many" / f"copy-{copy:02}" / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(names.exchanged(whole, copy), encoding="utf-8")
    return {"articles": len(chosen), "characters": sum(len(whole) for _, whole in chosen)}


def encode(place: Path, sample: int) -> dict[str, Any]:
    """Encode SQuAD's passages and those of other articles, drawn at random."""
    from qa.networks.encoder import SentenceEncoder

    many, encoder = place / "many", SentenceEncoder()
    others = sorted((many / "copy-00").rglob("*.txt"))
    random.Random(2).shuffle(others)
    mine = list(texts_of(sorted((many / _SQUAD).glob("*.txt")), many, encoder))
    foreign: list[str] = []
    for path in others:
        # Some of each article, so that there are many subjects.
        texts = list(texts_of([path], many, encoder))
        foreign += random.Random(path.name).sample(texts, min(len(texts), 8))
        if len(foreign) >= sample:
            break
    foreign = foreign[:sample]
    encode_some(place / "vectors", mine, foreign, encoder, lambda done: print(done, flush=True))
    return {"own": len(mine), "foreign": len(foreign)}


def build_index(place: Path, name: str) -> dict[str, Any]:
    """Build one of the indexes from nothing."""
    from qa.builder import build

    encoder = DrawnEncoder(place / "vectors")
    bare, stages = status_kib("VmRSS"), dict[str, list[float]]()

    def progress(stage: str, done: int, total: int) -> None:
        stages.setdefault(stage, [time.perf_counter(), 0, 0, 0])[1:] = [
            time.perf_counter(),
            time.process_time(),
            status_kib("VmHWM") // 1024,
        ]
        if stage == "writing passages" or done % 1_000 < 256 or done == total:
            print(stage, done, total, status_kib("VmRSS") // 1024, flush=True)

    began = time.perf_counter()
    report = build(
        place / name,
        place / f"{name}-index",
        encoder=encoder,
        workers=CopyWorkers(encoder),
        progress=progress,
    )
    return {
        "documents": report.documents,
        "passages": report.passages,
        "real_vectors": encoder.real,
        "drawn_vectors": encoder.drawn,
        "build_s": round(time.perf_counter() - began, 1),
        "build_cpu_s": round(time.process_time(), 1),
        "bare_mib": bare // 1024,
        "peak_mib": status_kib("VmHWM") // 1024,
        "until": {
            stage: {"s": round(end - first, 1), "cpu_s": round(cpu, 1), "peak_mib": peak}
            for stage, (first, end, cpu, peak) in stages.items()
        },
    }


def add(place: Path, name: str) -> dict[str, Any]:
    """Add a document, and remove it: by the shipped encoder, in a warm process."""
    from qa.builder import build
    from qa.networks.encoder import SentenceEncoder

    encoder = SentenceEncoder()
    encoder.encode(["warm up"])
    new = place / name / _NEW
    words = next(iter(sorted((place / name / _SQUAD).glob("*.txt")))).read_text("utf-8").split()
    results = {}
    for what in ("unchanged", "add", "remove"):
        new.unlink(missing_ok=True)
        if what == "add":
            new.write_text(f"A new one\n\n{' '.join(words[:_NEW_WORDS][::-1])}\n", encoding="utf-8")
        began, used = time.perf_counter(), time.process_time()
        report = build(place / name, place / f"{name}-index", encoder=encoder)
        results[what] = {
            "encoded": report.encoded,
            "passages": report.passages,
            "s": round(time.perf_counter() - began, 2),
            "cpu_s": round(time.process_time() - used, 2),
        }
    return {**results, "peak_mib": status_kib("VmHWM") // 1024}


def ask(place: Path, questions: int) -> dict[str, Any]:
    """Ask questions of both indexes in turns; compare times, and what is right."""
    from qa.evaluation.corpus import ask_corpus
    from qa.evaluation.golden import GoldenQuestion
    from qa.evaluation.scores import answer_scores
    from qa.pipeline import QA

    stored = json.loads((place / _QUESTIONS).read_text("utf-8"))[:questions]
    asked = [GoldenQuestion(i, q, tuple(a), tuple(d)) for i, q, a, d in stored]
    opened: dict[str, QA] = {}
    results: dict[str, Any] = {"questions": len(asked)}
    for name in ("few", "many"):
        before, began, used = status_kib("VmRSS"), time.perf_counter(), time.process_time()
        opened[name] = QA.open(place / f"{name}-index")
        opened[name].ask("Is it warm?")
        results[name] = {
            "passages": opened[name].manifest.passages,
            "open_s": round(time.perf_counter() - began, 2),
            "open_cpu_s": round(time.process_time() - used, 2),
            "opened_above_mib": (status_kib("VmRSS") - before) // 1024,
        }
    outcomes: dict[str, list[Any]] = {name: [] for name in opened}
    seconds: dict[str, list[float]] = {name: [] for name in opened}
    for number, question in enumerate(asked):
        for name in sorted(opened, reverse=bool(number % 2)):
            used = time.process_time()
            outcomes[name] += ask_corpus([question], opened[name])
            seconds[name].append(time.process_time() - used)
        if number % 10 == 9:
            print(number + 1, *(round(median(each), 3) for each in seconds.values()), flush=True)
    for name, qa in opened.items():
        scores = answer_scores(outcomes[name])
        wall = [each.timings_ms for each in outcomes[name]]
        results[name] |= {
            "question_cpu_ms_p50": round(1000 * median(seconds[name]), 1),
            "question_cpu_ms_mean": round(1000 * mean(seconds[name]), 1),
            **{f"{part}_wall_ms_p50": round(median(w[part] for w in wall), 1) for part in wall[0]},
            **{part: scores[part] for part in ("em", "f1", "best_em", "best_f1")},
            "threshold": qa.threshold,
        }
    few, many = results["few"], results["many"]
    return {
        **results,
        "resident_mib": status_kib("VmRSS") // 1024,
        "of_it_files_mib": status_kib("RssFile") // 1024,
        "ratio_cpu_p50": round(many["question_cpu_ms_p50"] / few["question_cpu_ms_p50"], 2),
        "ratio_cpu_mean": round(many["question_cpu_ms_mean"] / few["question_cpu_ms_mean"], 2),
        "em_lost": round(few["best_em"] - many["best_em"], 2),
    }


_JOBS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "encode": encode,
    "few": lambda place, _: build_index(place, "few"),
    "many": lambda place, _: build_index(place, "many"),
    "add": lambda place, _: add(place, "many"),
    "ask": ask,
}


def _run(job: str, place: Path, number: int) -> dict[str, Any]:
    """Run a job in a process of its own; its progress goes to stderr."""
    command = [sys.executable, "-m", "benchmarks.million", str(place), "-", "--job", job]
    process = subprocess.Popen(
        [*command, "--number", str(number)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = ""
    for line in process.stdout:
        print(line, end="", file=sys.stderr, flush=True)
    if process.wait():
        raise SystemExit(f"{job} failed in {place}")
    result: dict[str, Any] = json.loads(line)
    return result


def main() -> None:
    """Measure what was asked for, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.million", description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folder", type=Path, help="where everything is made and kept")
    parser.add_argument("--articles", type=int, default=2_000, help="default: %(default)s")
    parser.add_argument("--copies", type=int, default=10, help="of each article, with itself")
    parser.add_argument("--encoded", type=int, default=1_500, help="foreign passages to encode")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--job", choices=_JOBS, help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        print(json.dumps(_JOBS[options.job](options.text, options.number)), flush=True)
        return
    if options.folder is None:
        parser.error("name a folder for what is made: --folder DIR")
    place: Path = options.folder
    place.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {"load": os.getloadavg()}
    results["written"] = write_documents(
        options.text, options.data, place, options.articles, options.copies
    )
    results["encoded"] = _run("encode", place, options.encoded)
    for name in ("few", "many"):
        if not (place / f"{name}-index" / "CURRENT").exists():
            results[f"build {name}"] = _run(name, place, 0)
    for job in ("add", "ask"):
        results[job] = _run(job, place, options.questions)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
