"""The network in training: the shipped reader's BERT, or MPNet, on the shipped reader's rows.

Both vocabularies have the same word pieces under different numbers, so for MPNet each row is
translated token by token, and the logits of both networks are at the same positions. MPNet has no
token types.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import MPNetConfig, MPNetForQuestionAnswering, PreTrainedModel

from qa.errors import ModelCorrupt, ModelNotFound
from training.networks import (
    BFLOAT16,
    DEVICE,
    RowDropout,
    load_reader,
    load_tokenizer,
    span_logits,
)
from training.objective import Sides
from training.rounding import RealTokens, add_rounding
from training.rows import Batch
from training.teacher.weights import CONFIG, TOKENIZER, read_weights

PRECISIONS = ("auto", "bf16", "fp32")
# The special tokens, the only ones that the two vocabularies spell differently.
_SPECIAL = {"[PAD]": "<pad>", "[CLS]": "<s>", "[SEP]": "</s>", "[MASK]": "<mask>"}
_REMEDY = "join the downloaded parts with `python -m training.teacher.weights`"


@dataclass(slots=True)
class Teacher:
    """The network, and ``table``, the id of each token by the shipped reader's id.

    The shipped reader's own network has no table. ``generator`` draws what dropout leaves out: each
    replica has its own. ``rounding`` is there if the network rounds as its int8 file does.
    """

    network: PreTrainedModel
    table: torch.Tensor | None
    bfloat16: bool
    dropout: float
    generator: torch.Generator
    rounding: RealTokens | None = None

    def round(self) -> None:
        """Round weights and activations from now on, as the int8 file does."""
        self.rounding = add_rounding(self.network)

    def replica(self) -> Teacher:
        """Return a teacher that shares the weights and has its own gradients and dropout."""
        network = type(self.network)(self.network.config)
        network.to(torch.device(DEVICE))  # type: ignore[arg-type]  # wraps torch's own signature
        for own, shared in zip(network.parameters(), self.network.parameters(), strict=True):
            own.data = shared.data
            own.requires_grad_(shared.requires_grad)
        network.train(self.network.training)
        generator = _add_dropout(network, self.dropout)
        made = Teacher(network, self.table, self.bfloat16, self.dropout, generator)
        if self.rounding:
            made.round()
        return made

    def logits(self, batch: Batch) -> Sides:
        """Return start and end logits, each ``(rows, tokens)`` in float32.

        Only the body runs in bfloat16: three digits are too few for a logit.
        """
        if self.table is None:
            given = {"input_ids": batch.input_ids, "token_type_ids": batch.token_type_ids}
        else:
            given = {"input_ids": self.table[batch.input_ids]}
        if self.rounding:
            self.rounding.mask = batch.attention_mask
        with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=self.bfloat16):
            hidden = self.network.base_model(
                **given, attention_mask=batch.attention_mask
            ).last_hidden_state
        return span_logits(self.network, hidden.float())


def load_teacher(folder: Path, *, precision: str = "auto", dropout: float = 0.0) -> Teacher:
    """Return the teacher in a folder, with the same random span head each time if it has none.

    A checkpoint of the shipped reader's network is one too. Weights become float32. ``precision``
    "auto" is what the device computes fastest. Raises :class:`~qa.errors.ModelNotFound` where the
    folder has no teacher and :class:`~qa.errors.ModelCorrupt` where it lacks weights or has other
    word pieces.
    """
    if not (folder / CONFIG).is_file() or not (folder / TOKENIZER).is_file():
        raise ModelNotFound(f"{folder} has no {CONFIG} or no {TOKENIZER}", _REMEDY)
    torch.manual_seed(0)
    bfloat16 = BFLOAT16 if precision == "auto" else precision == "bf16"
    if is_small(folder):
        reader = load_reader(folder)
        return Teacher(reader, None, bfloat16, dropout, _add_dropout(reader, dropout))
    config = MPNetConfig.from_pretrained(
        folder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    network = MPNetForQuestionAnswering(config)
    names = set(network.state_dict())
    weights = read_weights(folder)
    # The encoder's weights have no prefix, and a pooler that a reader has no use for.
    found = {name if name in names else f"mpnet.{name}": each for name, each in weights.items()}
    found = {name: each.float() for name, each in found.items() if name in names}
    missing = sorted(name for name in names - found.keys() if not name.startswith("qa_outputs"))
    if missing:
        raise ModelCorrupt(f"{folder} lacks {missing[0]} and {len(missing) - 1} more", _REMEDY)
    network.load_state_dict(found, strict=False)
    network.to(torch.device(DEVICE))  # type: ignore[arg-type]  # wraps torch's own signature
    table = translation(load_tokenizer(), Tokenizer.from_file(str(folder / TOKENIZER))).to(DEVICE)
    return Teacher(network, table, bfloat16, dropout, _add_dropout(network, dropout))


def finished(folder: Path, *, precision: str = "auto") -> Teacher:
    """Return the teacher in a folder as it reads, no longer in training."""
    teacher = load_teacher(folder, precision=precision)
    teacher.network.train(False)
    return teacher


def is_small(folder: Path) -> bool:
    """Return whether a folder has a checkpoint of the shipped reader's network."""
    kind = json.loads((folder / CONFIG).read_text(encoding="utf-8")).get("model_type")
    return bool(kind == "bert")


def translation(small: Tokenizer, large: Tokenizer) -> torch.Tensor:
    """Return the large tokenizer's id for each id of the small one, by the tokens' strings.

    Raises :class:`~qa.errors.ModelCorrupt` where a token has no counterpart, or two share one.
    """
    known = large.get_vocab()
    tokens = sorted(small.get_vocab().items(), key=lambda item: item[1])
    ids = [known.get(_SPECIAL.get(token, token), -1) for token, _ in tokens]
    if -1 in ids or len(set(ids)) < len(ids):
        raise ModelCorrupt("the teacher's tokenizer has other word pieces than the reader's")
    return torch.tensor(ids)


def _add_dropout(network: PreTrainedModel, probability: float) -> torch.Generator:
    """Put dropout by rows beside each layer normalisation; return its random generator."""
    generator = torch.Generator(DEVICE)
    for module in list(network.modules()):
        if hasattr(module, "LayerNorm") and hasattr(module, "dropout"):
            module.dropout = RowDropout(probability, generator)
    return generator
