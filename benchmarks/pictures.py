"""Pictures of a run of ``benchmarks.accuracy``: ``python -m benchmarks.pictures RESULT.json``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.saved import RESULTS
from benchmarks.table import PICTURES
from qa.evaluation.confidence import Bin
from qa.evaluation.plots import reliability_plot, risk_plot

# A picture takes its colours from the page that embeds it; shown alone it has its own, light and
# dark.
COLOURS = """<style>
svg { --ink: #17211f; --soft: #55625f; --line: #d3dbd8; --accent: #0c5c50; --marker-edge: #7f5800 }
@media (prefers-color-scheme: dark) {
svg { --ink: #e6ece9; --soft: #a3b1ad; --line: #33403d; --accent: #79d0bd; --marker-edge: #f0cd57 }
}
</style>
"""


def pictures(held_out: dict[str, Any]) -> dict[str, str]:
    """Return the SVG of each picture by its file's name; equal figures give equal bytes."""
    bins = [Bin(**each) for each in held_out["reliability"]]
    curve, diagram = PICTURES
    drawn = {
        curve: risk_plot(np.array(held_out["coverage"]), np.array(held_out["risk"])),
        diagram: reliability_plot(bins),
    }
    return {name: svg.replace("<defs>", f"{COLOURS}<defs>", 1) for name, svg in drawn.items()}


def main(arguments: list[str] | None = None) -> None:
    """Draw the risk–coverage curve and the reliability diagram of held-out questions."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=main.__doc__)
    parser.add_argument("result", type=Path, help="a file saved by benchmarks.accuracy")
    parser.add_argument("--to", type=Path, default=RESULTS, help="folder of the pictures")
    options = parser.parse_args(arguments)
    results = json.loads(options.result.read_text("utf-8"))
    if "held_out" not in results:
        raise SystemExit(f"{options.result} has no curves: run `python -m benchmarks.accuracy`")
    for name, svg in pictures(results["held_out"]).items():
        (options.to / name).write_text(svg, encoding="utf-8")
        print(options.to / name)


if __name__ == "__main__":
    main()
