"""From float32 checkpoints to the int8 ONNX files that ship."""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from transformers import (
    AttentionInterface,
    AttentionMaskInterface,
    AutoModel,
    AutoModelForQuestionAnswering,
    PreTrainedModel,
)

from qa.errors import ModelCorrupt
from qa.hashing import sha256_of
from qa.networks.weights import ENCODER_NAME, ENCODER_SHA256, network_files
from training.checkpoint import read_made_of, replace_file
from training.networks import load_tokenizer

HEADS = 12
OPSET = 20  # the first that has Gelu
# Git hosts warn of files from 50 MB on.
PART_BYTES = 45_000_000
_ATTENTION = "verbatim_unmasked"


def _unmasked(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    *,
    scaling: float,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Return attention's output, ``(1, tokens, heads, width)``, as transformers asks for it.

    The others are ``(1, heads, tokens, width)``; softmax(QK'/sqrt(width))V: Vaswani et
    al., 2017, (1). A row is never padded, so nothing is hidden from anything; a mask of
    zeros would be added to every score all the same.
    """
    weights = torch.softmax(query @ key.transpose(2, 3) * scaling, dim=-1)
    return (weights @ value).transpose(1, 2).contiguous(), None


def _no_mask(*_: object, **__: object) -> None:
    """Return no mask, where transformers asks for one."""


AttentionInterface.register(_ATTENTION, _unmasked)
AttentionMaskInterface.register(_ATTENTION, _no_mask)


class _RowReader(torch.nn.Module):
    """One row in, its start and end logits out.

    There is no attention mask among the inputs: the reader runs one passage a
    call and never pads, since dynamic int8 takes one activation scale over all
    it is given, and a passage's logits must not depend on its neighbours.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.body = model.base_model
        self.head: torch.nn.Linear = model.qa_outputs  # type: ignore[assignment]

    def forward(
        self, input_ids: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits of shape ``(1, tokens)`` each."""
        hidden = self.body(input_ids=input_ids, token_type_ids=token_type_ids).last_hidden_state
        start, end = self.head(hidden).unbind(dim=-1)
        return start, end


class _RowEncoder(torch.nn.Module):
    """One text in, its unit vector out, the normalised mean over the tokens, and their states."""

    def __init__(self, body: PreTrainedModel) -> None:
        super().__init__()
        self.body = body

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a vector of shape ``(1, dimension)`` and states ``(1, tokens, dimension)``."""
        hidden = self.body(input_ids=input_ids).last_hidden_state
        vector = torch.nn.functional.normalize(hidden.mean(dim=1), dim=1)
        return vector, hidden


def export_float(row: torch.nn.Module, target: Path, *, outputs: Sequence[str]) -> None:
    """Write a network of one row as a float32 ONNX file with fused transformer operators.

    Its inputs are named as the arguments of its ``forward``, each ``(1, tokens)``.
    """
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    # See qa.networks.weights.SLOW_FUSIONS.
    fusions = FusionOptions("bert")
    fusions.enable_skip_layer_norm = fusions.enable_bias_skip_layer_norm = False
    fusions.enable_bias_gelu = False
    inputs = list(inspect.signature(row.forward).parameters)
    tokens = torch.export.Dim("tokens", min=2, max=512)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            row,
            # One tensor each: given one object twice, the exporter would merge the two inputs.
            tuple(torch.full((1, 40), value) for value in range(1, -len(inputs) + 1, -1)),
            plain,
            input_names=inputs,
            output_names=list(outputs),
            dynamic_shapes=tuple({1: tokens} for _ in inputs),
            opset_version=OPSET,
            external_data=False,
            dynamo=True,
        )
        optimized = optimize_model(
            str(plain),
            model_type="bert",
            num_heads=HEADS,
            hidden_size=row.body.config.hidden_size,  # type: ignore[union-attr]
            optimization_options=fusions,
            opt_level=0,
        )
        # The lines of Python that each node came from: a third of a megabyte.
        graph = optimized.model.graph
        for noted in (*graph.node, *graph.value_info, *graph.initializer):
            noted.ClearField("metadata_props")
            noted.ClearField("doc_string")
        optimized.save_model_to_file(str(target))
    _check_same(row, target, inputs)


def _check_same(row: torch.nn.Module, exported: Path, inputs: Sequence[str]) -> None:
    """Compare the exported network with the original on a row it was not traced with."""
    import onnxruntime

    ids = torch.randint(1000, 20000, (1, 57), generator=torch.Generator().manual_seed(0))
    given = [ids, (torch.arange(57) > 12).long()[None]][: len(inputs)]
    with torch.inference_mode():
        result = row(*given)
    expected = torch.cat([each.flatten() for each in result]).numpy()
    session = onnxruntime.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
    feeds = {name: tensor.numpy() for name, tensor in zip(inputs, given, strict=True)}
    found = np.concatenate([each.ravel() for each in session.run(None, feeds)])
    difference = float(np.abs(found - expected).max())
    if not difference <= 1e-3:  # so that NaN is refused too
        raise ModelCorrupt(
            f"{exported} differs from its checkpoint by {difference:.3g}",
            "check the exporter's version in constraints.txt",
        )


def export_reader(checkpoint: Path, models: Path, *, int8: bool = True) -> Path:
    """Write ``reader.onnx``, ``tokenizer.json`` and ``reader.json`` into ``models``.

    Without ``int8`` the file is in float32, to be compared with.
    """
    model = AutoModelForQuestionAnswering.from_pretrained(
        checkpoint, dtype=torch.float32, attn_implementation=_ATTENTION
    ).eval()
    models.mkdir(parents=True, exist_ok=True)
    (models / "tokenizer.json").write_bytes((checkpoint / "tokenizer.json").read_bytes())
    outputs = ("start_logits", "end_logits")
    about = {"training": read_made_of(checkpoint)}
    return write_network(_RowReader(model).eval(), "reader", models, outputs, about, int8=int8)


def export_encoder(checkpoint: Path, models: Path) -> Path:
    """Write ``encoder.onnx`` and ``encoder.json`` into ``models``.

    The tokenizer is that of the reader, which was made from the same weights.
    """
    model = AutoModel.from_pretrained(
        checkpoint, dtype=torch.float32, attn_implementation=_ATTENTION
    ).eval()
    models.mkdir(parents=True, exist_ok=True)
    if not (models / "tokenizer.json").is_file():
        load_tokenizer().save(str(models / "tokenizer.json"))
    about = {
        "source": ENCODER_NAME,
        "source_sha256": ENCODER_SHA256,
        "training": read_made_of(checkpoint),
    }
    row = _RowEncoder(model).eval()
    return write_network(row, "encoder", models, ("vector", "states"), about)


def write_network(
    row: torch.nn.Module,
    name: str,
    models: Path,
    outputs: Sequence[str],
    about: Mapping[str, object],
    *,
    int8: bool = True,
) -> Path:
    """Write a network, and beside it the hashes that are checked on load.

    int8 is by dynamic quantisation, with one weight scale per output channel. A network of more
    than ``PART_BYTES`` is written in parts. Returns the first file.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "float.onnx"
        export_float(row, made, outputs=outputs)
        if int8:
            plain, made = made, Path(folder) / "int8.onnx"
            quantize_dynamic(
                plain,
                made,
                per_channel=True,
                reduce_range=False,
                weight_type=QuantType.QInt8,
                extra_options={"MatMulConstBOnly": True},
            )
        network = made.read_bytes()
    files = network_files(models, name, math.ceil(len(network) / PART_BYTES))
    size = math.ceil(len(network) / len(files))
    for number, file in enumerate(files):
        replace_file(file, network[number * size : (number + 1) * size])
    description = {
        "format": 1,
        "weights_sha256": hashlib.sha256(network).hexdigest(),
        "tokenizer_sha256": sha256_of(models / "tokenizer.json"),
        **({"parts": len(files)} if len(files) > 1 else {}),
        **about,
    }
    replace_file(models / f"{name}.json", f"{json.dumps(description, indent=2)}\n".encode())
    return files[0]
