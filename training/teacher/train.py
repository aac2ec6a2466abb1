"""Train the teacher: ``python -m training.teacher.train START DATA OUTPUT``.

The same command resumes an interrupted run. The learning rate rises and then stays: end a run from
any checkpoint by ``--cooldown STEPS --from CHECKPOINT`` with another output. Without ``--from`` it
falls from the start.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import torch

from qa.errors import DatasetError, ModelCorrupt
from qa.networks.threads import cores
from training.command import at_least_one, run
from training.networks import DEVICE, load_tokenizer
from training.rows import Batch
from training.teacher.checkpoint import checkpoints, resume, write_checkpoint
from training.teacher.labels import Labels
from training.teacher.network import PRECISIONS, finished, load_teacher
from training.teacher.recipe import Recipe, learning_rate
from training.teacher.run import Guide, Run
from training.teacher.units import ROWS, Rows
from training.teacher.validation import Scores, judge

LOG = "log.txt"


def train(
    state: Run,
    rows: Rows,
    output: Path,
    *,
    last: int,
    scores_of: Callable[[Run], Scores] | None = None,
    log_every: int = 50,
    checkpoint_minutes: float = 5,
    validation_minutes: float = 35,
) -> None:
    """Train until step ``last``, with a log and checkpoints in ``output``.

    ``scores_of`` judges a run after so many minutes, and at the end; only at the end with 0
    minutes. Raises :class:`~qa.errors.ModelCorrupt` where the loss is not finite.
    """
    saved_at = judged_at = time.monotonic()
    steps = _steps(rows, state)
    with (output / LOG).open("a", encoding="utf-8") as log:
        _record(
            log,
            event="start",
            step=state.place.step,
            last=last,
            rows=len(rows),
            tokens=int(rows.lengths.sum()),
            device=DEVICE,
            bfloat16=state.teacher.bfloat16,
            recipe=asdict(state.recipe),
        )
        losses: list[torch.Tensor] = []
        # ``since`` moves by what checkpoints and validation take: the speed is that of training.
        tokens, since = 0, time.monotonic()
        while state.place.step < last:
            batches = next(steps)
            losses.append(state.step(batches))
            tokens += sum(int(batch.attention_mask.sum()) for batch in batches)
            is_last = state.place.step == last
            if len(losses) == log_every or is_last:
                _record(log, event="step", **_progress(state, losses, tokens, since, last))
                losses, tokens, since = [], 0, time.monotonic()
            began = time.monotonic()
            if is_last or began - saved_at > 60 * checkpoint_minutes:
                _record(log, event="checkpoint", path=str(write_checkpoint(state, output)))
                saved_at = time.monotonic()
            is_due = validation_minutes and began - judged_at > 60 * validation_minutes
            if scores_of and (is_last or is_due):
                _record(log, event="validation", step=state.place.step, **scores_of(state))
                judged_at = time.monotonic()
            since += time.monotonic() - began
        _record(log, event="end", step=state.place.step)


def _steps(rows: Rows, state: Run) -> Iterator[list[Batch]]:
    """Yield the batches of each step without end, and move the run's place along.

    An epoch's last batches are left out where they are too few for a step.
    """
    recipe, place = state.recipe, state.place
    while True:
        seed = recipe.seed * 1000 + place.epoch
        planned = rows.plan(tokens_per_batch=recipe.tokens_per_batch, seed=seed)
        if len(planned) < recipe.accumulate:
            raise DatasetError(
                "there are too few rows for a step", "give more data, or fewer batches a step"
            )
        while place.position + recipe.accumulate <= len(planned):
            chosen = planned[place.position : place.position + recipe.accumulate]
            place.position += recipe.accumulate
            yield [rows.batch(units) for units in chosen]
        place.epoch, place.position = place.epoch + 1, 0


def _progress(
    state: Run, losses: list[torch.Tensor], tokens: int, since: float, last: int
) -> dict[str, float]:
    """Return the place, the mean loss and the speed since the last report."""
    place, mean = state.place, float(torch.stack(losses).mean())
    if not math.isfinite(mean):
        raise ModelCorrupt(
            f"the loss is not finite any more at step {place.step}",
            "begin again with a lower --learning-rate",
        )
    elapsed = time.monotonic() - since
    return {
        "step": place.step,
        "epoch": place.epoch,
        "batch": place.position,
        "loss": round(mean, 4),
        "rate": learning_rate(state.recipe, place),
        "tokens_per_s": round(tokens / elapsed),
        "hours_left": round(elapsed / len(losses) * (last - place.step) / 3600, 2),
    }


def _record(log: TextIO, **values: object) -> None:
    """Write one line of the log."""
    line = {"time": time.strftime("%Y-%m-%d %H:%M:%S"), **values}
    log.write(f"{json.dumps(line)}\n")
    log.flush()


def main() -> None:
    """Train the teacher, or resume an interrupted run."""
    parser = argparse.ArgumentParser(
        prog="python -m training.teacher.train", description=main.__doc__
    )
    parser.add_argument("start", type=Path, help="folder of the weights to start from")
    parser.add_argument("data", type=Path, help="the output of training.teacher.mix")
    parser.add_argument("--judged", type=Path, help="judge on this output of it (default: DATA)")
    parser.add_argument("output", type=Path, help=f"receives checkpoints and {LOG}")
    parser.add_argument("--steps", type=at_least_one, default=5000, help="train to this step")
    parser.add_argument("--from", dest="origin", type=Path, help="checkpoint to cool down from")
    parser.add_argument("--guide", type=Path, help="weights to stay near to on labelled rows")
    parser.add_argument(
        "--labels", type=Path, help="output of training.teacher.label, to match on all rows"
    )
    parser.add_argument("--precision", default="auto", choices=PRECISIONS)
    parser.add_argument(
        "--workers", type=at_least_one, default=1, help="a batch each, on one thread each"
    )
    parser.add_argument("--log-every", type=at_least_one, default=50, metavar="STEPS")
    parser.add_argument("--checkpoint-minutes", type=float, default=5)
    parser.add_argument("--validation-minutes", type=float, default=35, help="0: only at the end")
    for name, value in asdict(Recipe()).items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            parser.add_argument(option, action="store_true")
            continue
        parser.add_argument(option, type=type(value), default=value, help="(default: %(default)s)")
    options = parser.parse_args()
    if options.origin and not options.cooldown:
        parser.error("--from needs --cooldown")
    if options.workers > options.accumulate:
        parser.error("--workers: at most as many as the batches of a step, --accumulate")
    if options.guide and options.labels:
        parser.error("--guide and --labels: give one of them")
    torch.set_num_threads(1)
    recipe = Recipe(**{name: getattr(options, name) for name in asdict(Recipe())})
    teacher = load_teacher(options.start, precision=options.precision, dropout=recipe.dropout)
    guide: Guide | None = None
    if options.labels:
        guide = Labels(options.labels, options.data)
    elif options.guide:
        guide = finished(options.guide, precision=options.precision)
    state = Run(teacher, recipe, workers=options.workers, guide=guide)
    options.output.mkdir(parents=True, exist_ok=True)
    if there := checkpoints(options.output):
        resume(state, there[-1])
    elif options.origin:
        resume(state, options.origin, cooldown=True)
    last = state.place.begun + recipe.cooldown if recipe.cooldown else options.steps
    tokenizer = load_tokenizer()

    def scores_of(state: Run) -> Scores:
        torch.set_num_threads(cores())
        try:
            with state.averaged() as averaged:
                return judge(options.judged or options.data, tokenizer, averaged.logits)
        finally:
            torch.set_num_threads(1)

    train(
        state,
        Rows(options.data / "train" / ROWS, all_guided=bool(options.labels)),
        options.output,
        last=last,
        scores_of=scores_of,
        log_every=options.log_every,
        checkpoint_minutes=options.checkpoint_minutes,
        validation_minutes=options.validation_minutes,
    )


if __name__ == "__main__":
    run(main)
