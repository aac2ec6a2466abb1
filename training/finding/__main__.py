"""Train the encoder further on natural and labelled questions: ``python -m training.finding``."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from qa.networks.threads import cores
from training.command import at_least_one, run
from training.finding.batch import labelled_sets
from training.finding.pool import everyday_pools, natural_pools
from training.finding.train import train_finder
from training.loop import Schedule
from training.restore import restore_encoder
from training.teacher.natural import FIT


def main() -> None:
    """Train the encoder in qa/models further; ``python -m training.export`` is for the result."""
    parser = argparse.ArgumentParser(prog="python -m training.finding", description=main.__doc__)
    parser.add_argument("data", type=Path, help="folder of *.jsonl.gz training sets")
    parser.add_argument("natural", type=Path, help="folder of the corpora of natural questions")
    parser.add_argument("output", type=Path)
    parser.add_argument("--start", type=Path, help="a checkpoint; default: the shipped encoder")
    parser.add_argument("--leave-out", nargs="*", default=["town", "office"], metavar="CORPUS")
    parser.add_argument("--steps", type=at_least_one, default=108)
    parser.add_argument("--learning-rate", type=float, default=6e-5)
    options = parser.parse_args()
    torch.set_num_threads(cores())
    start = options.start
    if start is None:
        start = options.output / "start"
        restore_encoder(start)
    pools = natural_pools(options.natural, leave_out=options.leave_out, corpora=FIT)
    trained = train_finder(
        [*pools, *everyday_pools()],
        labelled_sets(options.data),
        Schedule(
            options.steps, learning_rate=options.learning_rate, tokens_per_batch=0, cooldown=1
        ),
        options.output / "encoder",
        start=start,
    )
    print(f"{trained}: `training.export.export_encoder` makes it int8; indexes are built again")


if __name__ == "__main__":
    run(main)
