"""Checkpoints of a run: the trained weights, their average, the optimizer and the place."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from qa.errors import ModelCorrupt
from training.networks import DEVICE
from training.teacher.network import Teacher
from training.teacher.recipe import Place, Recipe
from training.teacher.run import Average, Run, assign

# By which weights a checkpoint is used; after a cooldown the last ones are better.
AVERAGE, LAST = "average", "model"
_KEPT = 2
# What a cooldown may change of the recipe that it goes on with.
_FREE = {"cooldown", "averaging", "learning_rate", "int8"}
_REMEDY = "remove it to resume from the one before, or give another OUTPUT"


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, oldest first."""
    return sorted(folder.glob("checkpoint-*.pt"))


def write_checkpoint(run: Run, folder: Path) -> Path:
    """Write a checkpoint beside the others, whole or not at all, and keep the last two."""
    path = folder / f"checkpoint-{run.place.step:06}.pt"
    sibling = path.with_suffix(".new")
    state = {
        "model": {name: weight.detach() for name, weight in run.weights.items()},
        "average": run.average.mean,
        "averaged": run.average.count,
        "optimizer": run.optimizer.state_dict(),
        "place": asdict(run.place),
        "recipe": asdict(run.recipe),
        "random": torch.get_rng_state(),
    }
    with sibling.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    sibling.replace(path)
    for old in checkpoints(folder)[:-_KEPT]:
        old.unlink()
    return path


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return what :func:`write_checkpoint` wrote; ModelCorrupt where it cannot be read."""
    try:
        return dict(torch.load(path, map_location=DEVICE, weights_only=True))
    except Exception as error:  # of many classes, depending on the bytes of a damaged file
        reason = " ".join(str(error).split())[:200]
        raise ModelCorrupt(f"{path} cannot be read ({reason})", _REMEDY) from error


def resume(run: Run, path: Path, *, cooldown: bool = False) -> None:
    """Continue from a checkpoint; with ``cooldown``, from one of another run at a constant rate.

    Raises :class:`~qa.errors.ModelCorrupt` for a checkpoint of another recipe or start.
    """
    saved = read_checkpoint(path)
    begun = asdict(Recipe()) | saved["recipe"]
    free = _FREE if cooldown else set()
    asked = {name: value for name, value in asdict(run.recipe).items() if name not in free}
    if changed := [name for name, value in asked.items() if begun[name] != value]:
        raise ModelCorrupt(f"{path} was begun with another {', '.join(changed)}", _REMEDY)
    if saved["model"].keys() != run.weights.keys():
        raise ModelCorrupt(f"{path} is of another network", _REMEDY)
    assign(run.weights, saved["model"])
    run.optimizer.load_state_dict(saved["optimizer"])
    run.place = Place(**saved["place"])
    torch.set_rng_state(saved["random"].cpu())
    if cooldown:
        run.place.begun = run.place.step
        run.average = Average(run.weights, run.recipe.averaging)
    else:
        run.average.mean = saved["average"]
        run.average.count = saved["averaged"]


def use_checkpoint(teacher: Teacher, path: Path, weights: str) -> dict[str, Any]:
    """Give a teacher a checkpoint's weights, and return the checkpoint."""
    saved = read_checkpoint(path)
    teacher.network.load_state_dict(saved[weights], strict=False)
    return saved


def add_weights_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses between a checkpoint's average and its last weights."""
    parser.add_argument(
        "--weights",
        default=AVERAGE,
        choices=(AVERAGE, LAST),
        help="of the checkpoint: their average, or the last ones, better after a cooldown "
        "(default: %(default)s)",
    )
