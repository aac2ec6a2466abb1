"""Kill a build at every system call that changes the disk, and fail each: is anything lost?

``python -m benchmarks.crash`` tries every point; the tests try a sample.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from benchmarks.faults import KINDS, Fault, Kind, run
from benchmarks.hashing import HashEncoder
from qa.builder import build
from qa.errors import IndexNotFound
from qa.index import generation, open_index, shards, verify
from qa.loaders import load
from qa.retrieval.hybrid import HybridSearch

QUESTIONS = ("Who received the clock?", "mill", "tower 1999", "How long did it rain?")
BEFORE = {
    "abbey.md": "# The abbey\n\nMonks built it.\n\n## Bells\n\nIt has two.\n\n"
    "## Roof\n\nIt is of slate.\n\n## Garden\n\nIt is walled.\n",
    "clock.txt": "The mayor of Hamburg received a clock. It was carved in 1894.\n",
    "mill.md": "# The mill\n\nZbigniew ran the mill.\n\n## Later\n\nIt burned down.\n",
    "deep/rain.txt": "It rained for three days. The river rose by 2 m.\n",
    "old.txt": "This file goes. Nobody misses it.\n",
}
AFTER = {
    "abbey.md": BEFORE["abbey.md"],
    "clock.txt": "The mayor of Bamberg received a clock. It was carved in 1894.\n",
    "renamed.md": BEFORE["mill.md"],
    "deep/rain.txt": BEFORE["deep/rain.txt"],
    "deep/again.txt": BEFORE["deep/rain.txt"],
    "ada.txt": "Ada Blum bought the tower in 1999.\n",
}
SCENARIOS = ("first build", "changed folder", "over one half written", "over one never made live")
# So small that the abbey has a shard of its own, kept while others are written.
SHARD_PASSAGES = 4
# In memory if possible: only the order of the calls matters.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Laboratory:
    """A folder, an index before a build and what it answers before and after."""

    def __init__(self, place: Path, scenario: str) -> None:
        self.scenario = scenario
        self.folder, self.index = place / "documents", place / "index"
        self._start = place / "start"
        self._start.mkdir()
        if scenario != "first build":
            _fill(self.folder, BEFORE)
            self.build()
            self._save()
        _fill(self.folder, AFTER)
        if scenario.startswith("over"):
            if "live" in scenario:
                assert run(self._build_for_nothing, self.index, None).code == -signal.SIGKILL
            else:
                half = len(self.calls()) // 2
                self._restore()
                run(self.build, self.index, Fault("kill", half))
            self._save()
        self._restore()
        self.before = state(self.index)
        self.build()
        self.after = state(self.index)

    def build(self) -> None:
        """Bring the index up to date."""
        with patch.object(shards, "PASSAGES", SHARD_PASSAGES):
            build(self.folder, self.index, encoder=HashEncoder(), load=load)

    def _build_for_nothing(self) -> None:
        """Die with everything written and the pointer not yet swapped."""
        generation._point_to = lambda _: os.kill(os.getpid(), signal.SIGKILL)
        self.build()

    def calls(self) -> tuple[str, ...]:
        """Return the calls at which a fault can be injected into a build."""
        self._restore()
        outcome = run(self.build, self.index, None)
        assert outcome.code == 0, "the build fails without a fault"
        return outcome.calls

    def strike(self, fault: Fault) -> bool | str:
        """Build with a fault; return whether it occurred, or a description of what was lost."""
        self._restore()
        outcome = run(self.build, self.index, fault)
        allowed = {-9} if "kill" in fault.kind or "power" in fault.kind else {0, 1}
        if outcome.struck and outcome.code not in allowed:
            return f"the build ended with code {outcome.code}"
        reader, writer = os.pipe()
        child = os.fork()  # so that no file, thread or lock of a check outlives it
        if child == 0:
            os.write(writer, self._judge().encode())
            os._exit(0)
        os.close(writer)
        with open(reader, encoding="utf-8") as pipe:  # noqa: PTH123
            verdict = pipe.read()
        os.waitpid(child, 0)
        return outcome.struck if verdict == "fine" else verdict or "the check itself died"

    def _judge(self) -> str:
        """Return "fine", or the promise that is broken."""
        try:
            if state(self.index) not in (self.before, self.after):
                return "a mixture"
            self.build()
            if state(self.index) != self.after:
                return "the next build does not repair it"
            if self.index.exists():
                verify(self.index)
            left = sorted(path.name for path in self.index.iterdir())
            if len(left) != 3 or not left[2].startswith("g-"):
                return f"left over: {left}"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return "fine"

    def _save(self) -> None:
        shutil.rmtree(self._start)
        shutil.copytree(self.index, self._start)

    def _restore(self) -> None:
        shutil.rmtree(self.index, ignore_errors=True)
        shutil.copytree(self._start, self.index)


def state(index_dir: Path) -> object:
    """Return the answers of an index; None if there is no index yet."""
    try:
        index = open_index(index_dir)
    except IndexNotFound:
        return None
    try:
        retriever = HybridSearch(index, HashEncoder())
        hits = [retriever.search(question, 20) for question in QUESTIONS]
        documents = [index.document(file.path) for file in index.manifest.documents]
        return hits, documents, index.vectors.reconstruct(range(len(index.vectors))).tobytes()
    finally:
        index.close()


def faults(calls: int, kinds: tuple[Kind, ...], every: int) -> Iterator[Fault]:
    """Yield each kind of fault at every n-th call, each kind at different calls."""
    for offset, kind in enumerate(kinds):
        for at in range(1 + offset % every, calls + 1, every):
            yield Fault(kind, at)


def _fill(folder: Path, texts: dict[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main() -> int:
    """Try every point of every scenario; print the counts and every loss."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crash", description=main.__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth call")
    options = parser.parse_args()
    began = time.monotonic()
    tried: Counter[str] = Counter()
    lost = []
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory(dir=MEMORY) as place:
            laboratory = Laboratory(Path(place), scenario)
            for fault in faults(len(laboratory.calls()), KINDS, options.every):
                verdict = laboratory.strike(fault)
                if isinstance(verdict, str):
                    lost.append(f"{scenario}, {fault.kind} at call {fault.at}: {verdict}")
                    print(lost[-1], file=sys.stderr, flush=True)
                tried[f"{scenario}, {fault.kind}"] += bool(verdict)
    for what, count in tried.items():
        print(f"{count:6,}  {what}")
    seconds = time.monotonic() - began
    print(f"{tried.total():6,}  points in all, {len(lost):,} lost, {seconds:,.0f} s")
    return bool(lost)


if __name__ == "__main__":
    sys.exit(main())
