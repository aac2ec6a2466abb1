"""The mean of two checkpoints: ``python -m qa.train.average FIRST SECOND TARGET``.

Of two on one path of training the mean is often better than either (Wortsman et
al., "Model soups", ICML 2022).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from qa.train.export import export_reader
from qa.train.trainer import new_model


def average(first: Path, second: Path, target: Path, *, share: float = 0.5) -> None:
    """Write ``share`` of the first checkpoint's weights plus the rest of the second's."""
    model, other = new_model(first), new_model(second).state_dict()
    with torch.no_grad():
        for name, weights in model.state_dict().items():
            weights.mul_(share).add_(other[name], alpha=1 - share)
    model.save_pretrained(target)
    (target / "tokenizer.json").write_bytes((first / "tokenizer.json").read_bytes())


def main() -> None:
    """Average the weights of two checkpoints."""
    parser = argparse.ArgumentParser(prog="python -m qa.train.average", description=main.__doc__)
    for name in ("first", "second", "target"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of the first checkpoint")
    parser.add_argument("--models", type=Path, help="export the int8 file here too")
    options = parser.parse_args()
    average(options.first, options.second, options.target, share=options.share)
    if options.models:
        made = {"average": [str(options.first), str(options.second)], "share": options.share}
        print(f"exported {export_reader(options.target, options.models, training=made)}")


if __name__ == "__main__":
    main()
