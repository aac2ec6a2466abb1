"""The vectors of a large index: codes in memory, and the vectors themselves left on the disk."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.index.codes import PER_BYTE, CodeSearch
from qa.index.vectors import CODES, PARTS, VECTORS, FaissVectors, ranked, selector
from qa.networks.threads import limit_threads

# So many vectors nearest by their codes are compared themselves. Of the 50 nearest passages of a
# million, all but about one in a thousand are then found (benchmarks/scale.md).
COMPARED = 800
# Where a filter leaves no more than this share, comparing its vectors is no slower.
_FEW = 1 / 16


class LargeVectors(FaissVectors):
    """Search by codes, then by the exact vectors of those found; safe to share between threads.

    The vectors are mapped: the system reads those that are looked at and keeps what memory is
    free for. With ``exact``, every search compares all of them.
    """

    def __init__(
        self, folder: Path, keys: Sequence[str], dimension: int, *, exact: bool = False
    ) -> None:
        import faiss

        limit_threads()
        self.dimension = dimension
        mapped = faiss.IO_FLAG_MMAP_IFC
        self._vectors: list[Any] = [
            faiss.read_index(str(folder / f"{key}{VECTORS}"), mapped) for key in keys
        ]
        paths = [folder / f"{key}{PARTS}" for key in keys]
        self._part_vectors: list[Any] = [
            faiss.read_index(str(path), mapped) for path in paths if path.exists()
        ]
        self.has_parts = bool(self._part_vectors)
        sizes = [int(each.ntotal) for each in self._vectors]
        if self.has_parts and sizes != [int(each.ntotal) for each in self._part_vectors]:
            raise ValueError("vectors of passages and of parts differ in number")
        self._first_rows = list(accumulate(sizes, initial=0))
        self._codes: CodeSearch | None = None
        if not exact:
            codes = np.concatenate(
                [np.fromfile(folder / f"{key}{CODES}", np.uint8) for key in keys]
            )
            self._codes = CodeSearch(codes.reshape(len(self), dimension // PER_BYTE), dimension)

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
        some.add(self._gathered(self._vectors, rows))
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
        stores = [self._vectors, self._part_vectors] if self.has_parts else [self._vectors]
        return np.concatenate([self._gathered(store, numbers) for store in stores], axis=1)

    def _gathered(self, store: Sequence[Any], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors at these rows from the shards that they are in."""
        found = np.empty((len(rows), store[0].d if store else 0), np.float32)
        order = np.argsort(rows, kind="stable")
        rows_in_order = rows[order]
        begin = 0
        while begin < len(rows):
            shard = bisect_right(self._first_rows, rows_in_order[begin]) - 1
            end = np.searchsorted(rows_in_order, self._first_rows[shard + 1])
            places = order[begin:end]
            found[places] = store[shard].reconstruct_batch(rows[places] - self._first_rows[shard])
            begin = int(end)
        return found
