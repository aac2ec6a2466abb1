"""The shipped int8 files as checkpoints: ``python -m training.restore FOLDER``.

Transformers loads the reader that is written, so that others can use it or train it further
(:func:`training.reader.train_reader`); sentence-transformers loads the encoder, with
``--encoder``.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import numpy_helper

from qa.errors import ModelCorrupt
from qa.networks.weights import MODELS, Model, encoder_folder, read_model
from training.command import run
from training.networks import load_reader

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_REMEDY = "make one with `make train DATA=folder TEXT=file`"


def restore(target: Path, *, models: Path = MODELS) -> None:
    """Write the reader in ``models`` to ``target`` in float32, its tokenizer beside it.

    Its logits differ from those of the int8 file by the rounding of activations
    alone. Raises :class:`~qa.errors.ModelCorrupt` for a file that
    :mod:`training.export` did not write.
    """
    reader = load_reader(encoder_folder())
    stored = _load_weights(reader, "reader", models, {"body.": "bert.", "head.": "qa_outputs."})
    reader.save_pretrained(target)
    (target / "tokenizer.json").write_text(stored.tokenizer, encoding="utf-8")


def restore_encoder(target: Path, *, models: Path = MODELS) -> None:
    """Write the encoder in ``models`` to ``target`` in float32, for sentence-transformers.

    Its vectors differ from those of the int8 file by the rounding of activations alone.
    Raises :class:`~qa.errors.ModelCorrupt` as :func:`restore` does.
    """
    from sentence_transformers import SentenceTransformer

    network = SentenceTransformer(str(encoder_folder()), device="cpu", local_files_only=True)
    body: PreTrainedModel = network[0].auto_model  # type: ignore[assignment]
    _load_weights(body, "encoder", models, {"body.": ""})
    network.save_pretrained(str(target), create_model_card=False)


def _load_weights(
    network: torch.nn.Module, kind: str, models: Path, prefixes: Mapping[str, str]
) -> Model:
    """Give a network the weights of an exported file, and return the file.

    ``prefixes`` of parameters in the file become those of the network. Its pooler, which no
    exported network has, stays as it is.
    """
    stored = read_model(kind, folder=models)
    try:
        weights = float_weights(onnx.load_model_from_string(stored.network))
        for old, new in prefixes.items():
            weights = {re.sub(f"^{old}", new, name): value for name, value in weights.items()}
        state = {name: torch.from_numpy(value) for name, value in weights.items()}
        pooler = {n: v for n, v in network.state_dict().items() if n.startswith("pooler.")}
        network.load_state_dict(state | pooler)
    # Not a network, one with other parts, or parameters of other names or shapes.
    except (DecodeError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        problem = f"{models / kind}.onnx is not an exported {kind} ({reason})"
        raise ModelCorrupt(problem, _REMEDY) from error
    return stored


def float_weights(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """Return the parameters of an exported network by their names in it.

    A quantised one is ``(integer - zero point) * scale``, with a scale per output
    channel or one for all (the ONNX operator DequantizeLinear).
    """
    stored = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    consumers = {name: node for node in model.graph.node for name in node.input}

    def dequantized(name: str) -> NDArray[np.float32]:
        zero_point = stored[f"{name}_zero_point"].astype(np.float32)
        integers = stored[f"{name}_quantized"].astype(np.float32)
        values: NDArray[np.float32] = (integers - zero_point) * stored[f"{name}_scale"]
        return values

    parameters = {
        name: array.copy() for name, array in stored.items() if name.endswith((".weight", ".bias"))
    }
    for name in stored:
        if name.startswith("body.") and name.endswith(".weight_quantized"):
            plain = name.removesuffix("_quantized")
            parameters[plain] = dequantized(plain)
    # The exporter renames the matrices but not the biases that are added to their products.
    for node in model.graph.node:
        if node.op_type == "MatMulInteger":
            matrix = node.input[1].removesuffix("_quantized")
            parameters[_bias_after(node, consumers).replace(".bias", ".weight")] = (
                np.ascontiguousarray(dequantized(matrix).T)
            )
    return parameters


def _bias_after(node: onnx.NodeProto, consumers: dict[str, onnx.NodeProto]) -> str:
    """Return the name of the bias that is added to a product."""
    while True:
        node = consumers[node.output[0]]
        for name in node.input:
            if name.endswith(".bias") and "LayerNorm" not in name:
                return str(name)


def main() -> None:
    """Write the shipped reader or encoder as a float32 checkpoint."""
    parser = argparse.ArgumentParser(prog="python -m training.restore", description=main.__doc__)
    parser.add_argument("target", type=Path, metavar="FOLDER")
    parser.add_argument("--models", type=Path, default=MODELS, help="default: the shipped ones")
    parser.add_argument("--encoder", action="store_true", help="the encoder instead of the reader")
    options = parser.parse_args()
    if options.encoder:
        restore_encoder(options.target, models=options.models)
        print(f"{options.target}: load it with sentence_transformers.SentenceTransformer")
    else:
        restore(options.target, models=options.models)
        print(f"{options.target}: load it with AutoModelForQuestionAnswering.from_pretrained")


if __name__ == "__main__":
    run(main)
