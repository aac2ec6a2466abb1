"""What the commands of training do alike: one line for an error, one form of a checkpoint."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from qa.errors import QAError
from qa.weights import ENCODER_NAME, encoder_folder

HOW_MADE = "training.json"


def in_one_line(main: Callable[[], None]) -> Callable[[], None]:
    """Let a command end with what an error of ours says, and not with where it was raised."""

    @wraps(main)
    def told() -> None:
        try:
            main()
        except QAError as error:
            sys.exit(f"error: {error}")

    return told


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that change where and how quickly a training runs, and nothing else."""
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that make batches ahead of a GPU"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument(
        "--compile", action="store_true", help="fuse small steps; needs a C++ compiler"
    )
    parser.add_argument(
        "--checkpoint-every",
        type=at_least_one,
        default=250,
        metavar="STEPS",
        help="keep what is trained, for a run that is cut off, and judge it at every fourth time "
        "(default: %(default)s)",
    )


def at_least_one(text: str) -> int:
    """Return a number of steps from the command line; argparse says what is wrong with another."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("a number of steps, 1 or more")
    return number


def load_tokenizer() -> Tokenizer:
    """Return the encoder's tokenizer, which neither pads nor cuts."""
    tokenizer: Tokenizer = Tokenizer.from_file(str(encoder_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def keep(
    model: PreTrainedModel, folder: Path, tokenizer: Tokenizer, *, training: dict[str, object]
) -> None:
    """Write a checkpoint for transformers, its tokenizer, and how it was made."""
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / HOW_MADE).write_text(json.dumps(training, indent=1) + "\n", encoding="utf-8")


def how_made(checkpoint: Path | None) -> object:
    """Return what :func:`keep` wrote of a checkpoint, its path where it is of another make.

    None stands for the encoder.
    """
    if checkpoint is None:
        return ENCODER_NAME
    try:
        return json.loads((checkpoint / HOW_MADE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return str(checkpoint)
