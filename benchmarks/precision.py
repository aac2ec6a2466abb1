"""The accuracy that int8 costs the reader: ``python -m benchmarks.precision CHECKPOINT FILE``.

Both files are exported from one checkpoint in float32; the one is asked after the other.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import mean, median

from qa.evaluation.chance import mean_interval
from qa.evaluation.reader import ask_reader
from qa.networks.reader import OnnxReader
from training.export import export_reader


def main() -> None:
    """Print EM and F1 of both, the difference with its 95 % interval, and the time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="of the reader, in float32")
    parser.add_argument("file", type=Path, help="labelled paragraphs, *.jsonl.gz")
    parser.add_argument("--limit", type=int, help="of the file's questions")
    options = parser.parse_args()
    outcomes = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name, int8 in (("float32", False), ("int8", True)):
            models = Path(temporary, name)
            export_reader(options.checkpoint, models, int8=int8)
            outcomes[name] = ask_reader(options.file, OnnxReader(models), limit=options.limit)
    for name, asked in outcomes.items():
        em, f1 = (100 * mean(getattr(each, score) for each in asked) for score in ("em", "f1"))
        milliseconds = median(each.timings_ms["read"] for each in asked)
        print(f"{name:8} EM {em:5.2f}  F1 {f1:5.2f}  {milliseconds:6.1f} ms")
    pairs = zip(outcomes["int8"], outcomes["float32"], strict=True)
    lost = [100 * (before.f1 - after.f1) for after, before in pairs]
    edges = mean_interval(lost)
    interval = f" ({edges[0]:.2f} to {edges[1]:.2f})" if edges else ""
    print(f"{len(lost):,} questions: int8 loses {mean(lost):.2f} F1{interval}")


if __name__ == "__main__":
    main()
