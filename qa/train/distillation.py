"""Soft labels: where finished readers think that an answer begins and ends, to be matched.

Where, not whether: what a teacher holds of "no answer" may come from the paragraph alone,
which :mod:`qa.train.priors` takes out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from transformers import PreTrainedModel

from qa.train.batches import Batch
from qa.train.objective import spans_only

Logits = Callable[[PreTrainedModel, Batch], tuple[torch.Tensor, torch.Tensor]]


def soft_targets(
    teachers: Sequence[PreTrainedModel], batch: Batch, logits: Logits
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the teachers' mean probability of each start and each end, ``(rows, tokens)``.

    That of ``[CLS]`` is nil.
    An ensemble as one teacher: Hinton, Vinyals and Dean (2015), section 2, at
    temperature 1.
    """
    with torch.inference_mode():
        pairs = [logits(teacher, batch) for teacher in teachers]
        starts, ends = (
            torch.stack([spans_only(side, batch).softmax(dim=1) for side in sides]).mean(dim=0)
            for sides in zip(*pairs, strict=True)
        )
    return starts.clone(), ends.clone()


def distillation_loss(
    logits: tuple[torch.Tensor, torch.Tensor],
    targets: tuple[torch.Tensor, torch.Tensor],
    batch: Batch,
) -> torch.Tensor:
    """Return the mean cross-entropy of a student against soft targets, a scalar.

    The mean is over all rows; one without an answer counts as zero.
    """
    losses = [
        -(target * spans_only(side, batch).log_softmax(dim=1)).sum(dim=1)
        for side, target in zip(logits, targets, strict=True)
    ]
    answered = batch.start_targets[:, 0] == 0
    return (torch.stack(losses).mean(dim=0) * answered).mean()
