"""The memory of a server over rebuilds: python -m benchmarks.growth [REBUILDS].

``qa serve`` runs over a copy of ``seeds/``; before each build one file is written anew. Questions
are asked of each index, and the resident memory is noted then.
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


def main(rebuilds: int = 20) -> None:
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


def ask(running: Served, questions: tuple[str, ...]) -> None:
    """Ask questions; raises HTTPStatusError where one is not answered."""
    for question in questions:
        sent = {"question": question}
        httpx.post(f"{running.url}/api/ask", json=sent, timeout=600).raise_for_status()


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
