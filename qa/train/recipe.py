"""The shipped reader, from text and labelled questions: ``python -m qa.train.recipe DATA TEXT``.

The encoder's network reads plain text; three readers are trained from what becomes of it,
with other seeds; two students are trained to match all three, one from their mean and one
from where they began; the mean of the students is the reader. A training that is done is not
done again, one that was cut off goes on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from qa.weights import MODELS

# Seed and highest learning rate of each of the readers that are then matched.
READERS = ((1, 3e-4), (2, 2e-4), (3, 4e-4))
DATA_SEED = 11
_SCHEDULE = "--tokens-per-batch 16384 --cooldown 0.95 --averaging 300 --frozen".split()
_TEXT_STEPS, _STEPS, _STUDENT_STEPS = 4400, 5700, 3600


@dataclass(frozen=True, slots=True)
class Stage:
    """A module of ``qa.train``, what it is given, and the checkpoint that it leaves."""

    module: str
    given: tuple[str, ...]
    checkpoint: Path

    @property
    def done(self) -> bool:
        """Whether a training's checkpoint is there; a mean is the work of seconds."""
        return self.module != "qa.train.average" and (self.checkpoint / "tokenizer.json").is_file()


def stages(data: Path, text: Path, output: Path, models: Path, machine: list[str]) -> list[Stage]:
    """Return the stages in their order; ``machine`` are the options of every training."""

    def training(name: str, start: Path, steps: int, rate: float, *more: object) -> Stage:
        folder = output / name
        given: list[object] = [
            data,
            "--start",
            start,
            "--output",
            folder,
            "--models",
            folder / "models",
        ]
        given += ["--data-seed", DATA_SEED, "--negatives-file", output / "negatives.npy"]
        given += ["--steps", steps, "--learning-rate", rate, *_SCHEDULE, *more, *machine]
        return _stage("qa.train", given, folder / "checkpoint")

    read = output / "text" / "checkpoint"
    mean, reader = output / "mean", output / "reader"
    made = [training(f"seed{seed}", read, _STEPS, rate, "--seed", seed) for seed, rate in READERS]
    teachers = [stage.checkpoint for stage in made]
    match = ["--teachers", *teachers, "--teach-null", "--distillation", 0.6]
    students = [
        training("student1", mean, _STUDENT_STEPS, 3e-4, "--seed", 21, *match),
        training("student2", read, _STUDENT_STEPS, 4e-4, "--seed", 22, *match),
    ]
    pair = [student.checkpoint for student in students]
    pretraining = [text, "--output", read.parent, "--steps", _TEXT_STEPS, *machine]
    return [
        _stage("qa.train.pretrain", pretraining, read),
        *made,
        _stage("qa.train.average", [mean, *teachers], mean),
        *students,
        _stage("qa.train.average", [reader, *pair, "--models", models], reader),
    ]


def _stage(module: str, given: Sequence[object], checkpoint: Path) -> Stage:
    return Stage(module, tuple(str(each) for each in given), checkpoint)


def run(all_stages: list[Stage]) -> Iterator[str]:
    """Do what is not done, and say of each stage what became of it."""
    for number, stage in enumerate(all_stages, start=1):
        place = f"{number} of {len(all_stages)}: {stage.checkpoint}"
        if stage.done:
            yield f"{place} is there"
            continue
        yield f"{place}: python -m {stage.module} {' '.join(stage.given)}"
        subprocess.run([sys.executable, "-m", stage.module, *stage.given], check=True)


def main() -> None:
    """Train a reader as the shipped one was: minutes on a GPU, days without."""
    parser = argparse.ArgumentParser(prog="python -m qa.train.recipe", description=main.__doc__)
    parser.add_argument("data", type=Path, help="folder of *.jsonl.gz training sets")
    parser.add_argument("text", type=Path, help='gzip lines of {"paragraphs": [text, ...]}')
    parser.add_argument("--output", type=Path, default=Path("build/recipe"))
    parser.add_argument("--models", type=Path, default=MODELS, help="where the int8 file goes")
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches ahead")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    machine = ["--device", options.device, "--workers", str(options.workers)]
    try:
        for said in run(
            stages(options.data, options.text, options.output, options.models, machine)
        ):
            print(said, flush=True)
    except subprocess.CalledProcessError as error:
        sys.exit(f"cut off ({error}): the same command goes on from here")
    print("the probability belongs to the weights: run `python -m qa.train.calibrate FILE` next")


if __name__ == "__main__":
    main()
