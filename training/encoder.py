"""An encoder to ship, from a checkpoint: ``python -m training.encoder [CHECKPOINT]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from qa.networks.weights import MODELS
from training.commands import HOW_MADE, in_one_line
from training.export import export_encoder


@in_one_line
def main() -> None:
    """Write an encoder in int8 for ONNX Runtime."""
    parser = argparse.ArgumentParser(prog="python -m training.encoder", description=main.__doc__)
    parser.add_argument(
        "checkpoint",
        nargs="?",
        type=Path,
        help="of training.contrastive (default: all-MiniLM-L6-v2 as it is)",
    )
    parser.add_argument("--models", type=Path, default=MODELS, help="where the int8 file goes")
    options = parser.parse_args()
    # The one is what a training leaves, the other a model of sentence-transformers.
    if options.checkpoint and not all(
        (options.checkpoint / name).is_file() for name in (HOW_MADE, "modules.json")
    ):
        parser.error(f"{options.checkpoint} is no checkpoint of training.contrastive")
    written = export_encoder(options.models, checkpoint=options.checkpoint)
    print(f"wrote {written}: indexes built before are built anew")


if __name__ == "__main__":
    main()
