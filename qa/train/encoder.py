"""An encoder to ship, from a checkpoint: ``python -m qa.train.encoder [CHECKPOINT]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from qa.train.commands import HOW_MADE, in_one_line
from qa.train.export import export_encoder
from qa.weights import MODELS


@in_one_line
def main() -> None:
    """Write an encoder in int8 for ONNX Runtime."""
    parser = argparse.ArgumentParser(prog="python -m qa.train.encoder", description=main.__doc__)
    parser.add_argument(
        "checkpoint",
        nargs="?",
        type=Path,
        help="of qa.train.contrastive (default: all-MiniLM-L6-v2 as it is)",
    )
    parser.add_argument("--models", type=Path, default=MODELS, help="where the int8 file goes")
    options = parser.parse_args()
    # The one is what a training leaves, the other a model of sentence-transformers.
    if options.checkpoint and not all(
        (options.checkpoint / name).is_file() for name in (HOW_MADE, "modules.json")
    ):
        parser.error(f"{options.checkpoint} is no checkpoint of qa.train.contrastive")
    written = export_encoder(options.models, checkpoint=options.checkpoint)
    print(f"wrote {written}: indexes built before are built anew")


if __name__ == "__main__":
    main()
