"""The shipped reader, trained further on a teacher's rows: one question, several passages."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from training.checkpoint import STATE, is_made, read_made_of, write_checkpoint
from training.networks import load_tokenizer
from training.teacher.checkpoint import AVERAGE, checkpoints, resume, use_checkpoint
from training.teacher.labels import Labels, fingerprint
from training.teacher.network import finished, load_teacher
from training.teacher.recipe import Recipe
from training.teacher.run import Run
from training.teacher.train import LOG, train
from training.teacher.units import ROWS, Rows


def train_student(
    start: Path,
    data: Path,
    folder: Path,
    *,
    steps: int,
    recipe: Recipe,
    workers: int = 2,
    labels: Path | None = None,
) -> Path:
    """Train a reader on the rows in ``data``, and write its checkpoint unless it is there.

    The learning rate falls to zero over the ``steps``. With ``labels``, a teacher's logits of these
    rows, the reader matches them on every row. Without, it is compared on labelled rows with what
    it said when it began, so that it keeps what it knew. The checkpoint is the average of the
    weights.
    """
    recipe = replace(recipe, cooldown=steps)
    made_of: dict[str, object] = {
        "start": read_made_of(start),
        "rows": fingerprint(data / "train" / ROWS),
        "steps": steps,
        "recipe": asdict(recipe),
        **({"labels": fingerprint(labels)} if labels else {}),
    }
    if is_made(folder, made_of):
        return folder
    state = folder / STATE
    state.mkdir(exist_ok=True)
    guide = Labels(labels, data) if labels else finished(start)
    run = Run(load_teacher(start, dropout=recipe.dropout), recipe, workers=workers, guide=guide)
    if there := checkpoints(state):
        resume(run, there[-1])
    rows = Rows(data / "train" / ROWS, all_guided=bool(labels))
    train(run, rows, state, last=steps)
    (folder / LOG).write_bytes((state / LOG).read_bytes())
    write_reader(start, checkpoints(state)[-1], folder, weights=AVERAGE, made_of=made_of)
    return folder


def write_reader(
    start: Path, checkpoint: Path, folder: Path, *, weights: str, made_of: dict[str, object]
) -> None:
    """Write a run's checkpoint as one that :mod:`training.export` reads."""
    reader = load_teacher(start)
    use_checkpoint(reader, checkpoint, weights)
    write_checkpoint(reader.network, folder, load_tokenizer(), made_of)
