"""The training loss: a softmax per passage with a null, and one shared by all passages."""

from __future__ import annotations

import torch

from training.batches import Batch


def allowed(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return logits, ``(rows, tokens)``, in which no position counts that cannot be an answer."""
    return logits.masked_fill(~batch.candidate, -1e4)


def spans_only(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return logits, ``(rows, tokens)``, in which only the window's positions count."""
    return torch.nn.functional.pad(allowed(logits, batch)[:, 1:], (1, 0), value=-1e4)


def with_prior(
    start_logits: torch.Tensor, end_logits: torch.Tensor, batch: Batch
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return both logits with what the paragraph alone says for "no answer" added to ``[CLS]``."""
    added = torch.zeros_like(start_logits)
    added[:, 0] = batch.prior
    return start_logits + added, end_logits + added


def span_loss(
    start_logits: torch.Tensor, end_logits: torch.Tensor, batch: Batch, *, shared: bool = True
) -> torch.Tensor:
    """Return the mean loss of a batch, a scalar; without ``shared`` the first term alone.

    Logits are ``(rows, tokens)`` in float32. Two terms, each the mean of the
    start and the end cross-entropy against soft targets:

    - per passage, over its tokens and ``[CLS]``, which stands for "no answer
      here" (Devlin et al., 2019, section 4.3);
    - per question that has a negative beside it, over the tokens of all its
      passages without ``[CLS]`` (shared normalisation: Clark & Gardner, 2018,
      section 3.3), so that raw scores compare across passages.
    """
    total = start_logits.new_zeros(())
    # As a tensor, and with a place for as many questions as rows: a number read from a GPU
    # would wait for all that it has to do.
    questions = batch.group.max() + 1
    places = len(batch.group)
    rows_per_question = torch.zeros_like(batch.group).scatter_add(
        0, batch.group, torch.ones_like(batch.group)
    )
    answered = batch.start_targets[:, 0] == 0
    beside = answered & (rows_per_question[batch.group] > 1)
    for logits, targets in (
        (start_logits, batch.start_targets),
        (end_logits, batch.end_targets),
    ):
        logits = allowed(logits, batch)
        row_total = torch.logsumexp(logits, dim=1)
        # The targets of a row sum to one, so this is log Z minus the expected logit.
        expected = (logits * targets).sum(dim=1)
        total = total + (row_total - expected).mean()
        if shared:
            spans = torch.logsumexp(logits[:, 1:], dim=1)
            # logaddexp over the rows of each question, without a Python loop.
            highest = spans.new_full((places,), -1e4).scatter_reduce(
                0, batch.group, spans, reduce="amax"
            )
            sums = torch.zeros_like(highest).scatter_add(
                0, batch.group, torch.exp(spans - highest[batch.group].detach())
            )
            question_total = torch.log(sums) + highest.detach()
            term = (question_total[batch.group] - expected) * beside
            total = total + term.sum() / questions
    return total / 2
