"""The training itself: it saves its state, and resumes where it was interrupted."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from qa.evaluation.datasets import Paragraph
from training.checkpoint import STATE, finish, is_made, read_made_of
from training.finding.batch import of_labelled, of_pool
from training.finding.network import Finder, loss_of
from training.finding.pool import Pool
from training.loop import WEIGHT_DECAY, Schedule

PARAGRAPHS = 40
_LOG_EVERY = 9


def train_finder(
    pools: Sequence[Pool],
    labelled: Mapping[str, Sequence[Paragraph]],
    schedule: Schedule,
    folder: Path,
    *,
    start: Path,
    save_every: int = 18,
) -> Path:
    """Train an encoder from ``start`` and write it, unless it is there; return its folder.

    A step takes one pool, every pool in turn in a random order, and labelled paragraphs. An
    interrupted run resumes from the last state in ``folder``.
    """
    made_of = {
        "pools": [len(pool.asked) for pool in pools],
        "labelled": {name: len(each) for name, each in labelled.items()},
        "start": read_made_of(start),
        "schedule": asdict(schedule),
    }
    if is_made(folder, made_of):
        return folder
    finder = Finder(start).train()
    optimizer = torch.optim.AdamW(finder.trained(), weight_decay=WEIGHT_DECAY)
    state, step, losses = folder / STATE, 0, []
    if state.is_file():
        saved = torch.load(state, weights_only=True)
        finder.body.load_state_dict(saved["body"])
        optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
    while step < schedule.steps:
        for group in optimizer.param_groups:
            group["lr"] = schedule.learning_rate_at(step)
        rng = random.Random(f"{schedule.seed} {step}")
        optimizer.zero_grad()
        for batch in (of_pool(_turn(pools, step), rng), of_labelled(labelled, PARAGRAPHS, rng)):
            if batch.questions:
                loss = loss_of(finder, batch)
                loss.backward()  # type: ignore[no-untyped-call]
                losses.append(loss.item())
        torch.nn.utils.clip_grad_norm_(finder.trained(), 1.0)
        optimizer.step()
        step += 1
        if step % _LOG_EVERY == 0:
            print(f"step {step}: loss {sum(losses) / len(losses):.3f}", flush=True)
            losses.clear()
        if step % save_every == 0 and step < schedule.steps:
            saved = {
                "body": finder.body.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step,
            }
            torch.save(saved, state.with_suffix(".new"))
            state.with_suffix(".new").replace(state)
    finder.body.save_pretrained(folder)
    finder.tokenizer.save(str(folder / "tokenizer.json"))
    finish(folder, made_of)
    return folder


def _turn(pools: Sequence[Pool], step: int) -> Pool:
    """Return the pool of a step: all of them once, in a random order, before any comes again."""
    order = random.Random(step // len(pools)).sample(range(len(pools)), len(pools))
    return pools[order[step % len(pools)]]
