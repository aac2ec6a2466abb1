"""The mean of checkpoints: ``python -m training.average TARGET CHECKPOINT CHECKPOINT...``.

Of those on one path of training, or from one start, the mean is often better than any of
them (Wortsman et al., "Model soups", ICML 2022).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer

from qa.errors import ModelNotFound
from training.commands import how_made, in_one_line, keep, share
from training.export import export_reader
from training.trainer import new_model


def average(
    target: Path, checkpoints: Sequence[Path], *, shares: Sequence[float] = ()
) -> dict[str, object]:
    """Write the mean of checkpoints' weights, by ``shares`` that sum to one, or alike.

    Returns how it was made.
    """
    for checkpoint in checkpoints:
        if not (checkpoint / "tokenizer.json").is_file():
            raise ModelNotFound(f"{checkpoint} is no checkpoint of ours: train it first")
    shares = shares or [1 / len(checkpoints)] * len(checkpoints)
    model = new_model(checkpoints[0])
    others = [new_model(checkpoint).state_dict() for checkpoint in checkpoints[1:]]
    with torch.no_grad():
        for name, weights in model.state_dict().items():
            weights.mul_(shares[0])
            for share, other in zip(shares[1:], others, strict=True):
                weights.add_(other[name], alpha=share)
    tokenizer: Tokenizer = Tokenizer.from_file(str(checkpoints[0] / "tokenizer.json"))
    training = {"mean_of": [how_made(each) for each in checkpoints], "shares": list(shares)}
    keep(model, target, tokenizer, training=training)
    return training


@in_one_line
def main() -> None:
    """Average the weights of checkpoints."""
    parser = argparse.ArgumentParser(prog="python -m training.average", description=main.__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("checkpoints", type=Path, nargs="+", metavar="checkpoint")
    parser.add_argument(
        "--shares", type=share, nargs="+", default=[], help="of each, in order; default: alike"
    )
    parser.add_argument("--models", type=Path, help="export the int8 file here too")
    options = parser.parse_args()
    if options.shares and (
        len(options.shares) != len(options.checkpoints) or abs(sum(options.shares) - 1) > 1e-6
    ):
        parser.error("--shares: one for each checkpoint, and together 1")
    made = average(options.target, options.checkpoints, shares=options.shares)
    if options.models:
        print(f"exported {export_reader(options.target, options.models, training=made)}")


if __name__ == "__main__":
    main()
