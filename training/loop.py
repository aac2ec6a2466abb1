"""The loop of every training: it logs, keeps checkpoints and resumes where it was cut off."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, Self, TextIO, TypeVar

import torch
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader

from qa.errors import DatasetError, ModelCorrupt
from qa.networks.reader import MAX_TOKENS

CHECKPOINT = "checkpoint.pt"
# Steps between two that the average of the weights takes in.
_AVERAGE_EVERY = 10
_LOG_EVERY = 50
# Checkpoints between two that are judged.
_CHECK_EVERY = 4

Weights = tuple[torch.Tensor, ...] | list[torch.Tensor]


class Movable(Protocol):
    """A batch: what the network reads, and where it lies."""

    @property
    def input_ids(self) -> torch.Tensor:
        """The tokens that are counted, padding among them."""

    def to(self, device: str) -> Self:
        """Return the batch on ``device``."""


Step = TypeVar("Step", bound=Movable)
Step_co = TypeVar("Step_co", bound=Movable, covariant=True)


class Epoch(Protocol[Step_co]):
    """The batches of an epoch, each made when it is asked for, and always the same."""

    def __len__(self) -> int: ...

    def __getitem__(self, position: int) -> Step_co: ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """The choices that, with the data, determine the weights.

    ``dropout`` is that of :mod:`training.dropout`; ``averaging`` the horizon of the
    average of the weights, in steps; ``frozen`` leaves the word vectors as they are.
    """

    steps: int
    learning_rate: float = 2e-4
    warmup: float = 0.05
    cooldown: float = 0.5
    weight_decay: float = 0.01
    tokens_per_batch: int = 4096
    negatives: float = 0.25
    window: int = MAX_TOKENS
    shared: bool = True
    distillation: float = 0.0
    teach_null: bool = False
    dropout: float = 0.1
    averaging: int = 1500
    frozen: bool = False
    seed: int = 1


def learning_rate_at(step: int, recipe: Recipe) -> float:
    """Return the learning rate of a step: up, level, then down in a line to zero.

    The level part lets a run be ended early: lower ``steps`` and resume, and the
    descent begins at once (Hägele et al., 2024).
    """
    warmup = max(1, int(recipe.steps * recipe.warmup))
    cooldown = max(1, int(recipe.steps * recipe.cooldown))
    up = (step + 1) / warmup
    down = (recipe.steps - step) / cooldown
    return recipe.learning_rate * max(0.0, min(1.0, up, down))


def prefers_bfloat16(device: str) -> bool:
    """Tell whether bfloat16 is the quick type: on GPUs, and on CPUs that multiply it.

    Measured against float32: over four times as quick with AMX, 1.5 times with
    AVX-512 BF16, and slower with neither.
    """
    if device != "cpu":
        return True
    able = torch.cpu.get_capabilities()
    return bool(able.get("amx_bf16") or able.get("avx512_bf16"))


def moving_average(horizon: int) -> Callable[[Weights, Weights, torch.Tensor | int], None]:
    """Return what takes new weights into an average, for ``AveragedModel``.

    The n-th weights, of which there are some every ``_AVERAGE_EVERY`` steps and the last,
    count for ``max(1 / n, _AVERAGE_EVERY / horizon)`` and at most for all: a plain mean at
    first, as in stochastic weight averaging (Izmailov et al., 2018), and an exponential
    moving average from then on.
    """
    least = min(1.0, _AVERAGE_EVERY / horizon)

    def take_in(mean: Weights, new: Weights, count: torch.Tensor | int) -> None:
        torch._foreach_lerp_(mean, new, max(least, 1 / (float(count) + 1)))

    return take_in


def optimizer_for(model: torch.nn.Module, recipe: Recipe) -> torch.optim.AdamW:
    """Return AdamW over what is not frozen, with weight decay on matrices only."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": recipe.weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)


