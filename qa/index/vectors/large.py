"""The vectors of a large index: codes in memory, and the vectors themselves left on the disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.index.vectors.codes import PER_BYTE, CodeSearch
from qa.index.vectors.exact import CODES, PARTS, VECTORS, FaissVectors, ranked, selector
from qa.index.vectors.row_file import RowFile
from qa.networks.threads import limit_threads

# So many vectors nearest by their codes are compared themselves. Of the 50 nearest passages of a
# million, all but three in a thousand are then found (benchmarks/scale.md).
COMPARED = 800
# Where a filter leaves no more than this share, comparing its vectors is no slower.
_FEW = 1 / 16
# So many rows are searched as one: fewer would be slower, more take more memory to open.
_BLOCK = 1_000_000


class LargeVectors(FaissVectors):
    """Search by codes, then by the exact vectors of those found; safe to share between threads.

    Only the vectors that are looked at are read. With ``exact``, every search compares all of them.
    """

    def __init__(
        self, folder: Path, keys: Sequence[str], dimension: int, *, exact: bool = False
    ) -> None:
        import faiss

        limit_threads()
        self.dimension = dimension
        # Mapped, for searches of all vectors. FAISS ends a file with its rows.
        self._vectors: list[Any] = [
            faiss.read_index(str(folder / f"{key}{VECTORS}"), faiss.IO_FLAG_MMAP_IFC)
            for key in keys
        ]
        sizes = [int(each.ntotal) for each in self._vectors]
        self._first_rows = list(accumulate(sizes, initial=0))
        self._vector_rows = [
            RowFile(folder / f"{key}{VECTORS}", size, 4 * dimension)
            for key, size in zip(keys, sizes, strict=True)
        ]
        paths = [folder / f"{key}{PARTS}" for key in keys]
        self.has_parts = all(path.exists() for path in paths)
        self._part_rows: list[RowFile] = []
        self._parts_size = 0
        if self.has_parts:
            parts = [faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC) for path in paths]
            if sizes != [int(each.ntotal) for each in parts]:
                raise ValueError("vectors of passages and of parts differ in number")
            self._parts_size = parts[0].d
            self._part_rows = [
                RowFile(path, size, self._parts_size)
                for path, size in zip(paths, sizes, strict=True)
            ]
        self._codes: CodeSearch | None = None
        if not exact:
            self._codes = CodeSearch(_blocks(folder, keys, sizes, dimension), dimension)

    def __len__(self) -> int:
        return self._first_rows[-1]

    def search(
        self,
        vector: NDArray[np.float32],
        top_k: int,
        *,
        only: Sequence[range] = (),
        exclude: Sequence[range] = (),
    ) -> list[tuple[int, float]]:
        """Return what :meth:`FaissVectors.search` returns, nearly always.

        Scores are exact. A row is missed where more than ``COMPARED`` codes were nearer.
        """
        top_k = min(top_k, len(self))
        if top_k < 1:
            return []
        wanted = self._wanted(only, exclude)
        left = len(self) if wanted is None else int(wanted.sum())
        count = max(COMPARED, 8 * top_k) * len(self) // max(left, 1)
        if self._codes is None or left <= _FEW * len(self) or count >= len(self):
            return self._all_compared(vector, top_k, wanted)
        rows = self._codes.nearest(vector, count)
        if wanted is not None:
            rows = rows[wanted[rows] == 1]
        if len(rows) < min(top_k, left):
            return self._all_compared(vector, top_k, wanted)
        return self._compared(rows, vector, top_k)

    def _compared(
        self, rows: NDArray[np.int64], vector: NDArray[np.float32], top_k: int
    ) -> list[tuple[int, float]]:
        """Return the nearest of some rows, which are in ascending order."""
        import faiss

        # The same function of FAISS as in a search of all, so that scores are the same too.
        some = faiss.IndexFlatIP(self.dimension)
        some.add(self._gathered(self._vector_rows, rows, self.dimension, np.float32))
        return [(int(rows[place]), score) for place, score in ranked(some, vector, top_k)]

    def _all_compared(
        self, vector: NDArray[np.float32], top_k: int, wanted: NDArray[np.uint8] | None
    ) -> list[tuple[int, float]]:
        found: list[tuple[int, float]] = []
        for shard, first in zip(self._vectors, self._first_rows, strict=False):
            inside = None if wanted is None else wanted[first : first + int(shard.ntotal)]
            if inside is None or inside.any():
                pairs = ranked(shard, vector, top_k, selector(inside))
                found += [(first + row, score) for row, score in pairs]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:top_k]

    def reconstruct(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """Return what is stored at these rows, shape ``(rows, row_size)``."""
        numbers = np.asarray(rows, dtype=np.int64)
        vectors = self._gathered(self._vector_rows, numbers, self.dimension, np.float32)
        if not self.has_parts:
            return vectors
        parts = self._gathered(self._part_rows, numbers, self._parts_size, np.uint8)
        return np.concatenate([vectors, parts], axis=1)

    def _gathered(
        self, files: Sequence[RowFile], rows: NDArray[np.int64], width: int, kind: type[np.generic]
    ) -> NDArray[np.float32]:
        """Return the numbers at these rows from the files of the shards that they are in."""
        order = np.argsort(rows, kind="stable")
        rows_in_order = rows[order]
        bounds = np.searchsorted(rows_in_order, self._first_rows)
        pieces = [
            file.read((rows_in_order[begin:end] - first).tolist())
            for file, first, begin, end in zip(
                files, self._first_rows, bounds, bounds[1:], strict=False
            )
            if begin < end
        ]
        found = np.empty((len(rows), width), np.float32)
        found[order] = np.frombuffer(b"".join(pieces), kind).reshape(-1, width)
        return found


def _blocks(
    folder: Path, keys: Sequence[str], sizes: Sequence[int], dimension: int
) -> Iterator[NDArray[np.uint8]]:
    """Yield the codes of all shards, those of some at a time."""
    group: list[NDArray[np.uint8]] = []
    rows = 0
    for number, (key, size) in enumerate(zip(keys, sizes, strict=True), start=1):
        group.append(np.fromfile(folder / f"{key}{CODES}", np.uint8))
        rows += size
        if rows >= _BLOCK or number == len(keys):
            yield np.concatenate(group).reshape(rows, dimension // PER_BYTE)
            group, rows = [], 0
