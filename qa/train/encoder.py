"""The shipped encoder, from the pinned weights: ``python -m qa.train.encoder``."""

from __future__ import annotations

import argparse
from pathlib import Path

from qa.train.commands import in_one_line
from qa.train.export import export_encoder
from qa.weights import MODELS


@in_one_line
def main() -> None:
    """Write all-MiniLM-L6-v2 in int8 for ONNX Runtime."""
    parser = argparse.ArgumentParser(prog="python -m qa.train.encoder", description=main.__doc__)
    parser.add_argument("--models", type=Path, default=MODELS, help="where the int8 file goes")
    options = parser.parse_args()
    print(f"wrote {export_encoder(options.models)}: indexes built before are built anew")


if __name__ == "__main__":
    main()
