"""The losses of a reader: against labels, within and across passages, and against a teacher."""

from __future__ import annotations

from collections.abc import Callable

import torch

from training.rows import Batch

# Start and end, each (rows, tokens): logits, or the probabilities that a teacher gives.
Sides = tuple[torch.Tensor, torch.Tensor]
# What gives a batch's soft targets: finished readers, or their stored answers.
Teacher = Callable[[Batch], Sides]
_NEVER = -1e4


def allowed(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return logits, ``(rows, tokens)``, without the positions that cannot be an answer."""
    return logits.masked_fill(~batch.candidate, _NEVER)


def with_prior(logits: Sides, batch: Batch) -> Sides:
    """Return both logits with the log-odds of "no answer" by the paragraph added to ``[CLS]``.

    A teacher that was trained with priors is asked with them too, as its student is: without
    them it would know nothing of what the paragraph alone gives away.
    """
    added = torch.zeros_like(logits[0])
    added[:, 0] = batch.prior
    return logits[0] + added, logits[1] + added


def span_loss(logits: Sides, batch: Batch, *, shared: bool = True) -> torch.Tensor:
    """Return the mean loss of a batch, a scalar; without ``shared`` the first term alone.

    Logits are in float32. Two terms, each the mean of the start and the end cross-entropy
    against soft targets:

    - per passage, over its tokens and ``[CLS]``, which stands for "no answer
      here" (Devlin et al., 2019, section 4.3);
    - per question that has a negative beside it, over the tokens of all its
      passages without ``[CLS]`` (shared normalisation: Clark & Gardner, 2018,
      section 3.3), so that raw scores compare across passages.
    """
    total = logits[0].new_zeros(())
    # As a tensor, and with a place for as many questions as rows: reading a number from a GPU
    # would wait for all its work.
    questions = batch.group.max() + 1
    rows_per_question = torch.zeros_like(batch.group).scatter_add(
        0, batch.group, torch.ones_like(batch.group)
    )
    answered = batch.start_targets[:, 0] == 0
    beside = answered & (rows_per_question[batch.group] > 1)
    targets = batch.start_targets, batch.end_targets
    for side, target in zip(logits, targets, strict=True):
        side = allowed(side, batch)
        # The targets of a row sum to one, so this is log Z minus the expected logit.
        expected = (side * target).sum(dim=1)
        total = total + (torch.logsumexp(side, dim=1) - expected).mean()
        if shared:
            term = (_over_passages(side, batch) - expected) * beside
            total = total + term.sum() / questions
    return total / 2


def _over_passages(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return log Z over the tokens of all passages of each row's question, ``(rows,)``."""
    spans = torch.logsumexp(logits[:, 1:], dim=1)
    # logaddexp over the rows of each question, without a Python loop.
    highest = spans.new_full((len(batch.group),), _NEVER).scatter_reduce(
        0, batch.group, spans, reduce="amax"
    )
    sums = torch.zeros_like(highest).scatter_add(
        0, batch.group, torch.exp(spans - highest[batch.group].detach())
    )
    return (torch.log(sums) + highest.detach())[batch.group]


def distillation_loss(logits: Sides, targets: Sides, batch: Batch) -> torch.Tensor:
    """Return the mean cross-entropy of a student against a teacher's probabilities, a scalar."""
    losses = [
        -(target * allowed(side, batch).log_softmax(dim=1)).sum(dim=1)
        for side, target in zip(logits, targets, strict=True)
    ]
    return torch.stack(losses).mean()
