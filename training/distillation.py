"""Soft labels: where finished readers place an answer, and whether they see one, to be matched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import PreTrainedModel

from training.networks import hidden_states, load_reader, span_logits
from training.objective import Sides, allowed, with_prior
from training.rows import Batch


class Ensemble:
    """Finished readers as one teacher, by their mean probabilities.

    Hinton, Vinyals and Dean (2015), section 2, at temperature 1. With a ``null_reader`` the
    probability of "no answer" is the mean over it too; it is asked for nothing else.
    """

    def __init__(self, readers: Sequence[Path], *, null_reader: Path | None = None) -> None:
        self._readers = [load_reader(folder).train(False) for folder in readers]
        self._null_reader = load_reader(null_reader).train(False) if null_reader else None

    def __call__(self, batch: Batch) -> Sides:
        """Return the probability of each start and each end, each ``(rows, tokens)``."""
        with torch.inference_mode():
            judged = [self._probabilities(reader, batch) for reader in self._readers]
            starts, ends = (torch.stack(side).mean(dim=0) for side in zip(*judged, strict=True))
            if self._null_reader:
                share = 1 / (len(self._readers) + 1)
                others = self._probabilities(self._null_reader, batch)
                starts, ends = (
                    _with_null(side, (1 - share) * side[:, 0] + share * other[:, 0])
                    for side, other in zip((starts, ends), others, strict=True)
                )
        return starts.clone(), ends.clone()

    def _probabilities(self, reader: PreTrainedModel, batch: Batch) -> Sides:
        logits = span_logits(reader, hidden_states(reader, batch))
        start, end = with_prior(logits, batch)
        return allowed(start, batch).softmax(dim=1), allowed(end, batch).softmax(dim=1)


def _with_null(probabilities: torch.Tensor, null: torch.Tensor) -> torch.Tensor:
    """Return probabilities, ``(rows, tokens)``, with another one of ``[CLS]``, the rest scaled."""
    rest = (1 - null) / (1 - probabilities[:, 0]).clamp(min=1e-9)
    return torch.cat([null[:, None], probabilities[:, 1:] * rest[:, None]], dim=1)
