"""The networks in training: the encoder's body, its dropout, and the reader's span head."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import AutoModelForQuestionAnswering, PreTrainedModel

from qa.errors import ModelCorrupt, ModelNotFound
from qa.networks.weights import encoder_folder
from training.rows import Batch

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# Whether bfloat16 is the quick type: on GPUs, and on CPUs that multiply it. Measured against
# float32: over four times as quick with AMX, 1.5 times with AVX-512 BF16, slower with neither.
BFLOAT16 = DEVICE != "cpu" or any(
    map(torch.cpu.get_capabilities().get, ("amx_bf16", "avx512_bf16"))
)
# Of the features beside each layer normalisation; the attention weights have none.
DROPOUT = 0.1


# The quickest attention, by its name in transformers: for texts this short on a CPU, plain matrix
# products take nine tenths of the time of PyTorch's fused attention.
ATTENTION = "eager" if DEVICE == "cpu" else "sdpa"


class RowDropout(torch.nn.Module):
    """Leaves out features of whole rows in training, each with a probability.

    Variational dropout, one mask for all positions of a sequence: Gal and Ghahramani
    (2016), section 4. It needs as many random numbers as a row has features. One mask a token
    needs some hundred times as many: drawing those took half of a training step on a CPU. They
    come from ``generator``; without one, from PyTorch's own.
    """

    def __init__(self, probability: float, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.probability = probability
        self.generator = generator

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return ``hidden``, ``(rows, tokens, width)``, features left out, the others scaled."""
        if not self.training or not self.probability:
            return hidden
        rows, _, width = hidden.shape
        drawn = torch.rand(rows, 1, width, device=hidden.device, generator=self.generator)
        kept = drawn >= self.probability
        return hidden * (kept.to(hidden.dtype) / (1 - self.probability))


def load_tokenizer() -> Tokenizer:
    """Return the encoder's tokenizer, which neither pads nor cuts."""
    tokenizer: Tokenizer = Tokenizer.from_file(str(encoder_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def load_reader(folder: Path, *, dropout: float = 0.0) -> PreTrainedModel:
    """Return the network in a checkpoint, with a fresh span head where it has none.

    ``dropout`` is by rows, beside each layer normalisation; the attention has none. Raises
    :class:`~qa.errors.ModelNotFound` where there is no checkpoint and
    :class:`~qa.errors.ModelCorrupt` where it cannot be read.
    """
    if not (folder / "config.json").is_file():
        raise ModelNotFound(f"{folder} is not a checkpoint", "train it first, or name another")
    try:
        reader: PreTrainedModel = AutoModelForQuestionAnswering.from_pretrained(
            folder,
            dtype=torch.float32,
            attn_implementation=ATTENTION,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            local_files_only=True,
        )
    except (OSError, ValueError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelCorrupt(f"{folder} cannot be read ({reason})", "train it again") from error
    if dropout:
        for module in list(reader.modules()):
            if hasattr(module, "LayerNorm") and isinstance(module.dropout, torch.nn.Dropout):
                module.dropout = RowDropout(dropout)
    reader.to(DEVICE)  # type: ignore[arg-type]  # transformers wraps torch's own signature
    return reader


def hidden_states(reader: PreTrainedModel, batch: Batch) -> torch.Tensor:
    """Return the body's output, ``(rows, tokens, width)`` in float32.

    Only the body runs in bfloat16: three digits are too few for a logit.
    """
    with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=BFLOAT16):
        hidden: torch.Tensor = reader.base_model(
            input_ids=batch.input_ids,
            attention_mask=batch.attention_mask,
            token_type_ids=batch.token_type_ids,
        ).last_hidden_state
    return hidden.float()


def span_logits(reader: PreTrainedModel, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the span head's start and end logits of the body's output, each ``(rows, tokens)``."""
    head: torch.nn.Linear = reader.qa_outputs  # type: ignore[assignment]
    logits = head(hidden)
    return logits[..., 0], logits[..., 1]
