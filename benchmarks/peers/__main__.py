"""Ask every system the same questions in turns: ``python -m benchmarks.peers [QA_DATA]``."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.peers.child import PEERS_PYTHON, Child
from benchmarks.peers.scores import Reply, abstention, score, time_ratio
from benchmarks.saved import commit, machine, save
from benchmarks.squad import pooled_questions
from qa.evaluation.corpus import relevant_passages
from qa.evaluation.golden import GoldenQuestion, read_golden
from qa.index import open_index
from qa.types import Hit, Passage
from training.restore import restore, restore_encoder

SYSTEMS = ("verbatim", "haystack", "txtai", "llamaindex", "bm25", "dense")
BLOCK = 10
GOLDEN = Path("tests/golden/seeds.jsonl")


def main() -> None:
    """Measure every system over ``seeds/`` and over pooled SQuAD; write the results by commit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=main.__doc__)
    parser.add_argument("data", nargs="?", type=Path, help="folder with test/squad-v*.jsonl.gz")
    parser.add_argument("--sample", type=int, default=300, help="questions of each corpus")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS)
    parser.add_argument("--python", type=Path, default=PEERS_PYTHON, help="the peers' Python")
    options = parser.parse_args()
    if not options.python.exists():
        raise SystemExit(f"there is no {options.python}: run `make bench-peers` instead")
    systems = list(dict.fromkeys(["verbatim", *options.systems]))
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        _write_reader(place / "reader")
        restore_encoder(place / "encoder")
        corpora = {}
        if options.data:
            there, others = pooled_questions(options.data, place / "pooled")
            absent = [question for question in others if not question.answers]
            corpora["pooled"] = _sample(there + absent, options.sample)
        shutil.copytree("seeds", place / "seeds")
        corpora["seeds"] = _sample(read_golden(GOLDEN), options.sample)
        results = {
            "commit": commit(),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "block": BLOCK,
        } | {
            name: compare(questions, systems, place, documents=name, python=options.python)
            for name, questions in corpora.items()
        }
    path = save("peers", results)
    print(f"saved as {path}; `python -m benchmarks.table` writes it into the README")


def compare(
    questions: Sequence[GoldenQuestion],
    systems: Sequence[str],
    place: Path,
    *,
    documents: str,
    python: Path,
) -> dict[str, Any]:
    """Build every system's index of a folder, then ask blocks of questions in turn."""
    folder = place / f"{documents}-indexes"
    folder.mkdir()
    children = [Child(name, python=python, log=folder / f"{name}.log") for name in systems]
    try:
        built: dict[str, dict[str, Any]] = {}
        passages: dict[str, Passage] = {}
        for child in children:  # one after the other, Verbatim first
            _report(f"{documents}: {child.name} builds its index")
            built[child.name] = child.request(
                build={
                    "place": str(folder),
                    "documents": str(place / documents),
                    "encoder": str(place / "encoder"),
                    "reader": str(place / "reader"),
                    "index": child.name,
                }
            )
            if child.name == "verbatim":
                passages = _write_passages(folder / child.name, folder / "passages.jsonl")
        replies = ask_in_turns(questions, children, passages, label=documents)
        peaks = {child.name: child.request(end=True)["peak_mib"] for child in children}
    finally:
        for child in children:
            child.end()
    ours, threshold = replies["verbatim"], built["verbatim"]["threshold"]
    rows = {}
    for name in systems:
        reads = built[name]["reads"]
        rows[name] = {
            **{key: value for key, value in built[name].items() if key != "threshold"},
            **score(replies[name], reads=reads),
            **(abstention(replies[name], ours, threshold=threshold) if reads else {}),
            "time_over_verbatim": time_ratio(replies[name], ours),
            "peak_mib": peaks[name],
        }
    return {
        "questions": len(questions),
        "unanswerable": sum(not question.answers for question in questions),
        "documents": len({passage.document_id for passage in passages.values()}),
        "passages": len(passages),
        "systems": rows,
    }


def ask_in_turns(
    questions: Sequence[GoldenQuestion],
    children: Sequence[Child],
    passages: dict[str, Passage],
    *,
    label: str,
) -> dict[str, list[Reply]]:
    """Put each block of questions to one system after the other, another one first each time."""
    replies: dict[str, list[Reply]] = {child.name: [] for child in children}
    for child in children:  # warm up: what is loaded at the first question is no part of it
        child.request(ask=questions[-1].question)
    for turn, first in enumerate(range(0, len(questions), BLOCK)):
        block = questions[first : first + BLOCK]
        _report(f"{label}: questions {first + 1} to {first + len(block)} of {len(questions)}")
        for position in range(len(children)):
            child = children[(position + turn) % len(children)]
            for question in block:
                given = child.request(ask=question.question)
                hits = [Hit(passages[each], 0.0, 0.0, None, None) for each in given.pop("passages")]
                replies[child.name].append(
                    Reply(
                        accepted=question.answers,
                        relevant=relevant_passages(hits, question),
                        turn=turn,
                        **given,
                    )
                )
    return replies


def _sample(questions: list[GoldenQuestion], size: int) -> list[GoldenQuestion]:
    """Return a fixed sample, a third of it unanswerable where there are so many."""
    absent = [question for question in questions if not question.answers]
    there = [question for question in questions if question.answers]
    chosen = random.Random(1)
    few = min(len(absent), size // 3)
    sample = chosen.sample(absent, few) + chosen.sample(there, min(len(there), size - few))
    chosen.shuffle(sample)
    return sample


def _write_passages(index: Path, path: Path) -> dict[str, Passage]:
    """Write the passages of our index for all the others, and return them by id."""
    stored = open_index(index)
    passages = {f"{p.document_id}:{p.start}-{p.end}": p for p in stored.all_passages()}
    stored.close()
    rows = (
        {"id": each, "heading": passage.heading, "text": passage.text}
        for each, passage in passages.items()
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return passages


def _write_reader(folder: Path) -> None:
    """Write the shipped reader as a checkpoint that says how much it can read, as others do."""
    from transformers import AutoTokenizer

    restore(folder)
    AutoTokenizer.from_pretrained(folder, model_max_length=512).save_pretrained(folder)


def _report(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
