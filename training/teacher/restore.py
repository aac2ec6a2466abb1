"""The shipped second reader, to train further: ``python -m training.teacher.restore START FOLDER``.

What is written is a folder of weights in float32 that every command of this package begins with.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import numpy_helper
from safetensors.torch import save_file

from qa.errors import ModelCorrupt
from qa.networks.weights import MODELS, SECOND_READER, read_model
from training.command import run
from training.restore import float_weights
from training.teacher.network import load_teacher
from training.teacher.weights import CONFIG, TOKENIZER, WHOLE

_REMEDY = "write one with `python -m training.teacher.export`"
_PART = re.compile(r"mpnet\.encoder\.layer\.\d+\.|qa_outputs\.")
_PREFIXES = {"body.": "mpnet.", "head.": "qa_outputs."}
# Layers with the same input are divided by the same factors, which are stored once.
_SAME_INPUT = {"attn.k": "attn.q", "attn.v": "attn.q"}


def restore_second_reader(start: Path, target: Path, *, models: Path = MODELS) -> None:
    """Write the second reader in ``models`` to ``target`` in float32, its tokenizer beside it.

    ``start`` is the folder that its training began with. Embeddings, relative bias and the layers
    that no run has trained are taken from there, where they are the same. The others differ from
    those that were exported by the rounding of weights to int8. Raises
    :class:`~qa.errors.ModelCorrupt` for a file that :mod:`training.teacher.export` did not write.
    """
    network = load_teacher(start, precision="fp32").network
    stored = read_model(SECOND_READER, folder=models).network
    begun = network.state_dict()
    try:
        found = _float_weights(onnx.load_model_from_string(stored))
        parts = {name: torch.from_numpy(found[name]) for name in begun if _part(name)}
        # Vectors are stored as they are: where they are those of the start, so is the layer.
        trained = {
            _part(name)
            for name, each in parts.items()
            if each.ndim == 1 and not torch.equal(each, begun[name])
        }
        changed = {name: each for name, each in parts.items() if _part(name) in trained}
        network.load_state_dict(begun | changed)
    # Not a network, one with other parts, or parameters of other names or shapes.
    except (DecodeError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelCorrupt(f"{models} has no exported second reader ({reason})", _REMEDY) from error
    target.mkdir(parents=True, exist_ok=True)
    for name in (CONFIG, TOKENIZER):
        shutil.copyfile(start / name, target / name)
    weights = {name: weight.contiguous() for name, weight in network.state_dict().items()}
    save_file(weights, target / WHOLE)


def _part(name: str) -> str:
    """Return the layer or head that a parameter is of, empty for those that are not trained."""
    found = _PART.match(name)
    return found[0] if found else ""


def _float_weights(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """Return the parameters of layers and head by MPNet's names, as they were not smoothed.

    A smoothed layer multiplies states by the inverse of its factors, and the result by weights
    that were multiplied by the factors (:mod:`training.smoothing`).
    """
    inverse = {
        each.name.removesuffix(".inverse"): numpy_helper.to_array(each)
        for each in model.graph.initializer
        if each.name.endswith(".inverse")
    }
    weights = {}
    for name, value in float_weights(model).items():
        layer, smoothed, kind = name.rpartition(".linear.")
        if smoothed:
            value = value * inverse[_with_factors(layer)] if kind == "weight" else value
            name = f"{layer}.{kind}"
        for old, new in _PREFIXES.items():
            name = f"{new}{name.removeprefix(old)}" if name.startswith(old) else name
        weights[name] = value
    return weights


def _with_factors(layer: str) -> str:
    for one, first in _SAME_INPUT.items():
        layer = f"{layer.removesuffix(one)}{first}" if layer.endswith(one) else layer
    return layer


def main() -> None:
    """Write the shipped second reader as a float32 checkpoint."""
    parser = argparse.ArgumentParser(
        prog="python -m training.teacher.restore", description=main.__doc__
    )
    parser.add_argument("start", type=Path, help="folder of the weights it was begun with")
    parser.add_argument("target", type=Path, metavar="FOLDER")
    parser.add_argument("--models", type=Path, default=MODELS, help="default: the shipped one")
    options = parser.parse_args()
    restore_second_reader(options.start, options.target, models=options.models)


if __name__ == "__main__":
    run(main)
