"""The shipped int8 files as checkpoints: ``python -m training.restore FOLDER``.

Transformers loads what is written, so that others can use the reader or train it
further: ``python -m training.reader DATA --start FOLDER``. The encoder, with ``--encoder``, is
written for sentence-transformers.
"""

from __future__ import annotations

import argparse
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
from training.commands import in_one_line
from training.trainer import new_model

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_REMEDY = "make one with `make train DATA=folder TEXT=file`"


def restore(target: Path, *, models: Path = MODELS) -> None:
    """Write the reader in ``models`` to ``target`` in float32, its tokenizer beside it.

    Its logits differ from those of the int8 file by the rounding of activations
    alone. Raises :class:`~qa.errors.ModelCorrupt` for a file that
    ``training.export`` has not made.
    """
    stored = read_model("reader", folder=models)
    model = new_model(encoder_folder())
    weights = _weights_in(stored, models / "reader.onnx", "reader")
    named = {_of_reader(name): value for name, value in weights.items()}
    _fill(model, named, models / "reader.onnx", "reader")
    model.save_pretrained(target)
    (target / "tokenizer.json").write_text(stored.tokenizer, encoding="utf-8")


def restore_encoder(target: Path, *, models: Path = MODELS) -> None:
    """Write the encoder in ``models`` to ``target`` in float32, for sentence-transformers.

    Its vectors differ from those of the int8 file by the rounding of activations alone.
    Raises :class:`~qa.errors.ModelCorrupt` as :func:`restore` does.
    """
    from sentence_transformers import SentenceTransformer

    stored = read_model("encoder", folder=models)
    network = SentenceTransformer(str(encoder_folder()), device="cpu", local_files_only=True)
    weights = _weights_in(stored, models / "encoder.onnx", "encoder")
    body: PreTrainedModel = network[0].auto_model  # type: ignore[assignment]
    # It ends in a mean over the tokens, and has no use for the pooler that comes with it.
    kept = {name: w.numpy() for name, w in body.state_dict().items() if name.startswith("pooler.")}
    named = {name.removeprefix("body."): value for name, value in weights.items()}
    _fill(body, kept | named, models / "encoder.onnx", "encoder")
    network.save_pretrained(str(target), create_model_card=False)


def _of_reader(name: str) -> str:
    return name.replace("body.", "bert.").replace("head.", "qa_outputs.")


def _weights_in(stored: Model, path: Path, kind: str) -> dict[str, NDArray[np.float32]]:
    """Return the parameters of the file at ``path``, which is to be a ``kind`` of ours."""
    try:
        return float_weights(onnx.load_model_from_string(stored.network))
    except (DecodeError, KeyError) as error:  # no network, or one with other parts
        raise ModelCorrupt(f"{path} is no {kind} of ours ({error})", _REMEDY) from error


def _fill(
    model: torch.nn.Module, weights: Mapping[str, NDArray[np.float32]], path: Path, kind: str
) -> None:
    """Give ``model`` the weights of the file at ``path``, which is to be a ``kind`` of ours."""
    try:
        model.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    except RuntimeError as error:  # names or shapes that do not fit
        reason = " ".join(str(error).split())[:200]
        raise ModelCorrupt(f"{path} is no {kind} of ours ({reason})", _REMEDY) from error


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


@in_one_line
def main() -> None:
    """Write the shipped reader or encoder as a float32 checkpoint."""
    parser = argparse.ArgumentParser(prog="python -m training.restore", description=main.__doc__)
    parser.add_argument("target", type=Path, metavar="FOLDER")
    parser.add_argument("--models", type=Path, default=MODELS, help="default: the shipped ones")
    parser.add_argument("--encoder", action="store_true", help="the encoder, not the reader")
    options = parser.parse_args()
    if options.encoder:
        restore_encoder(options.target, models=options.models)
        print(f"{options.target}: load it with sentence_transformers.SentenceTransformer")
    else:
        restore(options.target, models=options.models)
        print(f"{options.target}: load it with AutoModelForQuestionAnswering.from_pretrained")


if __name__ == "__main__":
    main()
