"""Run every benchmark side by side and save the figures by commit."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import building, question, startup
from qa.builder import build
from qa.encoder import SentenceEncoder
from qa.threads import cores

RESULTS = Path(__file__).parent / "results"


def commit() -> str:
    """Return the short hash of the commit, marked where the tree differs from it."""
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def main() -> None:
    """Measure on ``seeds/`` and write ``benchmarks/results/COMMIT.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--checkpoint", type=Path, help="the reader's float32 checkpoint")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as index:
        build(Path("seeds"), Path(index), encoder=SentenceEncoder())
        results = {
            "commit": commit(),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"cores": cores(), "arch": platform.machine(), "os": platform.system()},
            "python": platform.python_version(),
            "startup": startup.measure(index),
            "question": question.measure(index, checkpoint=options.checkpoint),
            "building": building.measure("seeds"),
        }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"speed-{results['commit']}.json"
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(path.read_text(encoding="utf-8"))
    print(f"saved as {path}")


if __name__ == "__main__":
    main()
