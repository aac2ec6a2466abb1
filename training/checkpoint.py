"""Checkpoints: float32 weights for transformers, the tokenizer, and how they were made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from qa.errors import ModelCorrupt
from qa.networks.weights import ENCODER_NAME, encoder_folder
from training.networks import load_reader, load_tokenizer

MADE_OF = "training.json"
# What an interrupted training resumes from; gone when its checkpoint is complete.
STATE = "state"


def is_made(folder: Path, made_of: Mapping[str, object]) -> bool:
    """Return whether a checkpoint is complete; record what it is made of before it is begun.

    Raises :class:`~qa.errors.ModelCorrupt` where it was begun with something else.
    """
    if (folder / MADE_OF).is_file():
        begun = read_made_of(folder)
        asked = json.loads(json.dumps(made_of))
        if not isinstance(begun, dict) or any(begun.get(name) != asked[name] for name in asked):
            raise ModelCorrupt(f"{folder} was begun with other settings", "give another --output")
        return not (folder / STATE).exists() and (folder / "config.json").is_file()
    _write_made_of(folder, made_of)
    return False


def write_checkpoint(
    network: PreTrainedModel, folder: Path, tokenizer: Tokenizer, made_of: Mapping[str, object]
) -> None:
    """Write a reader's checkpoint."""
    network.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    finish(folder, made_of)


def finish(folder: Path, made_of: Mapping[str, object]) -> None:
    """Record what a checkpoint was made of and with, and remove the state of its training."""
    _write_made_of(folder, {**made_of, "torch": torch.__version__})
    state = folder / STATE
    if state.is_dir():
        shutil.rmtree(state)
    state.unlink(missing_ok=True)


def read_made_of(folder: Path) -> object:
    """Return what a checkpoint was made of; a name or path where it is not recorded."""
    if folder == encoder_folder():
        return ENCODER_NAME
    try:
        return json.loads((folder / MADE_OF).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return str(folder)


def _write_made_of(folder: Path, made_of: Mapping[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / MADE_OF, f"{json.dumps(made_of, indent=1)}\n".encode())


def average(checkpoints: Sequence[Path], folder: Path) -> Path:
    """Write the mean of readers' weights, and return its folder.

    Of those from one start, the mean is often better than any of them (Wortsman et al.,
    "Model soups", ICML 2022).
    """
    mean, *others = (load_reader(checkpoint) for checkpoint in checkpoints)
    with torch.no_grad():
        for name, weights in mean.state_dict().items():
            for other in others:
                weights.add_(other.state_dict()[name])
            weights.div_(len(checkpoints))
    made_of = {"mean_of": [read_made_of(each) for each in checkpoints]}
    write_checkpoint(mean, folder, load_tokenizer(), made_of)
    return folder


def replace_file(path: Path, data: bytes) -> None:
    """Write a file beside ``path`` and replace it when it is whole."""
    sibling = path.with_name(f"{path.name}.new")
    sibling.write_bytes(data)
    sibling.replace(path)
