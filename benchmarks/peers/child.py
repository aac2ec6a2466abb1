"""The processes of the systems, as the process that asks them sees them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from qa.offline import SWITCHES

ROOT = Path(__file__).parents[2]
WORKER = "benchmarks.peers.worker"
# Relative to the working directory, like the project's own environment.
PEERS_PYTHON = Path(".venv-peers/bin/python")
SILENT = {**SWITCHES, "HAYSTACK_TELEMETRY_ENABLED": "False", "TOKENIZERS_PARALLELISM": "false"}


class Child:
    """A system in a process of its own; what it prints goes to ``log``."""

    def __init__(self, name: str, *, python: Path, log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable if name == "verbatim" else python, "-m", WORKER, name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                env={**os.environ, **SILENT, "PYTHONPATH": str(ROOT)},
                text=True,
                encoding="utf-8",
            )

    def request(self, **request: Any) -> dict[str, Any]:
        """Send a request and return its answer; exit where the system has died."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.end()
            lines = self._log.read_text("utf-8", errors="replace").strip().splitlines()[-15:]
            raise SystemExit("\n".join([*lines, f"{self.name} died; see above"]))
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
