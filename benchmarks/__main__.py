"""Run every benchmark side by side and save the figures by commit."""

from __future__ import annotations

import argparse
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import building, question, startup
from benchmarks.saved import commit, machine, save
from qa.builder import build
from qa.networks.encoder import SentenceEncoder


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
            "machine": machine(),
            "python": platform.python_version(),
            "startup": startup.measure(index),
            "question": question.measure(index, checkpoint=options.checkpoint),
            "building": building.measure("seeds"),
        }
    print(f"saved as {save('speed', results)}")


if __name__ == "__main__":
    main()