def run(
    model: torch.nn.Module,
    epoch_of: Callable[[int], Epoch[Step]],
    loss_of: Callable[[Step], torch.Tensor],
    *,
    recipe: Recipe,
    output: Path,
    given: Mapping[str, object] | None = None,
    device: str = "cpu",
    workers: int = 0,
    checkpoint_every: int = 250,
    check: Callable[[torch.nn.Module, int, TextIO], None] | None = None,
    stop_after: int | None = None,
) -> torch.nn.Module:
    """Train ``model`` until ``recipe.steps``, and return the average of its weights.

    The average is an exponential moving one (EMA) over ``recipe.averaging`` steps; of
    fewer it is the plain mean: see :func:`moving_average`.

    ``epoch_of`` gives the batches of the n-th epoch; ``workers`` processes make them ahead
    of time, none makes them in this one. ``output`` receives ``log.jsonl`` (a line every 50
    steps, and at every fourth checkpoint what ``check`` writes there of the average) and a
    checkpoint; where one is found there, training goes on from it. ``stop_after`` ends this
    call at a step, for another to go on. ``given`` is what else makes the weights, as JSON
    has it: data, start, teachers. Raises :class:`~qa.errors.ModelCorrupt` where a run was begun
    with something else of it, with batches of another size or with a recipe that differs in
    more than its steps, where its checkpoint cannot be read, and where the loss is no number.
    """
    last = min(recipe.steps, stop_after or recipe.steps)
    output.mkdir(parents=True, exist_ok=True)
    average = AveragedModel(model, multi_avg_fn=moving_average(recipe.averaging))
    optimizer = optimizer_for(model, recipe)
    step = epoch = position = begun_with = 0
    asked = {**(given or {}), **asdict(recipe)}
    if (output / CHECKPOINT).is_file():
        saved = _load(output / CHECKPOINT, device=device)
        if "recipe" not in saved:
            raise ModelCorrupt(f"{output} was begun by another version: give another --output")
        begun = saved["recipe"]
        if changed := [k for k, v in asked.items() if k != "steps" and begun.get(k) != v]:
            raise ModelCorrupt(
                f"{output} was begun with another {', '.join(changed)}: give another --output"
            )
        model.load_state_dict(saved["model"])
        average.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        step, epoch, position = saved["step"], saved["epoch"], saved["position"]
        begun_with = saved.get("batches", 0)
    with (output / "log.jsonl").open("a", encoding="utf-8") as log:
        record(
            log,
            event="start",
            step=step,
            bfloat16=prefers_bfloat16(device),
            recipe=asdict(recipe),
        )
        # Kept on the device: to look at each would make it wait for every step's end.
        losses: list[torch.Tensor] = []
        tokens, since = 0, time.monotonic()
        while step < last:
            batches = epoch_of(epoch)
            if not len(batches):
                raise DatasetError("there is nothing to train on: look at what was read")
            if begun_with not in (0, len(batches)):
                raise ModelCorrupt(
                    f"{output} was begun with other data or batches of another size "
                    f"({begun_with} batches an epoch, here {len(batches)}): give another --output"
                )
            begun_with = 0  # the next epoch is packed otherwise
            for batch in _loaded(batches, position, device=device, workers=workers):
                batch = batch.to(device)
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate_at(step, recipe)
                # By step, so that what is left out does not depend on where a run was cut off.
                torch.manual_seed(recipe.seed * 1_000_000 + step)
                loss = loss_of(batch)
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
                if step % _AVERAGE_EVERY == 0 or step == recipe.steps - 1:
                    average.update_parameters(model)
                losses.append(loss.detach())
                tokens += batch.input_ids.numel()
                step, position = step + 1, position + 1
                if step % _LOG_EVERY == 0 or step == last:
                    mean = float(torch.stack(losses).mean())
                    if not math.isfinite(mean):
                        raise ModelCorrupt(
                            f"the loss is no number any more at step {step}: "
                            "begin anew with a lower --learning-rate"
                        )
                    elapsed = time.monotonic() - since
                    record(
                        log,
                        event="step",
                        step=step,
                        epoch=epoch,
                        loss=round(mean, 4),
                        learning_rate=learning_rate_at(step, recipe),
                        tokens_per_s=round(tokens / elapsed),
                        minutes_left=round(elapsed / len(losses) * (recipe.steps - step) / 60, 1),
                    )
                    losses, tokens, since = [], 0, time.monotonic()
                if step % checkpoint_every == 0 or step == last:
                    save(
                        output,
                        model,
                        average,
                        optimizer,
                        step=step,
                        epoch=epoch,
                        position=position,
                        batches=len(batches),
                        recipe=asked,
                    )
                if check is not None and (
                    step % (_CHECK_EVERY * checkpoint_every) == 0 or step == last
                ):
                    check(average.module, step, log)
                    since = time.monotonic()
                if step == last:
                    break
            if position == len(batches):
                epoch, position = epoch + 1, 0
    return average.module


def _loaded(batches: Epoch[Step], position: int, *, device: str, workers: int) -> DataLoader[Step]:
    """Return the batches from ``position`` on, made ahead by ``workers`` processes."""
    ahead = {"prefetch_factor": 4, "multiprocessing_context": "fork"} if workers else {}
    return DataLoader(
        batches,  # type: ignore[arg-type]  # anything with a length and items will do
        batch_size=None,
        sampler=range(position, len(batches)),
        num_workers=workers,
        pin_memory=device != "cpu",
        **ahead,  # type: ignore[arg-type]
    )


def _load(path: Path, *, device: str) -> dict[str, Any]:
    """Return a checkpoint of :func:`save`."""
    try:
        saved = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # of many classes, by what the bytes of a damaged file happen to say
        reason = " ".join(str(error).split())[:200]
        raise ModelCorrupt(
            f"{path} cannot be read ({reason}): remove it to begin anew, or give another --output"
        ) from error
    return dict(saved)


def record(log: TextIO, **values: object) -> None:
    """Write one line of the log, and show it."""
    line = json.dumps(values)
    print(line, flush=True)
    log.write(line + "\n")
    log.flush()


def save(
    output: Path,
    model: torch.nn.Module,
    average: AveragedModel,
    optimizer: torch.optim.Optimizer,
    **position: object,
) -> None:
    """Write a checkpoint beside the old one, then swap it in."""
    sibling = output / f"{CHECKPOINT}.new"
    state = {
        "model": model.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
        **position,
    }
    torch.save(state, sibling)
    sibling.replace(output / CHECKPOINT)
