"""Soft labels: what finished readers think of each position, for a student to match."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from transformers import PreTrainedModel

from qa.train.batches import Batch
from qa.train.objective import allowed

Logits = Callable[[PreTrainedModel, Batch], tuple[torch.Tensor, torch.Tensor]]


def soft_targets(
    teachers: Sequence[PreTrainedModel], batch: Batch, logits: Logits
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the teachers' mean probability of each start and each end, ``(rows, tokens)``.

    An ensemble as one teacher: Hinton, Vinyals and Dean (2015), section 2, at
    temperature 1.
    """
    with torch.inference_mode():
        pairs = [logits(teacher, batch) for teacher in teachers]
        starts, ends = (
            torch.stack([allowed(side, batch).softmax(dim=1) for side in sides]).mean(dim=0)
            for sides in zip(*pairs, strict=True)
        )
    return starts.clone(), ends.clone()


def distillation_loss(
    logits: tuple[torch.Tensor, torch.Tensor],
    targets: tuple[torch.Tensor, torch.Tensor],
    batch: Batch,
) -> torch.Tensor:
    """Return the mean cross-entropy of a student against soft targets, a scalar.

    The mean is over all rows; one on which teachers are not listened to counts as zero.
    """
    losses = [
        -(target * allowed(side, batch).log_softmax(dim=1)).sum(dim=1)
        for side, target in zip(logits, targets, strict=True)
    ]
    return (torch.stack(losses).mean(dim=0) * batch.taught).mean()
