"""What runs in the workers: tables in, tables out.

Each worker has one sandbox and one encoder, which live as long as it does. It runs one task at a
time, and a task uses one processor.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from qa.builder.corpus import stat_of
from qa.builder.fingerprint import version_here
from qa.builder.inside import ReadingSandbox
from qa.builder.survey import survey_file
from qa.builder.workers import Reading
from qa.index.lock import LOCK
from qa.types import Encoder

if TYPE_CHECKING:
    import pyarrow

# The columns of tables: what is asked for, …
NAME, SIZE, NUMBER, TEXT = "name", "size", "number", "text"
# … and what is answered. Where there is a problem, nothing else is.
FOUND, VECTOR, NODE, PROBLEM = "found", "vector", "node", "problem"
_OTHER_VERSION = "it has another version of Verbatim, or of the libraries that read and encode"
_OTHER_ENCODER = "it has another encoder"


@dataclass(frozen=True, slots=True)
class Place:
    """What all files of a reading have in common: how they are read, and from where.

    ``here`` is the current folder of the process that builds, to which paths may be relative;
    ``lock`` the identity of a file of its index, by which that is recognised on another machine.
    """

    reading: Reading
    here: str
    lock: tuple[int, int]


def read_files(table: pyarrow.Table, place: Place) -> pyarrow.Table:
    """Return what the files named in a table contain, as :func:`survey_file` does; pickled.

    Nothing is told of a file of another size than the builder saw: it may be of another folder.
    """
    import pyarrow as pa

    if problem := problem_of(place):
        return _problem(problem)
    reading = place.reading
    sandbox = KEPT.sandbox(reading, keeps_pages=lock_of(reading) == place.lock)
    found = []
    for name, size in zip(table[NAME].to_pylist(), table[SIZE].to_pylist(), strict=True):
        path = reading.folder / name
        is_same = stat_of(path)[0] == size
        asked = path, name, reading.folder, sandbox.load, sandbox.split
        read = survey_file(*asked) if is_same else None
        found.append(pickle.dumps(read, protocol=5))
    return pa.table(
        {
            NAME: table[NAME],
            FOUND: pa.array(found, pa.large_binary()),
            NODE: [node_name()] * len(found),
            PROBLEM: [""] * len(found),
        }
    )


def encode_texts(
    table: pyarrow.Table, make: Callable[[], Encoder], fingerprint: str, version: str
) -> pyarrow.Table:
    """Return the vectors of the texts in a table, by their numbers."""
    import pyarrow as pa

    encoder = _encoder(make)
    if encoder.fingerprint != fingerprint:
        return _problem(_OTHER_ENCODER)
    if version != _version():
        return _problem(_OTHER_VERSION)
    # One after the other: a batch would be spread over all processors, and others have these.
    vectors = [encoder.encode([text])[0].astype("<f4") for text in table[TEXT].to_pylist()]
    return pa.table(
        {
            NUMBER: table[NUMBER],
            VECTOR: pa.array([vector.tobytes() for vector in vectors], pa.binary()),
            NODE: [node_name()] * len(vectors),
            PROBLEM: [""] * len(vectors),
        }
    )


def problem_of(place: Place) -> str:
    """Return why this machine cannot read files for another; empty if it can."""
    if place.reading.version != _version():
        return _OTHER_VERSION
    folder = place.reading.folder
    if not folder.is_absolute():
        if not Path(place.here).is_dir():
            return f"it has no folder {place.here}"
        os.chdir(place.here)
    return "" if folder.is_dir() else f"it has no folder {folder}"


def node_name() -> str:
    """Return the address of this machine in its cluster."""
    from ray.util import get_node_ip_address

    return str(get_node_ip_address())


def lock_of(reading: Reading) -> tuple[int, int]:
    """Return what identifies the lock of the index, also where another machine sees it."""
    try:
        stat = (reading.pages.parent.parent / LOCK).stat()
    except OSError:
        return 0, 0
    return stat.st_ino, stat.st_mtime_ns


class _Kept:
    """What a worker keeps from task to task."""

    def __init__(self) -> None:
        self._sandbox: tuple[object, ReadingSandbox] | None = None

    def sandbox(self, reading: Reading, *, keeps_pages: bool) -> ReadingSandbox:
        pages = reading.pages if keeps_pages else None
        key = reading.setup, pages
        if self._sandbox is None or self._sandbox[0] != key:
            self.close()
            self._sandbox = key, ReadingSandbox(reading.setup, pages=pages)
        return self._sandbox[1]

    def close(self) -> None:
        if self._sandbox is not None:
            self._sandbox[1].close()
            self._sandbox = None


KEPT = _Kept()
_version = lru_cache(maxsize=1)(version_here)


@lru_cache(maxsize=1)
def _encoder(make: Callable[[], Encoder]) -> Encoder:
    return make()


def _problem(problem: str) -> pyarrow.Table:
    import pyarrow as pa

    return pa.table({NODE: [node_name()], PROBLEM: [problem]})
