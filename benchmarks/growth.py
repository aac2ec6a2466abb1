"""The memory of a server over rebuilds: python -m benchmarks.growth [REBUILDS] [QUESTIONS].

``qa serve`` runs over a copy of ``seeds/``; before each build one file is written anew. Questions
are asked of each index, and the resident memory is noted then. Afterwards many different questions
are asked of the last index, by turns of programs and on a page, and it is noted ten times.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.saved import commit, machine, save
from benchmarks.served import QUESTIONS, Served, served
from qa.pipeline import QA


def main(rebuilds: int = 20, questions: int = 1_000) -> None:
    """Print the measurements and save them."""
    with tempfile.TemporaryDirectory() as place:
        folder, index = Path(place) / "seeds", Path(place) / "index"
        shutil.copytree("seeds", folder)
        QA.build(folder, index)
        with served(folder, index) as running:
            results = {
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "commit": commit(),
                "machine": machine(),
                **growth(running, folder, rebuilds),
                **soak(running, questions),
            }
    save("growth", results)


def growth(running: Served, folder: Path, rebuilds: int) -> dict[str, Any]:
    """Return the resident memory before, and after each rebuild, in MiB."""
    ask(running, QUESTIONS)
    resident = [running.mib()]
    for number in range(1, rebuilds + 1):
        text = f"The plan\n\nVersion {number} of the plan was written by Ada Blum.\n"
        (folder / "plan.txt").write_text(text, encoding="utf-8")
        took_s = running.rebuild()
        ask(running, (f"Who wrote version {number} of the plan?", *QUESTIONS))
        resident.append(running.mib())
        print(f"rebuild {number}: {took_s:.1f} s, {resident[-1]} MiB", flush=True)
    return {"rebuilds": rebuilds, "resident_mib": resident, "peak_mib": running.mib("VmHWM")}


def soak(running: Served, questions: int, times: int = 10) -> dict[str, Any]:
    """Return the resident memory before, and after each tenth of many questions, in MiB."""
    resident = [running.mib()]
    for number in range(questions):
        question = f"{number}. {QUESTIONS[number % len(QUESTIONS)]}"
        (on_page if number % 2 else ask)(running, (question,))
        if (number + 1) % max(questions // times, 1) == 0:
            resident.append(running.mib())
            print(f"{number + 1} questions: {resident[-1]} MiB", flush=True)
    return {"questions": questions, "resident_mib_over_questions": resident}


def on_page(running: Served, questions: tuple[str, ...]) -> None:
    """Ask questions through the queue of the page, and wait for the answers."""
    call = f"{running.url}/gradio_api/call/ask"
    for question in questions:
        sent = httpx.post(call, json={"data": [question, 10, 3, None]}, timeout=600)
        event = sent.raise_for_status().json()["event_id"]
        httpx.get(f"{call}/{event}", timeout=600).raise_for_status()


def ask(running: Served, questions: tuple[str, ...]) -> None:
    """Ask questions; raises HTTPStatusError where one is not answered."""
    for question in questions:
        sent = {"question": question}
        httpx.post(f"{running.url}/api/ask", json=sent, timeout=600).raise_for_status()


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
