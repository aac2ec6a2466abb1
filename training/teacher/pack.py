"""A checkpoint as files that travel: ``python -m training.teacher.pack START CHECKPOINT FOLDER``.

The folder has float16 weights in parts of fewer than 60 MB. Every command that takes a folder of
weights takes it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from training.command import run
from training.teacher.checkpoint import add_weights_option, use_checkpoint
from training.teacher.network import load_teacher
from training.teacher.weights import write_parts


def pack(start: Path, checkpoint: Path, folder: Path, *, weights: str) -> list[Path]:
    """Write the weights of a checkpoint in parts, and return their paths.

    ``start`` is the folder of weights that the run began from: it has those that were frozen.
    """
    teacher = load_teacher(start)
    saved = use_checkpoint(teacher, checkpoint, weights)
    made_of = {"weights": weights, "place": saved["place"], "recipe": saved["recipe"]}
    return write_parts(teacher.network.state_dict(), start, folder, made_of)


def main() -> None:
    """Write the weights of a checkpoint in parts."""
    parser = argparse.ArgumentParser(
        prog="python -m training.teacher.pack", description=main.__doc__
    )
    parser.add_argument("start", type=Path, help="folder of weights that the run began from")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    add_weights_option(parser)
    options = parser.parse_args()
    for path in pack(options.start, options.checkpoint, options.folder, weights=options.weights):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
