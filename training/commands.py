"""What the commands of training do alike: one line for an error, one form of a checkpoint."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from qa.arguments import number, whole
from qa.errors import QAError
from qa.networks.weights import ENCODER_NAME, encoder_folder

HOW_MADE = "training.json"
# Tokens of a row: with fewer there is no room for a passage beside question and heading.
ROW_AT_LEAST, POSITIONS = 160, 512


def in_one_line(main: Callable[[], None]) -> Callable[[], None]:
    """Let a command end with what an error of ours says, and not with where it was raised."""

    @wraps(main)
    def told() -> None:
        try:
            main()
        except QAError as error:
            sys.exit(f"error: {error}")

    return told


def add_device_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where networks run."""
    parser.add_argument(
        "--device", type=_device, default="cuda" if torch.cuda.is_available() else "cpu"
    )


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that change nothing of what a training makes.

    Where and how quickly it runs, and how often what is made so far is kept.
    """
    add_device_option(parser)
    parser.add_argument(
        "--workers",
        type=at_least_none,
        default=0,
        help="processes that make batches ahead of a GPU (default: none)",
    )
    parser.add_argument(
        "--compile", action="store_true", help="fuse small steps; needs a C++ compiler"
    )
    parser.add_argument(
        "--checkpoint-every",
        type=at_least_one,
        default=250,
        metavar="STEPS",
        help="keep what is trained, for a run that is cut off; with held-out questions, what was "
        "kept is judged every fourth time (default: %(default)s)",
    )


def at_least_one(text: str) -> int:
    """Return a whole number of 1 or more; argparse prints what is wrong with another."""
    return whole(text, 1)


def at_least_none(text: str) -> int:
    """Return a whole number of 0 or more; argparse prints what is wrong with another."""
    return whole(text, 0)


def share(text: str) -> float:
    """Return a number from 0 to 1; argparse prints what is wrong with another."""
    return number(text, lambda value: 0 <= value <= 1, "not between 0 and 1")


def more_than_none(text: str) -> float:
    """Return a number over 0; argparse prints what is wrong with another."""
    return number(text, lambda value: 0 < value < math.inf, "no number over 0")


def but_not_all(text: str) -> float:
    """Return a number from 0 to below 1; argparse prints what is wrong with another."""
    return number(text, lambda value: 0 <= value < 1, "not from 0 to below 1")


def tokens_of_a_row(text: str) -> int:
    """Return how many tokens a row may have; argparse prints what is wrong with another."""
    tokens = whole(text, ROW_AT_LEAST)
    if tokens > POSITIONS:
        raise argparse.ArgumentTypeError(f"{text} is more than the network's {POSITIONS} positions")
    return tokens


def pattern(text: str) -> str:
    """Return a regular expression; argparse prints what is wrong with another."""
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text} is no regular expression: {error}") from error
    return text


def _device(text: str) -> str:
    if text == "cpu" or (text == "cuda" and torch.cuda.is_available()):
        return text
    raise argparse.ArgumentTypeError(
        f"{text} is neither cpu nor cuda, or PyTorch finds no such device here"
    )


def load_tokenizer() -> Tokenizer:
    """Return the encoder's tokenizer, which neither pads nor cuts."""
    tokenizer: Tokenizer = Tokenizer.from_file(str(encoder_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def swap_in(path: Path, data: bytes) -> None:
    """Write a file beside ``path`` and put it there when it is whole."""
    sibling = path.with_name(f"{path.name}.new")
    sibling.write_bytes(data)
    sibling.replace(path)


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
