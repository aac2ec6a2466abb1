"""Which documents changed since they were indexed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from qa.hashing import sha256_of
from qa.index.manifest import ContainerFile, IndexedFile

# The bytes of files up to this size are compared before they are quoted: some 10 ms, once.
_COMPARED_BYTES = 16_000_000


class Freshness:
    """Compares files with what was indexed; safe to share between threads.

    ``folder`` is the folder of the documents, ``indexed`` the documents by id, ``containers``
    the files that some of them are in, and ``read_ns`` when they began to be read, in
    nanoseconds.
    """

    def __init__(
        self,
        folder: Path,
        indexed: Mapping[str, IndexedFile],
        containers: Mapping[str, ContainerFile],
        read_ns: int,
    ) -> None:
        self._folder = folder
        self._indexed = indexed
        self._containers = containers
        self._read_ns = read_ns
        self._lock = threading.Lock()
        # Size and times of files that were hashed: once, not at each question.
        self._same: dict[str, tuple[int, ...]] = {}
        self._refused: dict[str, tuple[int, ...]] = {}

    @property
    def refused(self) -> frozenset[str]:
        """The files whose bytes are others although their times fit: only a build tells them."""
        with self._lock:
            return frozenset(self._refused)

    def outdated(self, document_ids: Iterable[str], *, quoted: bool = False) -> set[str]:
        """Return the ids of the documents whose file changed or vanished since the build.

        A file with the indexed size and modification time counts as unchanged if, besides, its
        status did not change after the documents began to be read: a program can set the former
        time, but not the latter. Any other file of the same size is hashed, once for each new time.
        With ``quoted``, times are not enough for a file up to 16 MB: a clock may have been wrong,
        or the index may come from another machine.
        """
        files = {each: self._indexed[each].inside or each for each in document_ids}
        outdated = {file for file in set(files.values()) if self._is_outdated(file, quoted)}
        return {each for each, file in files.items() if file in outdated}

    def _is_outdated(self, name: str, quoted: bool) -> bool:
        indexed = self._containers.get(name) or self._indexed[name]
        path = self._folder / name
        try:
            stat = path.stat()
            if stat.st_size != indexed.size:
                return True
            # On Windows this is the time of creation, which is no less strict.
            changed_later = stat.st_ctime_ns >= self._read_ns
            is_by_time = not quoted or stat.st_size > _COMPARED_BYTES
            is_as_before = stat.st_mtime_ns == indexed.mtime_ns and not changed_later
            found = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev)
            with self._lock:
                if self._refused.get(name) == found:
                    return True
                if self._same.get(name) == found:
                    return False
            if is_as_before and is_by_time:
                return False
            is_same = sha256_of(path) == indexed.sha256
        except OSError:
            return True
        with self._lock:
            self._refused.pop(name, None)
            if is_same:
                self._same[name] = found
            elif is_as_before:
                self._refused[name] = found
        return not is_same
