"""The manifest of a generation: what it contains and how it was made."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from qa.errors import IndexCorrupt, IndexMismatch
from qa.index.commands import build_command
from qa.text import printable

FORMAT_VERSION = 9
_ENCODER = json.JSONEncoder(sort_keys=True)


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file of the corpus that was indexed; ``path`` is the document's id.

    ``size`` in bytes and ``mtime_ns`` were taken before the file was read. ``copy_of`` is the
    id of a document with the same bytes, whose passages are stored; a copy has none itself.
    ``notes`` say what of the file is not in its text. ``inside`` is the file of the corpus that
    the document is in, empty if it is one itself: with it the document changes and vanishes.
    """

    path: str
    sha256: str
    size: int
    mtime_ns: int
    passages: int
    copy_of: str = ""
    notes: tuple[str, ...] = ()
    inside: str = ""


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of the corpus that could not be indexed, and why.

    ``sha256`` is set if reading it exceeded a limit: a build then skips the same bytes. A file
    without it is read again at each build. ``inside`` is the file of the corpus that it is in,
    and ``sha256`` then that file's; it is read again when that file is.
    """

    path: str
    reason: str
    size: int
    mtime_ns: int
    sha256: str = ""
    inside: str = ""


@dataclass(frozen=True, slots=True)
class ContainerFile:
    """A file of the corpus that is no document but contains some, such as an archive.

    ``documents`` of it were indexed. The other fields are those of :class:`IndexedFile`.
    """

    path: str
    sha256: str
    size: int
    mtime_ns: int
    documents: int
    notes: tuple[str, ...] = ()


CorpusFile = IndexedFile | SkippedFile | ContainerFile


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the generation itself; ``path`` is relative to its folder."""

    path: str
    sha256: str
    size: int

    @property
    def shard(self) -> str:
        """The key of its shard; that of no shard for a file of the whole index."""
        return PurePosixPath(self.path).stem


@dataclass(frozen=True, slots=True)
class Shard:
    """Consecutive documents, in files of their own named by ``key``.

    The same documents have the same key in every generation.
    """

    key: str
    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description of one generation.

    ``folder`` is the corpus, relative to the current directory; on disk it is relative to the
    index, so that both can be moved together. ``settings`` are the builder's: a build with
    others reads and splits every file again.
    """

    folder: str
    encoder_name: str
    encoder_fingerprint: str
    dimension: int
    settings: Mapping[str, str | int]
    libraries: Mapping[str, str]
    documents: tuple[IndexedFile, ...]
    skipped: tuple[SkippedFile, ...]
    containers: tuple[ContainerFile, ...] = ()
    shards: tuple[Shard, ...] = ()
    files: tuple[StoredFile, ...] = ()

    def by_file(self) -> dict[str, list[CorpusFile]]:
        """Return the records of each file of the corpus by its path, its own one first."""
        found: dict[str, list[CorpusFile]] = {file.path: [file] for file in self.containers}
        files: list[IndexedFile | SkippedFile] = [*self.documents, *self.skipped]
        found.update((file.path, [file]) for file in files if not file.inside)
        for file in files:
            if file.inside:
                found[file.inside].append(file)
        return found

    @property
    def passages(self) -> int:
        """How many passages are stored: the rows of each store."""
        return sum(document.passages for document in self.documents)

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest as plain JSON values."""
        counts = {"documents": len(self.documents), "passages": self.passages}
        values = {name: _plain(getattr(self, name)) for name in self.__slots__}
        return {"format": FORMAT_VERSION, **values, "counts": counts}

    def to_json(self, index_dir: Path) -> bytes:
        """Return the manifest as it is stored on disk: a line for each document and file."""
        values = {**self.to_dict(), "folder": _relative(Path(self.folder), index_dir)}
        lines = [f"{json.dumps(name)}: {_stored(values[name])}" for name in sorted(values)]
        return "{{\n{}\n}}\n".format(",\n".join(lines)).encode("ascii")

    @classmethod
    def from_json(cls, data: bytes, index_dir: Path) -> Manifest:
        """Read a stored manifest.

        Raises :class:`~qa.errors.IndexMismatch` for another format version and
        :class:`~qa.errors.IndexCorrupt` for an invalid manifest.
        """
        try:
            values = json.loads(data)
            version = values["format"]
            if version == FORMAT_VERSION:
                return cls(
                    folder=_seen_from_here(index_dir / values["folder"]),
                    encoder_name=str(values["encoder_name"]),
                    encoder_fingerprint=str(values["encoder_fingerprint"]),
                    dimension=int(values["dimension"]),
                    settings=dict(values["settings"]),
                    libraries=dict(values["libraries"]),
                    documents=tuple(IndexedFile(**_frozen(each)) for each in values["documents"]),
                    skipped=tuple(SkippedFile(**entry) for entry in values["skipped"]),
                    containers=tuple(
                        ContainerFile(**_frozen(each)) for each in values["containers"]
                    ),
                    shards=tuple(Shard(**entry) for entry in values["shards"]),
                    files=tuple(StoredFile(**entry) for entry in values["files"]),
                )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexCorrupt(
                f"the manifest of {index_dir} cannot be read", f"run {build_command(index_dir)}"
            ) from error
        given = values.get("folder")
        folder = _seen_from_here(index_dir / given) if isinstance(given, str) else "FOLDER"
        raise IndexMismatch(
            f"{index_dir} has format {version}, not {FORMAT_VERSION}",
            f"run {build_command(index_dir, folder)}",
        )

    def summary(self) -> str:
        """Return a summary for people, one fact per line."""
        size = sum(file.size for file in self.files)
        noted: list[IndexedFile | ContainerFile] = [*self.documents, *self.containers]
        lines = [
            f"folder      {printable(self.folder)}",
            f"documents   {len(self.documents):,}",
            f"passages    {self.passages:,}",
            f"skipped     {len(self.skipped):,}",
            f"size        {size / 1e6:,.1f} MB",
            f"encoder     {self.encoder_name}, {self.dimension} dimensions",
            f"settings    {_pairs(self.settings)}",
            f"libraries   {_pairs(self.libraries)}",
        ]
        lines += [
            f"  {printable(file.path)}: {printable(note)}" for file in noted for note in file.notes
        ]
        lines += [
            f"  skipped {printable(file.path)}: {printable(file.reason)}" for file in self.skipped
        ]
        return "\n".join(lines)


def _plain(value: Any) -> Any:
    """Return records of one kind as dictionaries, any other value as it is."""
    if not isinstance(value, tuple) or not value:
        return value
    names = value[0].__slots__
    return tuple({name: getattr(each, name) for name in names} for each in value)


def _stored(value: Any) -> str:
    lines = ",\n".join(map(_ENCODER.encode, value)) if isinstance(value, tuple) else ""
    return f"[\n{lines}\n]" if lines else _ENCODER.encode(value)


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "notes": tuple(map(str, entry["notes"]))}


def _pairs(values: Mapping[str, str | int]) -> str:
    return ", ".join(f"{name} {str(value)[:16]}" for name, value in values.items())


def _relative(folder: Path, index_dir: Path) -> str:
    """Return the path from the index to the corpus; absolute if there is no relative one."""
    try:
        return Path(os.path.relpath(folder.resolve(), index_dir.resolve())).as_posix()
    except ValueError:  # on Windows: two drives
        return folder.resolve().as_posix()


def _seen_from_here(folder: Path) -> str:
    """Return a path relative to the current directory if it is below it, else absolute."""
    folder = folder.resolve()
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
