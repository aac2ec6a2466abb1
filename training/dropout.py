"""Dropout that costs nothing on a CPU: one mask for all tokens of a row."""

from __future__ import annotations

import torch


class RowDropout(torch.nn.Module):
    """Leaves out features of whole rows in training, each with a probability.

    Variational dropout, one mask for all positions of a sequence: Gal and Ghahramani
    (2016), section 4.
    It needs as many random numbers as a row has features, where one mask a token needs
    some hundred times as many: drawing those took half of a training step.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return ``hidden``, ``(rows, tokens, width)``, features left out, the others scaled."""
        if not self.training or not self.probability:
            return hidden
        rows, _, width = hidden.shape
        kept = torch.rand(rows, 1, width, device=hidden.device) >= self.probability
        return hidden * (kept.to(hidden.dtype) / (1 - self.probability))


def add_dropout(model: torch.nn.Module, probability: float) -> None:
    """Put :class:`RowDropout` in the place of every dropout beside a layer normalisation.

    That of the attention weights stays as it is: they have no features.
    """
    for module in list(model.modules()):
        if hasattr(module, "LayerNorm") and isinstance(module.dropout, torch.nn.Dropout):
            module.dropout = RowDropout(probability)
