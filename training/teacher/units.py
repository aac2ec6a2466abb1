"""Questions with their rows, in two files: token ids with targets, and what each row is about.

A row has the shipped reader's word pieces, so that a teacher and a student that read these files
have the same tokens at the same positions.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import DatasetError
from qa.types import Passage, Pieces, View
from training.batches import packed
from training.rows import Batch, Row, collate

ROWS = "rows.npz"
ABOUT = "about.jsonl.gz"


@dataclass(frozen=True, slots=True)
class About:
    """What a row is about: all that its token ids do not say.

    ``answers`` are the accepted ones, none where the question has none. ``source`` is the set or
    corpus of the question. ``document``, ``offset`` (of ``text`` in the document) and ``rank``
    (from 1; 0 if retrieval did not return it) are those of a natural question's passage. ``pieces``
    are those of its view (:class:`qa.types.View`), none where the text itself is read.
    """

    question: str
    text: str
    answers: tuple[str, ...]
    source: str
    question_id: str = ""
    document: str = ""
    offset: int = 0
    rank: int = 0
    pieces: tuple[tuple[int, int, int], ...] = ()

    def passage(self) -> Passage:
        """Return what is read as a passage, with its view where it has one."""
        view = View(self.text, Pieces(self.pieces)) if self.pieces else None
        return Passage(self.document, self.offset, self.offset, self.text, view=view)


@dataclass(frozen=True, slots=True)
class Unit:
    """A question and its rows, which are scored against each other."""

    rows: tuple[Row, ...]
    about: tuple[About, ...]


class Rows:
    """The rows of a file; those of one unit follow each other.

    With ``all_guided`` every row may be compared with a finished reader, not the labelled ones
    alone.
    """

    def __init__(self, path: Path, *, all_guided: bool = False) -> None:
        self._all_guided = all_guided
        try:
            with np.load(path) as file:
                self._arrays = {name: file[name] for name in file.files}
            self._ends, units = self._arrays["ends"], self._arrays["unit"]
        except (OSError, ValueError, KeyError) as error:
            raise DatasetError(
                f"{path} cannot be read ({error})", "write it with `python -m training.teacher.mix`"
            ) from error
        self.lengths: NDArray[np.int64] = np.diff(self._ends, prepend=0)
        self.unit_starts: NDArray[np.int64] = np.flatnonzero(np.diff(units, prepend=-1))
        self.unit_sizes: NDArray[np.int64] = np.diff(self.unit_starts, append=len(units))

    def __len__(self) -> int:
        return len(self._ends)

    def row(self, number: int, *, group: int = 0) -> Row:
        """Return one row, as one of a ``group`` of a batch."""
        arrays = self._arrays
        end = int(self._ends[number])
        ids = arrays["ids"][end - int(self.lengths[number]) : end].astype(np.int32)
        targets = slice(*np.searchsorted(arrays["target_row"], (number, number + 1)))
        positions = arrays["target_position"][targets].tolist()
        starts, ends = (
            {
                position: weight
                for position, weight in zip(positions, arrays[name][targets].tolist(), strict=True)
                if weight
            }
            for name in ("target_start", "target_end")
        )
        return Row(
            ids,
            int(arrays["heading_start"][number]),
            int(arrays["window_start"][number]),
            int(arrays["first_token"][number]),
            starts,
            ends,
            group,
            float(arrays["prior"][number]),
            self._all_guided or bool(arrays["guided"][number]),
            number,
        )

    def batch(self, units: Sequence[int]) -> Batch:
        """Return the rows of some units as tensors, each unit a group."""
        return collate(
            [
                self.row(int(self.unit_starts[unit]) + i, group=group)
                for group, unit in enumerate(units)
                for i in range(int(self.unit_sizes[unit]))
            ]
        )

    def plan(self, *, tokens_per_batch: int, seed: int) -> list[list[int]]:
        """Return all units in batches, in a random order, with those of like length together."""
        longest = np.maximum.reduceat(self.lengths, self.unit_starts).tolist()
        return packed(
            longest, self.unit_sizes.tolist(), tokens_per_batch=tokens_per_batch, seed=seed
        )


def write_units(folder: Path, units: Sequence[Unit]) -> None:
    """Write units, in their order, as ``rows.npz`` and ``about.jsonl.gz`` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for unit in units for row in unit.rows]
    if not rows:
        raise DatasetError(f"there are no rows for {folder}", "check the data that was given")
    targets = [
        (i, position, row.start_targets.get(position, 0.0), row.end_targets.get(position, 0.0))
        for i, row in enumerate(rows)
        for position in sorted({*row.start_targets, *row.end_targets})
    ]
    of_row, positions, starts, ends = zip(*targets, strict=True)
    np.savez(
        folder / ROWS,
        ids=np.concatenate([row.ids for row in rows]).astype(np.uint16),
        ends=np.cumsum([len(row.ids) for row in rows]),
        unit=np.repeat(np.arange(len(units), dtype=np.int32), [len(unit.rows) for unit in units]),
        heading_start=np.array([row.heading_start for row in rows], dtype=np.uint16),
        window_start=np.array([row.window_start for row in rows], dtype=np.uint16),
        first_token=np.array([row.first_token for row in rows], dtype=np.int32),
        prior=np.array([row.prior for row in rows], dtype=np.float32),
        guided=np.array([row.guided for row in rows], dtype=bool),
        target_row=np.array(of_row, dtype=np.int32),
        target_position=np.array(positions, dtype=np.int16),
        target_start=np.array(starts, dtype=np.float32),
        target_end=np.array(ends, dtype=np.float32),
    )
    with gzip.open(folder / ABOUT, "wt", encoding="utf-8") as file:
        for unit in units:
            for about in unit.about:
                file.write(f"{json.dumps(asdict(about), ensure_ascii=False)}\n")


def read_about(folder: Path) -> list[About]:
    """Return what the rows in a folder are about, in their order."""
    with gzip.open(folder / ABOUT, "rt", encoding="utf-8") as lines:
        values = [json.loads(line) for line in lines]
    return [
        About(**each | {"answers": tuple(each["answers"])} | {"pieces": _pieces(each)})
        for each in values
    ]


def _pieces(about: Mapping[str, Any]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(piece) for piece in about.get("pieces", ()))


def tokens_of(units: Iterable[Unit]) -> int:
    """Return how many tokens the rows of units have."""
    return sum(len(row.ids) for unit in units for row in unit.rows)
