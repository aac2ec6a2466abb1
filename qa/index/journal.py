"""Vectors of a build that has not ended, so that one that is stopped loses none of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.index.remedy import unwritable

JOURNAL = ".encoded"


class Journal:
    """Vectors by the digest of their text, in a file beside the generations.

    A record is a digest of 32 bytes, the vector and a checksum over both and
    over ``circumstances``, all that decides a vector beside its text. What was
    cut off in writing, was damaged, or belongs to another encoder fails the
    check and is not read. The caller holds the writer's lock.
    """

    def __init__(self, index_dir: Path, circumstances: object, dimension: int) -> None:
        self._path = index_dir / JOURNAL
        self._key = hashlib.sha256(repr(circumstances).encode("utf-8")).digest()
        self._dimension = dimension
        self._size = 32 + 4 * dimension

    def read(self) -> dict[bytes, NDArray[np.float32]]:
        """Return what is stored, and cut off what is not whole; empty where nothing is."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise unwritable(self._path.parent, error) from error
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
            try:
                with self._path.open("r+b") as file:
                    file.truncate(end)
            except OSError as error:
                raise unwritable(self._path.parent, error) from error
        return found

    def add(self, vectors: Iterable[tuple[bytes, NDArray[np.float32]]]) -> None:
        """Append vectors by the digests of their texts."""
        records = [digest + vector.astype("<f4").tobytes() for digest, vector in vectors]
        try:
            with self._path.open("ab") as file:
                file.write(b"".join(record + self._check(record) for record in records))
        except OSError as error:
            raise unwritable(self._path.parent, error) from error

    def remove(self) -> None:
        """Forget everything: a generation holds it now."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self._path.parent, error) from error

    def _check(self, record: bytes) -> bytes:
        return hashlib.blake2b(record, digest_size=16, key=self._key).digest()
