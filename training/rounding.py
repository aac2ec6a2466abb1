"""Training with the roundings of an int8 file, so that the weights that ship allow for them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import embedding, linear
from transformers import PreTrainedModel

_INT8 = 127


@dataclass(slots=True)
class RealTokens:
    """Which tokens of the batch being read are no padding: ``(rows, tokens)``, or None for all."""

    mask: torch.Tensor | None = None


class RoundedLinear(torch.nn.Linear):
    """A linear layer of a file made by :mod:`training.export`, as far as rounding goes.

    Weights have a scale for each output, what comes in has one scale for each text. Gradients pass
    as if nothing was rounded (Jacob et al., 2018, "Quantization and training of neural networks",
    section 3).
    """

    real_tokens: RealTokens

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return the product, ``(rows, tokens, outputs)``, of ``(rows, tokens, inputs)``."""
        weight = _rounded(self.weight, self.weight.detach().abs().amax(dim=1) / _INT8)
        return linear(_rounded_rows(input.float(), self.real_tokens.mask), weight, self.bias)


class RoundedEmbedding(torch.nn.Embedding):
    """Vectors of words that have one scale for the whole table."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return vectors, ``(rows, tokens, width)``, of word pieces, ``(rows, tokens)``."""
        found = embedding(input, self.weight, self.padding_idx)
        scale = float(self.weight.detach().abs().max()) / _INT8
        return torch.fake_quantize_per_tensor_affine(found, scale, 0, -_INT8, _INT8)


def add_rounding(network: PreTrainedModel) -> RealTokens:
    """Round in a network from now on; tell what is returned which tokens are no padding."""
    real_tokens = RealTokens()
    for name, module in network.named_modules():
        # Neither the reader nor the encoder uses the pooler.
        if type(module) is torch.nn.Linear and "pooler" not in name:
            module.__class__ = RoundedLinear
            module.real_tokens = real_tokens  # type: ignore[assignment]
        elif type(module) is torch.nn.Embedding:
            module.__class__ = RoundedEmbedding
    return real_tokens


def _rounded(weight: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Return a matrix with a scale for each of its rows, rounded."""
    zero = torch.zeros(len(scale), dtype=torch.int32, device=weight.device)
    scale = scale.clamp(min=1e-12)
    return torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, -_INT8, _INT8)


def _rounded_rows(states: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Return states, ``(rows, tokens, width)``, rounded to 256 steps that include zero."""
    lowest, highest = states.detach().amin(dim=2), states.detach().amax(dim=2)
    if mask is not None:
        lowest, highest = lowest * mask, highest * mask
    lowest, highest = lowest.amin(dim=1).clamp(max=0), highest.amax(dim=1).clamp(min=0)
    scale = ((highest - lowest) / 255).clamp(min=1e-12)
    zero = (-lowest / scale).round().to(torch.int32)
    return torch.fake_quantize_per_channel_affine(states, scale, zero, 0, 0, 255)
