"""The vectors of an index, in FAISS: one row per passage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.index.vectors.codes import PER_BYTE, coded
from qa.networks.parts import unpacked
from qa.networks.threads import limit_threads

FOLDER = "vectors"
# Of the vectors of passages, of those of their parts, and of codes to search among many.
VECTORS, PARTS, CODES = ".faiss", ".parts", ".codes"


def write_vectors(folder: Path, key: str, rows: NDArray[np.float32], dimension: int) -> None:
    """Write a shard's rows, ``(passages, row_size)``, for exact inner-product search.

    The first ``dimension`` numbers are a passage's unit vector, the others, if there are any,
    those of its parts, a byte each.
    """
    import faiss

    limit_threads()
    index = faiss.IndexFlatIP(dimension)
    index.add(np.ascontiguousarray(rows[:, :dimension], dtype=np.float32))
    _write(index, folder / f"{key}{VECTORS}")
    if size := rows.shape[1] - dimension:
        parts = faiss.IndexScalarQuantizer(size, faiss.ScalarQuantizer.QT_8bit_direct)
        parts.add(np.ascontiguousarray(rows[:, dimension:], dtype=np.float32))
        _write(parts, folder / f"{key}{PARTS}")
    if dimension % PER_BYTE == 0:
        (folder / f"{key}{CODES}").write_bytes(coded(rows[:, :dimension]).tobytes())


def _write(index: Any, path: Path) -> None:
    import faiss

    # FAISS itself only prints a message if the disk is full when it closes a file.
    with path.open("wb") as file:
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]


def ranked(
    index: Any, vector: NDArray[np.float32], top_k: int, params: Any = None
) -> list[tuple[int, float]]:
    """Return ``(row, score)`` of the nearest rows of an index, lower rows first in a tie."""
    query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
    scores, rows = index.search(query, top_k, params=params)
    # FAISS returns row -1 for "no result", as for a vector with NaN.
    found = [
        (int(row), float(score)) for row, score in zip(rows[0], scores[0], strict=True) if row >= 0
    ]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def selector(wanted: NDArray[np.uint8] | None) -> Any:
    """Return the search parameters that limit a search to the rows with a 1; None for all."""
    import faiss

    if wanted is None:
        return None
    # FAISS does not copy the bits; its Python objects keep them alive. Its type hints are
    # those of C++, while its Python functions take arrays and names.
    bits = faiss.IDSelectorBitmap(np.packbits(wanted, bitorder="little"))  # type: ignore[call-arg, arg-type]
    return faiss.SearchParameters(sel=bits)  # type: ignore[call-arg]


class FaissVectors:
    """Exact search for the nearest stored vectors; safe to share between threads.

    ``keys`` are the shards in order. FAISS trusts their files: check their hashes first. The
    vectors have length one, so their inner product is the cosine.
    """

    def __init__(self, folder: Path, keys: Sequence[str], dimension: int) -> None:
        import faiss

        limit_threads()
        self.dimension = dimension
        self._index = faiss.IndexFlatIP(dimension)
        self._parts: Any = None
        for key in keys:
            self._index.merge_from(faiss.read_index(str(folder / f"{key}{VECTORS}")))
            path = folder / f"{key}{PARTS}"
            parts = faiss.read_index(str(path)) if path.exists() else None
            if self._parts is None:
                self._parts = parts
            else:
                self._parts.merge_from(parts)
        self.has_parts = self._parts is not None
        if self.has_parts and self._parts.ntotal != self._index.ntotal:
            raise ValueError("vectors of passages and of parts differ in number")

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self,
        vector: NDArray[np.float32],
        top_k: int,
        *,
        only: Sequence[range] = (),
        exclude: Sequence[range] = (),
    ) -> list[tuple[int, float]]:
        """Return ``(row, cosine)`` of the nearest rows, nearest first, lower rows first in a tie.

        ``vector`` has shape ``(dimension,)``. If given, rows outside ``only`` are not returned,
        and none in ``exclude``; fewer than ``top_k`` are if there are no more.
        """
        top_k = min(top_k, len(self))
        if top_k < 1:
            return []
        return ranked(self._index, vector, top_k, selector(self._wanted(only, exclude)))

    def _wanted(self, only: Sequence[range], exclude: Sequence[range]) -> NDArray[np.uint8] | None:
        """Return 1 for each row that a search is limited to, else 0; None for all rows."""
        if not only and not exclude:
            return None
        wanted = np.full(len(self), not only, dtype=np.uint8)
        for each in only:
            wanted[each.start : each.stop] = 1
        for each in exclude:
            wanted[each.start : each.stop] = 0
        return wanted

    def nearness(
        self, rows: Sequence[int], vector: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return each row's cosine to a question, and that of its nearest part, about.

        Both are ``(rows,)`` and summed row by row, so that none depends on the rows beside it.
        Without parts both are the same.
        """
        stored = self.reconstruct(rows)
        cosines = np.sum(stored[:, : self.dimension] * vector, axis=1)
        if not self.has_parts or not len(rows):
            return cosines, cosines
        parts = unpacked(stored[:, self.dimension :], self.dimension)
        return cosines, np.sum(parts * vector, axis=2).max(axis=1)

    def reconstruct(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """Return what is stored at these rows, shape ``(rows, row_size)``."""
        numbers = np.asarray(rows, dtype=np.int64)
        columns = [
            np.asarray(store.reconstruct_batch(numbers), np.float32)
            if len(numbers)
            else np.empty((0, store.d), np.float32)
            for store in (self._index, self._parts)
            if store is not None
        ]
        return np.concatenate(columns, axis=1)

    def check(self) -> None:
        """Raise ValueError if a vector does not have length one."""
        for first in range(0, len(self), 10_000):
            rows = range(first, min(first + 10_000, len(self)))
            vectors = self.reconstruct(rows)[:, : self.dimension]
            lengths = np.linalg.norm(vectors, axis=1)
            if not np.allclose(lengths, 1.0, atol=1e-4):
                raise ValueError("a vector does not have length one")


def check_codes(folder: Path, keys: Sequence[str], vectors: FaissVectors) -> None:
    """Raise ValueError if a shard's codes are not those of its vectors."""
    first = 0
    for key in keys:
        path = folder / f"{key}{CODES}"
        if not path.exists():
            continue
        stored = np.fromfile(path, np.uint8).reshape(-1, vectors.dimension // PER_BYTE)
        rows = range(first, first + len(stored))
        codes = coded(vectors.reconstruct(rows)[:, : vectors.dimension])
        # Another machine may round a number that is next to a level to the other side.
        if np.mean(codes != stored) > 0.001:
            raise ValueError("the codes of a shard are not those of its vectors")
        first = rows.stop
