"""Soft labels: where finished readers think that an answer begins and ends, to be matched.

Where, and only if asked for whether: what a teacher holds of "no answer" may come from the
paragraph alone, which :mod:`training.priors` takes out. A teacher that was itself trained with
priors holds nothing of the kind; it then judges with the prior added, as its student does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from transformers import PreTrainedModel

from training.batches import Batch
from training.objective import allowed, spans_only, with_prior

Logits = Callable[[PreTrainedModel, Batch], tuple[torch.Tensor, torch.Tensor]]


def soft_targets(
    teachers: Sequence[PreTrainedModel],
    batch: Batch,
    logits: Logits,
    *,
    null: bool = False,
    null_teachers: Sequence[PreTrainedModel] = (),
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the teachers' mean probability of each start and each end, ``(rows, tokens)``.

    That of ``[CLS]``, "no answer", is nil unless ``null`` asks for it; it then is the mean
    over ``null_teachers`` too, which are asked for nothing else.
    An ensemble as one teacher: Hinton, Vinyals and Dean (2015), section 2, at
    temperature 1.
    """
    judged = allowed if null else spans_only

    def probabilities(networks: Sequence[PreTrainedModel]) -> list[torch.Tensor]:
        """Return those of each start and each end, each ``(networks, rows, tokens)``."""
        pairs = [with_prior(*logits(network, batch), batch) for network in networks]
        return [
            torch.stack([judged(side, batch).softmax(dim=1) for side in sides])
            for sides in zip(*pairs, strict=True)
        ]

    with torch.inference_mode():
        starts, ends = (each.mean(dim=0) for each in probabilities(teachers))
        if null and null_teachers:
            share = len(teachers) / (len(teachers) + len(null_teachers))
            for target, others in zip((starts, ends), probabilities(null_teachers), strict=True):
                absent = share * target[:, 0] + (1 - share) * others[:, :, 0].mean(dim=0)
                rest = (1 - absent) / (1 - target[:, 0]).clamp(min=1e-9)
                target[:, 1:] *= rest[:, None]
                target[:, 0] = absent
    return starts.clone(), ends.clone()


def distillation_loss(
    logits: tuple[torch.Tensor, torch.Tensor],
    targets: tuple[torch.Tensor, torch.Tensor],
    batch: Batch,
    *,
    null: bool = False,
) -> torch.Tensor:
    """Return the mean cross-entropy of a student against soft targets, a scalar.

    The mean is over all rows; one without an answer counts as zero unless ``null``.
    """
    judged = allowed if null else spans_only
    losses = [
        -(target * judged(side, batch).log_softmax(dim=1)).sum(dim=1)
        for side, target in zip(logits, targets, strict=True)
    ]
    counted = (batch.start_targets[:, 0] == 0) | null
    return (torch.stack(losses).mean(dim=0) * counted).mean()
