"""The training loop: it logs, saves its state, and resumes where it was interrupted."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO, TypeVar

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from qa.errors import ModelCorrupt
from qa.networks.threads import cores
from training.batches import Batches
from training.checkpoint import STATE
from training.networks import DEVICE
from training.rows import Batch

WARMUP = 0.05
WEIGHT_DECAY = 0.01
# Steps between two updates of the average of the weights.
_AVERAGE_EVERY = 10
_LOG_EVERY = 50
_VALIDATE_EVERY = 1000

Network = TypeVar("Network", bound=torch.nn.Module)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The hyper-parameters of one training.

    The learning rate rises for the first twentieth of the steps and falls to zero over the last
    ``cooldown`` of them. ``averaging`` is the horizon, in steps, of the moving average of the
    weights; 1 keeps the last weights.
    """

    steps: int
    learning_rate: float
    tokens_per_batch: int
    cooldown: float = 0.95
    averaging: int = 300
    seed: int = 1

    def learning_rate_at(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        up = (step + 1) / max(1, int(self.steps * WARMUP))
        down = (self.steps - step) / max(1, int(self.steps * self.cooldown))
        return self.learning_rate * max(0.0, min(1.0, up, down))


def train(
    network: Network,
    batches: Batches,
    loss_of: Callable[[Batch], torch.Tensor],
    schedule: Schedule,
    folder: Path,
    *,
    scores_of: Callable[[Network], dict[str, float]] | None = None,
    save_every: int = 250,
) -> Network:
    """Train until ``schedule.steps`` and return the network with the average of its weights.

    ``loss_of`` is the loss of ``network`` on a batch, ``scores_of`` the scores of an average on
    held-out data. ``folder`` receives ``log.jsonl`` (a line every 50 steps, and at times those
    scores) and a state, from which an interrupted run resumes. Raises
    :class:`~qa.errors.ModelCorrupt` where the state cannot be read or the loss is not finite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network.train()
    decay = max(0.0, 1 - _AVERAGE_EVERY / schedule.averaging)
    moving = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    average = AveragedModel(network, multi_avg_fn=moving)
    optimizer = _optimizer(network, schedule)
    parts: dict[str, Any] = {"network": network, "average": average, "optimizer": optimizer}
    step = 0
    if (folder / STATE).is_file():
        state = _load(folder / STATE)
        for name, part in parts.items():
            part.load_state_dict(state[name])
        step = state["step"]
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        _record(log, event="start", step=step, device=DEVICE, **asdict(schedule))
        # Kept on the device: reading each would wait for the end of every step.
        losses: list[torch.Tensor] = []
        tokens, since = 0, time.monotonic()
        for batch in _loader(batches, range(step, schedule.steps)):
            for group in optimizer.param_groups:
                group["lr"] = schedule.learning_rate_at(step)
            # By step, so that dropout does not depend on where a run was interrupted.
            torch.manual_seed(schedule.seed * 1_000_000 + step)
            batch = batch.to(DEVICE)
            loss = loss_of(batch)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.detach())
            tokens += batch.input_ids.numel()
            if step % _AVERAGE_EVERY == 0 or step == schedule.steps - 1:
                average.update_parameters(network)
            step += 1
            is_last = step == schedule.steps
            if step % _LOG_EVERY == 0 or is_last:
                _record(log, event="step", step=step, **_progress(losses, tokens, since))
                losses, tokens, since = [], 0, time.monotonic()
            if step % save_every == 0 or is_last:
                states = {name: part.state_dict() for name, part in parts.items()}
                _save(folder / STATE, **states, step=step)
            if scores_of and (step % _VALIDATE_EVERY == 0 or is_last):
                scores = scores_of(average.module)  # type: ignore[arg-type]  # it is one
                _record(log, event="validation", step=step, **scores)
                since = time.monotonic()
    return average.module  # type: ignore[return-value]  # a copy of the network


def _save(path: Path, **state: object) -> None:
    """Write the state beside the old one, then replace it."""
    sibling = path.with_name(f"{STATE}.new")
    torch.save(state, sibling)
    sibling.replace(path)


def _load(path: Path) -> dict[str, Any]:
    """Return the state of an interrupted run."""
    try:
        state: dict[str, Any] = torch.load(path, map_location=DEVICE, weights_only=True)
    except Exception as error:  # of many classes, depending on the bytes of a damaged file
        reason = " ".join(str(error).split())[:200]
        raise ModelCorrupt(
            f"{path} cannot be read ({reason})", "remove it to begin again"
        ) from error
    return state


def _optimizer(network: torch.nn.Module, schedule: Schedule) -> torch.optim.AdamW:
    """Return AdamW over what is not frozen, with weight decay on matrices only."""
    trained = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=schedule.learning_rate, fused=True)


def _loader(batches: Batches, steps: range) -> DataLoader[Batch]:
    """Return the batches of some steps; other processes make them ahead for a GPU."""
    workers = 0 if DEVICE == "cpu" else max(1, cores() - 1)
    return DataLoader(
        batches,  # type: ignore[arg-type]  # items by number are all that it takes
        batch_size=None,
        sampler=steps,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="fork" if workers else None,
        pin_memory=bool(workers),
    )


def _progress(losses: list[torch.Tensor], tokens: int, since: float) -> dict[str, float]:
    """Return the mean loss and the speed since the last report."""
    mean = float(torch.stack(losses).mean())
    if not math.isfinite(mean):
        raise ModelCorrupt(
            "the loss is not finite any more", "begin again with a lower learning rate"
        )
    elapsed = time.monotonic() - since
    return {"loss": round(mean, 4), "tokens_per_s": round(tokens / elapsed)}


def _record(log: TextIO, **values: object) -> None:
    """Write one line of the log, and print it."""
    line = json.dumps(values)
    print(line, flush=True)
    log.write(f"{line}\n")
    log.flush()
