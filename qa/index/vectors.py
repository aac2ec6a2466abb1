"""The vectors of an index, in FAISS: one row per passage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.networks.threads import limit_threads

FOLDER = "vectors"


def write_vectors(path: Path, vectors: NDArray[np.float32]) -> None:
    """Write a shard's unit vectors, shape ``(rows, dimension)``, for exact inner-product search."""
    import faiss

    limit_threads()
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    # FAISS itself only prints a message if the disk is full when it closes a file.
    with path.open("wb") as file:
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]


class FaissVectors:
    """Exact search for the nearest stored vectors; safe to share between threads.

    ``paths`` are the files of the shards in order. FAISS trusts them: check their hashes
    first. The vectors have length one, so their inner product is the cosine.
    """

    def __init__(self, paths: Sequence[Path], dimension: int) -> None:
        import faiss

        limit_threads()
        self.dimension = dimension
        self._index = faiss.IndexFlatIP(dimension)
        for path in paths:
            self._index.merge_from(faiss.read_index(str(path)))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, vector: NDArray[np.float32], top_k: int, *, exclude: Sequence[range] = ()
    ) -> list[tuple[int, float]]:
        """Return ``(row, cosine)`` of the nearest rows, nearest first, lower rows first in a tie.

        ``vector`` has shape ``(dimension,)``. Rows in one of ``exclude`` are not returned, and
        fewer than ``top_k`` are if there are no more.
        """
        top_k = min(top_k, len(self))
        if top_k < 1:
            return []
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        scores, rows = self._index.search(query, top_k, params=self._without(exclude))
        # FAISS returns row -1 for "no result", as for a vector with NaN.
        found = [
            (int(row), float(score))
            for row, score in zip(rows[0], scores[0], strict=True)
            if row >= 0
        ]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def _without(self, rows: Sequence[range]) -> Any:
        """Return the search parameters that exclude these rows; None if there are none."""
        import faiss

        if not rows:
            return None
        wanted = np.ones(len(self), dtype=np.uint8)
        for each in rows:
            wanted[each.start : each.stop] = 0
        # FAISS does not copy the bits; its Python objects keep them alive. Its type hints are
        # those of C++, while its Python functions take arrays and names.
        packed = np.packbits(wanted, bitorder="little")
        bits = faiss.IDSelectorBitmap(packed)  # type: ignore[call-arg, arg-type]
        return faiss.SearchParameters(sel=bits)  # type: ignore[call-arg]

    def reconstruct(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """Return the stored vectors at these rows, shape ``(rows, dimension)``."""
        if not len(rows):
            return np.empty((0, self.dimension), np.float32)
        vectors = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        return np.asarray(vectors, dtype=np.float32)

    def check(self) -> None:
        """Raise ValueError if a vector does not have length one."""
        for first in range(0, len(self), 10_000):
            vectors = self.reconstruct(range(first, min(first + 10_000, len(self))))
            lengths = np.linalg.norm(vectors, axis=1)
            if not np.allclose(lengths, 1.0, atol=1e-4):
                raise ValueError("a vector does not have length one")
