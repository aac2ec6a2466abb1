"""The vectors of an unfinished build, on the disk: an interrupted one loses none of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.errors import StoredIndexError
from qa.index.writing import opened_privately, writing

JOURNAL = ".encoded"
# So many bytes of a digest tell texts apart in memory: one in 2**64 would have to be another's.
SHORT = 16
_READ = 100_000


class Journal:
    """Vectors by the digest of their text, in a file beside the generations.

    A record is a digest of 32 bytes, the ``row_size`` numbers that an encoder returns, the first
    ``dimension`` as floats and the others as bytes, and a checksum over both and over
    ``vector_key``, which is everything beside its text that decides a vector. A record that
    was cut off in writing, was damaged, or belongs to another encoder fails the check and is
    not read. Of each record, ``SHORT`` bytes are in memory. The caller holds the writer's lock.
    """

    def __init__(
        self, index_dir: Path, vector_key: object, dimension: int, row_size: int | None = None
    ) -> None:
        self._path = index_dir / JOURNAL
        self._key = hashlib.sha256(repr(vector_key).encode("utf-8")).digest()
        self._dimension, self._row_size = dimension, row_size or dimension
        self._size = 32 + 4 * dimension + self._row_size - dimension
        self._digests = bytearray()

    def open(self) -> None:
        """Find the whole records, and cut off what follows the last of them."""
        self._digests.clear()
        with writing(self._path.parent):
            if not self._path.exists():
                return
            for record in self._whole_records():
                self._digests += record[:SHORT]
            end = len(self._digests) // SHORT * (self._size + 16)
            if end < self._path.stat().st_size:
                with self._path.open("r+b") as file:
                    file.truncate(end)

    def digests(self) -> NDArray[np.bytes_]:
        """Return the beginning of each record's digest, in the order of records."""
        return np.frombuffer(bytes(self._digests), f"S{SHORT}")

    def read(self, records: Sequence[int]) -> NDArray[np.float32]:
        """Return the vectors of these records, numbered from 0: ``(records, row_size)``.

        Raises :class:`~qa.errors.StoredIndexError` if one was damaged since it was written.
        """
        rows = np.empty((len(records), self._row_size), np.float32)
        if not len(records):
            return rows
        step = self._size + 16
        with writing(self._path.parent), self._path.open("rb") as file:
            for row, number in zip(rows, records, strict=True):
                file.seek(step * int(number))
                data = file.read(step)
                if data[self._size :] != self._check(data[: self._size]):
                    raise StoredIndexError(f"{self._path} is damaged", "run the same command again")
                row[: self._dimension] = np.frombuffer(data, "<f4", self._dimension, 32)
                end = self._size - 32 - 4 * self._dimension
                row[self._dimension :] = np.frombuffer(data, np.uint8, end, self._size - end)
        return rows

    def add(self, vectors: Iterable[tuple[bytes, NDArray[np.float32]]]) -> None:
        """Append vectors by the digests of their texts."""
        records = [
            digest
            + vector[: self._dimension].astype("<f4").tobytes()
            + vector[self._dimension :].astype(np.uint8).tobytes()
            for digest, vector in vectors
        ]
        with writing(self._path.parent), opened_privately(self._path, append=True) as file:
            file.write(b"".join(record + self._check(record) for record in records))
        for record in records:
            self._digests += record[:SHORT]

    def remove(self) -> None:
        """Remove the file: a generation contains the vectors now."""
        with writing(self._path.parent):
            self._path.unlink(missing_ok=True)

    def _whole_records(self) -> Iterator[bytes]:
        step = self._size + 16
        with self._path.open("rb", buffering=_READ) as file:
            while len(data := file.read(step)) == step:
                record = data[: self._size]
                if data[self._size :] != self._check(record):
                    return
                yield record

    def _check(self, record: bytes) -> bytes:
        return hashlib.blake2b(record, digest_size=16, key=self._key).digest()
