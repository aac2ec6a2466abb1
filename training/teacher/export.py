"""Write the second reader: ``python -m training.teacher.export TEACHER MODELS``.

It has the inputs, outputs and word pieces of the shipped reader, so that the same class runs both.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from qa.errors import ModelCorrupt
from qa.networks.weights import MODELS, SECOND_READER
from training.command import run
from training.export import write_network
from training.networks import load_tokenizer
from training.rows import Row, collate
from training.smoothing import smooth
from training.teacher.checkpoint import add_weights_option, use_checkpoint
from training.teacher.network import Teacher, load_teacher
from training.teacher.units import ROWS, Rows
from training.teacher.weights import START_SHA256

MOST_TOKENS = 512
# Rows over which the largest states of each channel are looked up.
SMOOTHED_OVER = 96


class RowTeacher(torch.nn.Module):
    """MPNet under the ids of the shipped reader's tokenizer, one row in, without padding.

    The vectors of the word pieces are in the order of those ids, and so are the positions from 0
    on. The bias of a relative position is looked up for each distance rather than computed.
    """

    def __init__(self, teacher: Teacher) -> None:
        super().__init__()
        network = teacher.network
        body: Any = network.base_model
        self.body = body
        embeddings, encoder = body.embeddings, body.encoder
        words = embeddings.word_embeddings.weight.detach()[teacher.table].clone()
        self.words = torch.nn.Embedding(len(words), words.shape[1], _weight=words)
        # MPNet counts positions from the one after that of padding.
        first = embeddings.padding_idx + 1
        positions = embeddings.position_embeddings.weight.detach()[first:].clone()
        self.positions = torch.nn.Parameter(positions, requires_grad=False)
        distances = torch.arange(1 - MOST_TOKENS, MOST_TOKENS)
        bucket = encoder.relative_position_bucket(distances)
        bias = encoder.relative_attention_bias(bucket).detach().clone()
        self.bias = torch.nn.Parameter(bias, requires_grad=False)
        self.head: torch.nn.Linear = network.qa_outputs  # type: ignore[assignment]

    def forward(
        self, input_ids: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits of shape ``(1, tokens)`` each; MPNet has no use for token types."""
        at = torch.arange(input_ids.shape[1])
        distances = at[None, :] - at[:, None] + MOST_TOKENS - 1
        bias = self.bias[distances].permute(2, 0, 1)[None]
        hidden = self.words(input_ids) + self.positions[: input_ids.shape[1]][None]
        hidden = self.body.embeddings.LayerNorm(hidden)
        for layer in self.body.encoder.layer:
            hidden = layer(hidden, None, bias)[0]
        start, end = self.head(hidden).unbind(dim=-1)
        return start, end


def export_second_reader(
    teacher: Teacher, rows: Sequence[Row], models: Path, made_of: Mapping[str, object]
) -> Path:
    """Write ``second_reader-1.onnx`` and so on, and ``second_reader.json``, into ``models``.

    The teacher's layers are smoothed (:mod:`training.smoothing`) over ``rows``.
    Raises :class:`~qa.errors.ModelCorrupt` for a teacher that is no MPNet.
    """
    if teacher.table is None:
        raise ModelCorrupt("the second reader is an MPNet, and this is none", "name another")
    models.mkdir(parents=True, exist_ok=True)
    if not (models / "tokenizer.json").is_file():
        load_tokenizer().save(str(models / "tokenizer.json"))

    def read_some() -> None:
        with torch.inference_mode():
            for each in rows:
                teacher.logits(collate([each]))

    body: Any = teacher.network.base_model
    smooth(list(body.encoder.layer), read_some)
    row = RowTeacher(teacher).eval()
    outputs = ("start_logits", "end_logits")
    return write_network(row, SECOND_READER, models, outputs, {"training": made_of})


def main() -> None:
    """Export a teacher as the second reader, in int8."""
    parser = argparse.ArgumentParser(
        prog="python -m training.teacher.export", description=main.__doc__
    )
    parser.add_argument("teacher", type=Path, help="folder of the weights it was begun with")
    parser.add_argument("checkpoint", type=Path, help="of its training")
    parser.add_argument("data", type=Path, help="the output of training.teacher.mix")
    parser.add_argument("models", type=Path, nargs="?", default=MODELS, help="receives the files")
    add_weights_option(parser)
    options = parser.parse_args()
    teacher = load_teacher(options.teacher, precision="fp32")
    saved = use_checkpoint(teacher, options.checkpoint, options.weights)
    teacher.network.train(False)
    made_of = {
        "source": "all-mpnet-base-v2",
        "source_sha256": START_SHA256,
        "recipe": saved["recipe"],
        "step": saved["place"]["step"],
        "weights": options.weights,
    }
    rows = Rows(options.data / "train" / ROWS)
    numbers = random.Random(1).sample(range(len(rows)), min(SMOOTHED_OVER, len(rows)))
    sample = [rows.row(number) for number in numbers]
    print(export_second_reader(teacher, sample, options.models, made_of))


if __name__ == "__main__":
    run(main)
