"""Short codes of vectors: two bits a number, compared sixteen vectors at a time by FAISS.

A code depends on its vector alone. Nothing is trained, so no code is ever out of date, and a
grown index has those of one built anew. Vectors are first turned by a fixed rotation, after
which the numbers of any unit vector are spread like those of a random one, as in RaBitQ (Gao
and Long, SIGMOD 2024); four fixed levels then lose little.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.networks.parts import packed, unpacked
from qa.networks.threads import cores, limit_threads

# Four numbers of two bits make a byte.
PER_BYTE = 4
_ROUNDS = 3
_SEED = 0


def coded(vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the codes of unit vectors, shape ``(vectors, dimension / 4)``."""
    turning = rotation(vectors.shape[1]).astype(np.float64)
    codes = np.empty((len(vectors), vectors.shape[1] // PER_BYTE), np.uint8)
    for first in range(0, len(vectors), 1_000):  # all at once would take ten times their memory
        some = slice(first, first + 1_000)
        # In double precision, the vectors beside it cannot move a number over a level.
        turned = vectors[some].astype(np.float64) @ turning
        codes[some] = packed(turned.astype(np.float32)).reshape(len(turned), -1)
    return codes


@lru_cache(maxsize=4)
def rotation(dimension: int) -> NDArray[np.float32]:
    """Return a fixed rotation that mixes all numbers, shape ``(dimension, dimension)``.

    It is made of permutations, signs and Hadamard transforms, so it is the same on every
    machine; a decomposition of a random matrix would not be.
    """
    turned = np.eye(dimension)
    chance = np.random.RandomState(_SEED)  # its numbers are the same in every version of numpy
    block = dimension & -dimension
    for _ in range(_ROUNDS):
        turned = turned[:, chance.permutation(dimension)] * chance.choice([-1.0, 1.0], dimension)
        step = 1
        while step < block:
            pairs = turned.reshape(dimension, -1, 2, step)
            first, second = pairs[:, :, 0], pairs[:, :, 1]
            turned = np.stack([first + second, first - second], axis=2).reshape(dimension, -1)
            step *= 2
        turned /= np.sqrt(block)
    return np.asarray(turned, np.float32)


class CodeSearch:
    """Finds the rows whose codes are nearest to a vector; safe to share between threads.

    ``blocks`` are the codes of all rows, in order, each of shape ``(rows, dimension / 4)``. FAISS
    copies each twice before it has them as it wants them, so that of many rows a block at a time
    should be in memory.
    """

    def __init__(self, blocks: Iterable[NDArray[np.uint8]], dimension: int) -> None:
        self._indexes = [_searchable(block, dimension) for block in blocks]
        sizes = [int(index.ntotal) for index in self._indexes]
        self._first_rows = list(accumulate(sizes, initial=0))
        self._rotation = rotation(dimension)
        # FAISS scans on one thread what is searched for one vector, and lets others run meanwhile.
        count = min(cores(), len(self._indexes))
        self._threads = ThreadPoolExecutor(count, "codes", limit_threads) if count > 1 else None

    def __len__(self) -> int:
        return self._first_rows[-1]

    def nearest(self, vector: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Return about the nearest rows, ascending; ``vector`` has shape ``(dimension,)``."""
        turned = (vector @ self._rotation)[None]

        def search(index: Any, first: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
            scores, rows = index.search(turned, min(count, int(index.ntotal)))
            found = rows[0] >= 0  # FAISS returns -1 for "no result", as for a vector with NaN
            return scores[0][found], rows[0][found] + first

        each = self._threads.map if self._threads else map
        # In the order of the blocks, whichever ends first.
        blocks = list(each(search, self._indexes, self._first_rows))
        scores = np.concatenate([scores for scores, _ in blocks])
        rows = np.concatenate([rows for _, rows in blocks])
        if len(rows) > count:
            rows = rows[np.argpartition(-scores, count - 1)[:count]]
        return np.sort(rows)


def _searchable(codes: NDArray[np.uint8], dimension: int) -> Any:
    """Return codes as an index of FAISS."""
    import faiss

    # Each half of a byte is a number of a codebook for two dimensions.
    plain: Any = faiss.IndexPQ(dimension, dimension // 2, 4, faiss.METRIC_INNER_PRODUCT)
    levels = unpacked(np.arange(16, dtype=np.float32)[:, None], PER_BYTE)[:, 0, :2]
    levels = levels * np.sqrt(PER_BYTE / dimension, dtype=np.float32)
    books = np.tile(levels, (dimension // 2, 1, 1)).astype(np.float32)
    faiss.copy_array_to_vector(books.ravel(), plain.pq.centroids)
    faiss.copy_array_to_vector(codes.ravel(), plain.codes)
    plain.ntotal = len(codes)
    plain.is_trained = True
    return faiss.IndexPQFastScan(plain)
