"""The shipped models, from text and labelled questions: ``python -m training.recipe DATA TEXT``.

The encoder is trained on the questions. For the reader, hard negatives are chosen once for all.
The encoder's network, as it was before that, reads plain text; three readers
are trained from what becomes of it, with other seeds; two students are trained to match all
three, one from their mean and one from where they began; the mean of the students is the
reader. Where there is a reader of another origin, one more training learns from it whether
there is an answer. A training that is done is not done again, one that was cut off goes on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from qa.errors import ModelCorrupt
from qa.networks.weights import MODELS
from training.commands import add_machine_options, at_least_one, in_one_line, swap_in
from training.examples import MIX

# Seed and highest learning rate of each of the readers that are then matched.
READERS = ((1, 3e-4), (2, 2e-4), (3, 4e-4))
DATA_SEED = 11
_QUICK = frozenset({"training.average", "training.encoder"})
_NEGATIVES = 0.25
_SCHEDULE = "--tokens-per-batch 16384 --cooldown 0.95 --averaging 300 --frozen".split()


@dataclass(frozen=True, slots=True)
class Steps:
    """How long each is trained: the encoder; on text, a reader, a student, on "no answer"."""

    encoder: int = 288
    text: int = 4400
    reader: int = 5700
    student: int = 3600
    whether: int = 1600


@dataclass(frozen=True, slots=True)
class Stage:
    """A module of ``training``, what it is given, and the file or checkpoint that it leaves.

    ``machine`` are the options that change nothing but where and how quickly it runs.
    """

    module: str
    given: tuple[str, ...]
    checkpoint: Path
    machine: tuple[str, ...] = ()

    @property
    def mark(self) -> Path:
        """The file that says with what a training was done."""
        return self.checkpoint.parent / "done.json"

    def is_done(self) -> bool:
        """Tell whether a training is done; the work of seconds is always done again.

        Raises :class:`~qa.errors.ModelCorrupt` where it was done with something else.
        """
        there = self.mark.is_file() and self.checkpoint.exists()
        if self.module in _QUICK or not there:
            return False
        if self.mark.read_text(encoding="utf-8") != json.dumps(self.given):
            raise ModelCorrupt(
                f"{self.mark.parent} was made of other things: give another --output"
            )
        return True

    @property
    def words(self) -> Path:
        """The file that receives what it says where others are trained beside it."""
        return self.checkpoint.parent / "output.txt"

    def run(self, *, beside_others: bool = False) -> None:
        """Do it, in a process of its own, and note when it is done.

        Raises :class:`subprocess.CalledProcessError` where it fails.
        """
        command = [sys.executable, "-m", self.module, *self.given, *self.machine]
        if beside_others:
            self.words.parent.mkdir(parents=True, exist_ok=True)
            with self.words.open("a", encoding="utf-8") as file:
                subprocess.run(command, check=True, stdout=file, stderr=subprocess.STDOUT)
        else:
            subprocess.run(command, check=True)
        if self.module not in _QUICK:
            swap_in(self.mark, json.dumps(self.given).encode())


def stages(
    data: Path,
    text: Path,
    output: Path,
    models: Path,
    machine: list[str],
    *,
    null_teacher: Path | None = None,
    steps: Steps = Steps(),
) -> list[list[Stage]]:
    """Return the stages in groups: those of one need the groups before it, and not each other.

    ``machine`` are the options of every training. ``null_teacher`` is a reader of another
    origin, from which the last one learns whether there is an answer; None leaves it away.
    """
    negatives = output / "negatives" / "negatives.npy"
    drawn: list[object] = ["--data-seed", DATA_SEED, "--negatives", _NEGATIVES]

    def training(
        name: str, start: Path, length: int, rate: float, seed: int, *more: object
    ) -> Stage:
        folder = output / name
        given: list[object] = [data, "--start", start, "--output", folder, *drawn]
        given += ["--negatives-file", negatives, "--seed", seed]
        given += ["--steps", length, "--learning-rate", rate]
        return _stage(
            "training.reader", [*given, *_SCHEDULE, *more], folder / "checkpoint", machine
        )

    encoder, read = output / "encoder" / "checkpoint", output / "text" / "checkpoint"
    matching = [data, "--output", encoder.parent, "--data-seed", DATA_SEED]
    matching += ["--steps", steps.encoder]
    mean, reader = output / "mean", output / "reader"
    pretraining = [text, "--output", read.parent, "--steps", steps.text]
    made = [
        training(f"seed{seed}", read, steps.reader, rate, seed, "--no-export")
        for seed, rate in READERS
    ]
    teachers = [stage.checkpoint for stage in made]
    match: list[object] = ["--teach-null", "--distillation", 0.6, "--teachers"]
    taught = ["--no-export", *match, *teachers]
    students = [
        training("student1", mean, steps.student, 3e-4, 21, *taught),
        training("student2", read, steps.student, 4e-4, 22, *taught),
    ]
    mean_of_students: list[object] = [reader, *(student.checkpoint for student in students)]
    last: list[list[Stage]] = []
    if null_teacher is None:
        mean_of_students += ["--models", models]
    else:
        asked: list[object] = ["--whether", "--unanswerable", 24000, "--transfers", 0]
        asked += ["--tokens-per-batch", 4096, "--cooldown", 0.9, "--averaging", 400]
        asked += ["--models", models, *match, reader, "--null-teachers", null_teacher]
        last = [[training("whether", reader, steps.whether, 1.2e-4, 42, *asked)]]
    return [
        [
            # Of the machine's options it has the first, the device.
            _stage("training.negatives", [data, negatives, *drawn], negatives, machine[:2]),
            _stage("training.pretrain", pretraining, read, machine),
            _stage("training.contrastive", matching, encoder, machine),
        ],
        made,
        [_stage("training.average", [mean, *teachers], mean)],
        students,
        [_stage("training.average", mean_of_students, reader)],
        *last,
        [_stage("training.encoder", [encoder, "--models", models], models / "encoder.onnx")],
    ]


def _stage(
    module: str, given: Sequence[object], checkpoint: Path, machine: Sequence[str] = ()
) -> Stage:
    return Stage(module, tuple(str(each) for each in given), checkpoint, tuple(machine))


def run(groups: list[list[Stage]], *, side_by_side: bool) -> Iterator[str]:
    """Do what is not done, a group's stages at once or in turn; say of each what becomes of it.

    Raises :class:`subprocess.CalledProcessError` where one fails. In turn that is the end; side
    by side, those that it began with come to theirs.
    """
    count, number = sum(map(len, groups)), 0
    for group in groups:
        wanted = []
        for stage in group:
            number += 1
            place = f"{number} of {count}: {stage.checkpoint}"
            if stage.is_done():
                yield f"{place} is there"
                continue
            yield f"{place}: python -m {stage.module} {' '.join(stage.given)}"
            if side_by_side and len(group) > 1:
                yield f"  says more in {stage.words}"
                wanted.append(stage)
            else:
                stage.run()
        with ThreadPoolExecutor(max(1, len(wanted))) as pool:
            running = {pool.submit(stage.run, beside_others=True): stage for stage in wanted}
        failed = [future for future in running if future.exception()]
        for future in failed:
            yield f"failed: {running[future].words} says why"
        for future in failed:
            future.result()


@in_one_line
def main() -> None:
    """Train encoder and reader as the shipped ones were: minutes on a GPU, days without."""
    parser = argparse.ArgumentParser(prog="python -m training.recipe", description=main.__doc__)
    parser.add_argument("data", type=Path, help="folder of *.jsonl.gz training sets")
    parser.add_argument(
        "text", type=Path, help='lines of {"paragraphs": [text, ...]}, plain or gzip'
    )
    parser.add_argument("--output", type=Path, default=Path("build/recipe"))
    parser.add_argument("--models", type=Path, default=MODELS, help="where the int8 files go")
    parser.add_argument(
        "--null-teacher",
        type=Path,
        help="checkpoint of a reader of another origin, to learn from whether there is an answer",
    )
    for name, length in asdict(Steps()).items():
        parser.add_argument(
            f"--{name}-steps",
            type=at_least_one,
            default=length,
            metavar="STEPS",
            help="(default: %(default)s)",
        )
    parser.add_argument(
        "--side-by-side",
        action="store_true",
        help="train at once what does not need each other: for a GPU, which one alone leaves idle",
    )
    add_machine_options(parser)
    options = parser.parse_args()
    if options.side_by_side and options.device == "cpu":
        parser.error("--side-by-side: for a GPU; on a CPU each training takes all cores")
    wanted = [options.text]
    if options.null_teacher:
        wanted.append(options.null_teacher / "config.json")
    wanted += [options.data / f"{name}.jsonl.gz" for name in MIX]
    if absent := [str(path) for path in wanted if not path.is_file()]:
        parser.error(f"not there: {', '.join(absent)}")
    machine = ["--device", options.device, "--workers", str(options.workers)]
    machine += ["--checkpoint-every", str(options.checkpoint_every)]
    machine += ["--compile"] if options.compile else []
    groups = stages(
        options.data,
        options.text,
        options.output,
        options.models,
        machine,
        null_teacher=options.null_teacher,
        steps=Steps(**{name: getattr(options, f"{name}_steps") for name in asdict(Steps())}),
    )
    try:
        for said in run(groups, side_by_side=options.side_by_side):
            print(said, flush=True)
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\nOnce that is mended, the same command goes on from here.")
    print("the probability belongs to the weights: run `python -m training.calibrate FILE` next")


if __name__ == "__main__":
    main()
