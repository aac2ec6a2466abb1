"""The teacher's logits of rows: ``python -m training.teacher.label TEACHER ROWS OUTPUT``.

``OUTPUT/logits-000000.npz`` and the following files contain ``start`` and ``end``, float16: the
logits of every token of some rows, one row after the other. ``first`` is the number of the first of
these rows, ``lengths`` the tokens of each. A row's first logit is that of ``[CLS]``, "no answer
here". An interrupted run resumes: files that are there are not made again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from qa.errors import ModelCorrupt
from qa.networks.threads import cores
from training.command import at_least_one, run
from training.networks import DEVICE
from training.rows import collate
from training.teacher.checkpoint import add_weights_option, use_checkpoint
from training.teacher.labels import MADE_OF, fingerprint, read_made_of
from training.teacher.network import PRECISIONS, Teacher, finished
from training.teacher.units import Rows


def label(
    teacher: Teacher, rows: Rows, numbers: range, *, tokens_per_batch: int
) -> list[NDArray[np.float16]]:
    """Return the logits of each row, ``(2, tokens)`` in float16: starts, then ends."""
    order = sorted(numbers, key=lambda number: int(rows.lengths[number]))
    found: dict[int, NDArray[np.float16]] = {}
    while order:
        count = max(1, tokens_per_batch // int(rows.lengths[order[-1]]))
        chosen, order = order[-count:], order[:-count]
        batch = collate([rows.row(number) for number in chosen]).to(DEVICE)
        with torch.inference_mode():
            both = torch.stack(teacher.logits(batch), dim=1).half().cpu().numpy()
        for i, number in enumerate(chosen):
            found[number] = both[i, :, : int(rows.lengths[number])]
    return [found[number] for number in numbers]


def label_all(
    teacher: Teacher,
    rows: Rows,
    output: Path,
    *,
    rows_per_file: int = 2000,
    tokens_per_batch: int = 4096,
    files: int | None = None,
) -> None:
    """Write the logits of all rows that have none yet, in at most ``files`` files."""
    missing = [
        (path, range(first, min(first + rows_per_file, len(rows))))
        for number, first in enumerate(range(0, len(rows), rows_per_file))
        if not (path := output / f"logits-{number:06}.npz").is_file()
    ]
    for path, numbers in missing[:files]:
        logits = label(teacher, rows, numbers, tokens_per_batch=tokens_per_batch)
        _write(path, logits, first=numbers.start)
        print(f"{path}: {len(numbers)} rows", flush=True)


def _write(path: Path, logits: list[NDArray[np.float16]], *, first: int) -> None:
    """Write the logits of rows that follow each other, whole or not at all."""
    sibling = path.with_suffix(".new.npz")
    start, end = np.concatenate(logits, axis=1)
    lengths = np.array([each.shape[1] for each in logits], dtype=np.uint16)
    np.savez(sibling, start=start, end=end, lengths=lengths, first=first)
    sibling.replace(path)


def check_made_of(folder: Path, made_of: Mapping[str, object]) -> None:
    """Record what the labels in a folder are made of.

    Raises :class:`~qa.errors.ModelCorrupt` where it has labels of something else.
    """
    there = read_made_of(folder)
    if not there:
        text = json.dumps(made_of, indent=1)
        (folder / MADE_OF).write_text(f"{text}\n", encoding="utf-8")
    elif there != made_of:
        raise ModelCorrupt(
            f"{folder} has labels of other rows or by another teacher", "give another OUTPUT"
        )


def main() -> None:
    """Label rows, or resume where that was interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m training.teacher.label", description=main.__doc__
    )
    parser.add_argument("teacher", type=Path, help="folder of weights")
    parser.add_argument("rows", type=Path, help="a rows.npz")
    parser.add_argument("output", type=Path)
    parser.add_argument("--checkpoint", type=Path, help="of a training")
    add_weights_option(parser)
    parser.add_argument("--rows-per-file", type=at_least_one, default=2000)
    parser.add_argument("--files", type=at_least_one, help="write so many files at most")
    parser.add_argument("--tokens-per-batch", type=at_least_one, default=4096)
    parser.add_argument("--precision", default="auto", choices=PRECISIONS)
    options = parser.parse_args()
    torch.set_num_threads(cores())
    rows = Rows(options.rows)
    teacher = finished(options.teacher, precision=options.precision)
    if options.checkpoint:
        use_checkpoint(teacher, options.checkpoint, options.weights)
    options.output.mkdir(parents=True, exist_ok=True)
    made_of: dict[str, object] = {
        "rows": fingerprint(options.rows),
        "teacher": fingerprint(options.checkpoint or options.teacher),
        "weights": options.weights if options.checkpoint else None,
        "rows_per_file": options.rows_per_file,
    }
    check_made_of(options.output, made_of)
    label_all(
        teacher,
        rows,
        options.output,
        rows_per_file=options.rows_per_file,
        tokens_per_batch=options.tokens_per_batch,
        files=options.files,
    )


if __name__ == "__main__":
    run(main)
