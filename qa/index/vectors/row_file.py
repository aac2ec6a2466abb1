"""Rows of bytes at the end of a file, read one by one."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterable
from pathlib import Path


class RowFile:
    """The rows that end a file of FAISS; safe to share between threads.

    A row is read, not mapped: of a mapped file the system takes 16 pages into the memory of the
    process for each row, and a thousand questions would bring in all of it.
    """

    def __init__(self, path: Path, rows: int, row_size: int) -> None:
        self._row_size = row_size
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._begin = os.fstat(self._file).st_size - rows * row_size
        self._lock = threading.Lock()
        weakref.finalize(self, os.close, self._file)

    def read(self, rows: Iterable[int]) -> bytes:
        """Return the bytes of these rows, joined."""
        size, begin = self._row_size, self._begin
        return b"".join([self._read(size, begin + row * size) for row in rows])

    def _read(self, size: int, offset: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file, size, offset)
        with self._lock:  # on Windows
            os.lseek(self._file, offset, os.SEEK_SET)
            return os.read(self._file, size)
