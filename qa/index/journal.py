"""The vectors of an unfinished build, so that an interrupted one loses none of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.index.writing import opened_privately, writing

JOURNAL = ".encoded"


class Journal:
    """Vectors by the digest of their text, in a file beside the generations.

    A record is a digest of 32 bytes, the vector, and a checksum over both and over
    ``vector_key``, which is everything beside its text that decides a vector. A record that
    was cut off in writing, was damaged, or belongs to another encoder fails the check and is
    not read. The caller holds the writer's lock.
    """

    def __init__(self, index_dir: Path, vector_key: object, dimension: int) -> None:
        self._path = index_dir / JOURNAL
        self._key = hashlib.sha256(repr(vector_key).encode("utf-8")).digest()
        self._dimension = dimension
        self._size = 32 + 4 * dimension

    def read(self) -> dict[bytes, NDArray[np.float32]]:
        """Return the stored vectors, and cut off what follows the last whole record."""
        with writing(self._path.parent):
            try:
                data = self._path.read_bytes()
            except FileNotFoundError:
                return {}
        found = {}
        end = 0
        step = self._size + 16
        for first in range(0, len(data) - step + 1, step):
            record = data[first : first + self._size]
            if data[first + self._size : first + step] != self._check(record):
                break
            found[record[:32]] = np.frombuffer(record, "<f4", offset=32).astype(np.float32)
            end = first + step
        if end < len(data):
            with writing(self._path.parent), self._path.open("r+b") as file:
                file.truncate(end)
        return found

    def add(self, vectors: Iterable[tuple[bytes, NDArray[np.float32]]]) -> None:
        """Append vectors by the digests of their texts."""
        records = [digest + vector.astype("<f4").tobytes() for digest, vector in vectors]
        with writing(self._path.parent), opened_privately(self._path, append=True) as file:
            file.write(b"".join(record + self._check(record) for record in records))

    def remove(self) -> None:
        """Remove the file: a generation contains the vectors now."""
        with writing(self._path.parent):
            self._path.unlink(missing_ok=True)

    def _check(self, record: bytes) -> bytes:
        return hashlib.blake2b(record, digest_size=16, key=self._key).digest()
