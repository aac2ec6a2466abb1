"""Generations on disk: written beside the live one, then swapped in by one rename."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexCorrupt, IndexNotFound, StoredIndexError
from qa.hashing import sha256_of
from qa.index import documents, vectors, words
from qa.index.commands import build_command
from qa.index.documents import Contents
from qa.index.lock import unread
from qa.index.manifest import Manifest, StoredFile
from qa.index.shards import shards_of
from qa.index.writing import opened_privately, writing
from qa.networks.threads import cores

CURRENT = "CURRENT"
MANIFEST = "manifest.json"

_GENERATION = re.compile(r"g-(\d+)-([0-9a-f]{16})")
_UNFINISHED = ".writing"
# The least that is hashed on several threads: to start them takes longer than to hash less.
_POOLED_BYTES = 1_000_000


def live_generation(index_dir: Path) -> Path:
    """Return the folder that ``CURRENT`` names.

    Raises :class:`~qa.errors.IndexNotFound` without a ``CURRENT``,
    :class:`~qa.errors.IndexCorrupt` if it does not name a generation, and
    :class:`~qa.errors.StoredIndexError` if it may not be read.
    """
    pointer = _pointer(index_dir)
    while True:
        name, end, rest = pointer.decode("ascii", "replace").partition("\n")
        generation = index_dir / name
        if _GENERATION.fullmatch(name) and end and not rest and generation.is_dir():
            return generation
        # A build may have swapped the pointer and removed what it named before.
        before, pointer = pointer, _pointer(index_dir)
        if pointer == before:
            raise IndexCorrupt(
                f"{index_dir / CURRENT} is damaged", f"run {build_command(index_dir)}"
            )


def read_manifest(index_dir: Path) -> Manifest:
    """Return the manifest of the live generation."""
    while True:
        generation = live_generation(index_dir)
        try:
            return manifest_of(generation)
        except IndexCorrupt:
            if live_generation(index_dir) == generation:
                raise


def read_time_ns(index_dir: Path) -> int:
    """Return when the documents of the live generation began to be read, in nanoseconds."""
    return (live_generation(index_dir) / MANIFEST).stat().st_mtime_ns


def manifest_of(generation: Path) -> Manifest:
    """Return a generation's manifest after comparing it with the hash in the folder's name."""
    path = generation / MANIFEST
    remedy = f"run {build_command(generation.parent)}"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IndexCorrupt(f"{path} is missing", remedy) from error
    if not generation.name.endswith(f"-{_hash(data)}"):
        raise IndexCorrupt(f"{path} is damaged", remedy)
    return Manifest.from_json(data, generation.parent)


def check_files(generation: Path, manifest: Manifest) -> None:
    """Raise IndexCorrupt unless every file of a generation has its hash."""
    remedy = f"run {build_command(generation.parent, manifest.folder)}"

    def check(file: StoredFile) -> None:
        path = generation / file.path
        try:
            found = _describe(path, generation)
        except OSError as error:
            raise IndexCorrupt(f"{path} is missing", remedy) from error
        if found != file:
            raise IndexCorrupt(f"{path} is damaged", remedy)

    if sum(file.size for file in manifest.files) < _POOLED_BYTES:
        for file in manifest.files:
            check(file)
        return
    pool = ThreadPoolExecutor(cores())
    try:
        for _ in pool.map(check, manifest.files):
            pass  # the first problem in their order is raised
    finally:
        pool.shutdown(cancel_futures=True)


def write_generation(
    index_dir: Path,
    manifest: Manifest,
    contents: Iterable[Contents],
    rows_of: Callable[[Sequence[Contents]], NDArray[np.float32]],
    *,
    kept: Mapping[Path, StoredFile] | None = None,
    read_ns: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a generation, make it the live one and return its folder.

    ``read_ns`` is when the documents began to be read, in nanoseconds: the time of the manifest,
    now if None. A file that was touched later may be another than the one that was read.
    ``kept`` are checked files of an earlier generation whose shards this one has too: they are
    linked, not written. ``contents`` are the documents of the other shards, in order, and
    ``rows_of`` returns one row of vectors for each passage of some of them; those of one shard at
    a time are in memory. ``progress`` is called with the number of passages that are written, and
    their total, where they fill several shards. ``manifest.shards`` and ``files`` are filled in
    here. The caller holds the writer's lock. If anything fails or is interrupted, the live
    generation stays live, and ``sweep`` removes the unfinished one. Raises
    :class:`~qa.errors.StoredIndexError` if the disk cannot be written.
    """
    sweep(index_dir)
    unfinished = index_dir / _UNFINISHED
    manifest = replace(manifest, shards=shards_of(manifest))
    kept = kept or {}
    known = {file.path: file for file in kept.values()}
    keys = {file.shard for file in kept.values()}
    with writing(index_dir):
        unfinished.mkdir(mode=0o700, parents=True)
        for folder in (documents.FOLDER, vectors.FOLDER, words.FOLDER):
            (unfinished / folder).mkdir(mode=0o700)
        # They were waited for when they were written: a thousand files, in a large index.
        linked = {
            unfinished / file.path
            for path, file in kept.items()
            if _is_linked(path, unfinished / file.path)
        }
        fresh = [shard for shard in manifest.shards if shard.key not in keys]
        written, total = 0, sum(shard.passages for shard in fresh)
        remaining = iter(contents)
        for shard in fresh:
            held = list(islice(remaining, shard.documents))
            _write_shard(unfinished, shard.key, held, rows_of(held), manifest.dimension)
            del held  # or the next ones would be in memory with them
            written += shard.passages
            if progress is not None and len(fresh) > 1:
                progress(written, total)
        words.join_segments(unfinished / words.FOLDER, manifest.shards)
        stored = sorted(path for path in unfinished.rglob("*") if path.is_file())
        names = [path.relative_to(unfinished).as_posix() for path in stored]
        files = [
            known.get(name) or _describe(path, unfinished)
            for name, path in zip(names, stored, strict=True)
        ]
        manifest = replace(manifest, files=tuple(files))
        data = manifest.to_json(index_dir)
        (unfinished / MANIFEST).write_bytes(data)
        if read_ns is not None:
            os.utime(unfinished / MANIFEST, ns=(read_ns, read_ns))
        for path in (*unfinished.rglob("*"), unfinished):
            if path in linked:
                continue
            # The documents may be for their owner alone, so their text is too.
            path.chmod(0o700 if path.is_dir() else 0o600)
            _sync(path)
        generation = index_dir / f"g-{_last_number(index_dir) + 1}-{_hash(data)}"
        unfinished.rename(generation)
        _sync(index_dir)
        _point_to(generation)
    return generation


