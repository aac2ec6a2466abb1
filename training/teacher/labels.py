"""A teacher's stored logits, for a student to match: the files of :mod:`training.teacher.label`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from qa.errors import ModelCorrupt, ModelNotFound
from qa.hashing import sha256_of
from training.objective import Sides
from training.rows import Batch
from training.teacher.units import ROWS

MADE_OF = "given.json"
_AGAIN = "run `python -m training.teacher.label` again"


class Labels:
    """The stored logits of a teacher, written by :mod:`training.teacher.label`.

    They are of all rows in ``data/train``. Raises :class:`~qa.errors.ModelCorrupt` where they are
    of other rows, or some are missing.
    """

    def __init__(self, folder: Path, data: Path) -> None:
        rows = data / "train" / ROWS
        if read_made_of(folder).get("rows") != fingerprint(rows):
            raise ModelCorrupt(
                f"{folder} has no labels of {rows}",
                f"write them with `python -m training.teacher.label TEACHER {rows} {folder}`",
            )
        self._both, lengths = read_logits(folder)
        self._ends = np.cumsum(lengths)
        with np.load(rows) as file:
            missing = len(file["ends"]) - len(lengths)
        if missing:
            raise ModelCorrupt(f"{folder} lacks the labels of {missing} rows", _AGAIN)

    def logits(self, batch: Batch) -> Sides:
        """Return the stored logits of a batch; zeros where its rows are padded."""
        lengths = batch.attention_mask.sum(dim=1).tolist()
        found = np.zeros((2, *batch.input_ids.shape), dtype=np.float32)
        for i, (number, length) in enumerate(zip(batch.number.tolist(), lengths, strict=True)):
            end = int(self._ends[number])
            found[:, i, :length] = self._both[:, end - length : end]
        sides = torch.from_numpy(found).to(batch.input_ids.device)
        return sides[0], sides[1]


def read_logits(folder: Path) -> tuple[NDArray[np.float16], NDArray[np.uint16]]:
    """Return the logits of all labelled rows, ``(2, tokens)``, and the number of tokens of each.

    Raises :class:`~qa.errors.ModelCorrupt` where a file between two others is missing.
    """
    both, lengths, count = [], [], 0
    for path in sorted(folder.glob("logits-*.npz")):
        with np.load(path) as file:
            if int(file["first"]) != count:
                raise ModelCorrupt(f"{folder} lacks the file before {path.name}", _AGAIN)
            both.append(np.stack([file["start"], file["end"]]))
            lengths.append(file["lengths"])
        count += len(lengths[-1])
    if not both:
        raise ModelNotFound(f"{folder} has no labels", _AGAIN)
    return np.concatenate(both, axis=1), np.concatenate(lengths)


def read_made_of(folder: Path) -> dict[str, object]:
    """Return what the labels in a folder are made of, nothing where it has none."""
    path = folder / MADE_OF
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file, or of the files in a folder, in the order of their names."""
    if path.is_file():
        return sha256_of(path)
    if not path.is_dir():
        raise ModelNotFound(f"{path} is missing", "check its name")
    files = sorted(each for each in path.iterdir() if each.is_file())
    return hashlib.sha256("".join(map(sha256_of, files)).encode()).hexdigest()