def parts_of_index(place: Path) -> list[Path]:
    """Return the files and folders of the index in a folder: its pointer and generations."""
    try:
        live_generation(place)
    except StoredIndexError:
        return []
    found = [path for path in place.iterdir() if _GENERATION.fullmatch(path.name)]
    return [place / CURRENT, *found]


def _write_shard(
    place: Path, key: str, held: Sequence[Contents], rows: NDArray[np.float32], dimension: int
) -> None:
    documents.write_documents(place / documents.FOLDER / f"{key}.sqlite", held)
    vectors.write_vectors(place / vectors.FOLDER, key, rows, dimension)
    passages = [passage for _, parts in held for passage in parts]
    words.write_segment(place / words.FOLDER, key, passages)


def _is_linked(source: Path, target: Path) -> bool:
    """Give a file that never changes a second name; return False where it had to be copied."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
        return False
    return True


def sweep(index_dir: Path) -> None:
    """Remove old generations that no reader uses, and what an interrupted build left."""
    shutil.rmtree(index_dir / _UNFINISHED, ignore_errors=True)
    try:
        live = live_generation(index_dir)
    except StoredIndexError:
        return  # it is unknown which one is live
    for folder in index_dir.iterdir():
        if folder == live or _GENERATION.fullmatch(folder.name) is None:
            continue
        with unread(folder / MANIFEST) as is_free:
            if is_free:
                shutil.rmtree(folder, ignore_errors=True)


def _point_to(generation: Path) -> None:
    """Make a generation the live one, in the one step that readers can see."""
    pointer = generation.parent / CURRENT
    sibling = pointer.with_name(f".{CURRENT}")
    with opened_privately(sibling) as file:
        file.write(f"{generation.name}\n".encode("ascii"))
    _sync(sibling)
    sibling.replace(pointer)
    _sync(generation.parent)


def _pointer(index_dir: Path) -> bytes:
    remedy = f"run {build_command(index_dir)}"
    try:
        return (index_dir / CURRENT).read_bytes()
    except PermissionError as error:
        raise StoredIndexError(
            f"{index_dir / CURRENT} cannot be read ({error.strerror})",
            f"change its permissions, or {remedy}",
        ) from error
    except OSError as error:
        raise IndexNotFound(f"there is no index in {index_dir}", remedy) from error


def _last_number(index_dir: Path) -> int:
    matches = (_GENERATION.fullmatch(path.name) for path in index_dir.iterdir())
    return max((int(match[1]) for match in matches if match), default=0)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _describe(path: Path, generation: Path) -> StoredFile:
    name = path.relative_to(generation).as_posix()
    return StoredFile(name, sha256_of(path), path.stat().st_size)


def _sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot sync a folder
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
