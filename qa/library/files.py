"""The files of a served folder: received, removed, renamed, and each of it undone."""

from __future__ import annotations

import errno
import filecmp
import json
import os
import secrets
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qa.errors import LibraryError
from qa.library.names import numbered, rebuilt

# A file may have so many bytes, and so many stay free on the disk: an index is written too.
MAX_BYTES = 500_000_000
RESERVE_BYTES = 200_000_000
# Both are hidden, so that nothing in them is read as a document.
REMOVED = ".removed"
INCOMING = ".incoming-"
_PLACE, _ITEM = "place.json", "item"
_RELOAD = "reload the list of documents"
_TELL = "tell whoever runs the server"
_MAX_COPIES = 1_000


@dataclass(frozen=True, slots=True)
class Stored:
    """Where an upload was stored; ``is_known`` if the same file was there already.

    ``earlier`` is the path of the other file that had its name, empty if none had.
    """

    path: str
    is_known: bool = False
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed and can be put back: its path, and when, as ISO 8601."""

    token: str
    path: str
    at: str


class Files:
    """Changes files in one folder and nowhere else; safe to share between threads.

    Nothing is overwritten or deleted: a second file of a name gets a number, and what is removed
    is kept in a hidden folder until ``forget``. All methods raise
    :class:`~qa.errors.LibraryError` for what cannot be done, with the paths that a visitor sees:
    those of a ``collection`` begin with its name.
    """

    def __init__(
        self,
        folder: Path,
        *,
        collection: str = "",
        max_bytes: int = MAX_BYTES,
        reserve_bytes: int = RESERVE_BYTES,
    ) -> None:
        self.collection = collection
        self.folder, self.max_bytes, self.reserve_bytes = folder, max_bytes, reserve_bytes
        self._lock = threading.Lock()

    @property
    def mode(self) -> int:
        """The permissions of what is new: those of the folder, and no more than usual."""
        return stat.S_IMODE(self.folder.stat().st_mode) & 0o777

    def receive(self, name: str, size: int | None = None) -> Incoming:
        """Begin an upload; ``size`` in bytes is what was announced, if anything was."""
        path = rebuilt(name)
        self.check_size(path, size or 0, expected=size or 0)
        return Incoming(self, path, size)

    def remove(self, path: str) -> Removed:
        """Put a file or a folder where it is not read, and can be put back from."""
        source = self._existing(path)
        with self.changing(path), self._lock:
            return self._put_away(source, path)

    def replace(self, earlier: str, path: str) -> Removed:
        """Give a file the path of an earlier one, which is removed as by ``remove``."""
        former, source = self._existing(earlier), self._existing(path)
        if not (former.is_file() and source.is_file()) or source.samefile(former):
            raise LibraryError(
                f"only another file can replace {self.named(earlier)}", "choose another file"
            )
        with self.changing(path), self._lock:
            removed = self._put_away(former, earlier)
            source.rename(former)
        return removed

    def restore(self, token: str) -> Stored:
        """Put back what was removed; with a number if its name is taken meanwhile."""
        place = self._place_of(token)
        removed = self._removed(place)
        with self.changing(removed.path), self._lock:
            for path in _free(removed.path):
                with self._placing(path) as target:
                    if not os.path.lexists(target):
                        (place / _ITEM).rename(target)
                        shutil.rmtree(place, ignore_errors=True)
                        return Stored(path)
        raise self._too_many(removed.path)

    def forget(self, token: str) -> None:
        """Delete for good what was removed."""
        place = self._place_of(token)
        removed = self._removed(place)
        with self.changing(removed.path), self._lock:
            shutil.rmtree(place)

    def removed(self) -> list[Removed]:
        """Return what was removed and can be put back, the latest first."""
        found = []
        with suppress(OSError):
            for place in (self.folder / REMOVED).iterdir():
                with suppress(LibraryError):
                    found.append(self._removed(place))
        return sorted(found, key=lambda each: (each.at, each.token), reverse=True)

    def rename(self, path: str, name: str) -> Stored:
        """Give a file or a folder another path within the folder."""
        source, wanted = self._existing(path), rebuilt(name)
        with self.changing(path), self._lock, self._placing(wanted) as target:
            is_itself = os.path.lexists(target) and source.samefile(target)
            if os.path.lexists(target) and not is_itself:
                raise LibraryError(
                    f"there is already a {self.named(wanted)}", "choose another name"
                )
            if source.is_dir() and target.resolve().is_relative_to(source.resolve()):
                if wanted != path:
                    raise LibraryError(
                        f"the folder {self.named(path)} cannot be moved into itself",
                        "choose another name",
                    )
            else:
                source.rename(target)
        return Stored(wanted)

    def named(self, path: str) -> str:
        """Return a path as a visitor sees it."""
        return f"{self.collection}/{path}" if self.collection else path

    def sweep(self) -> None:
        """Remove what uploads that broke off with an earlier server left."""
        with suppress(OSError):
            for path in self.folder.glob(f"{INCOMING}*"):
                path.unlink(missing_ok=True)

    def check_size(self, path: str, size: int, *, expected: int = 0) -> None:
        """Raise LibraryError if a file is too large, or the disk too full for bytes expected."""
        if size > self.max_bytes:
            raise LibraryError(
                f"the file {self.named(path)} has more than {self.max_bytes / 1e6:,.0f} MB",
                "split it, or put it into the folder yourself",
                status=413,
                for_visitors="split it",
            )
        with suppress(OSError):
            if shutil.disk_usage(self.folder).free - expected < self.reserve_bytes:
                raise self._full(f"there is no room on the disk for {self.named(path)}")

    def keep(self, incoming: Path, path: str) -> Stored:
        """Give a complete upload its name, or say that it was there already."""
        with self.changing(path), self._lock:
            for free in _free(path):
                with self._placing(free) as target:
                    with suppress(FileExistsError):
                        _place(incoming, target)
                        return Stored(free, earlier=path if free != path else "")
                    if target.is_file() and filecmp.cmp(incoming, target, shallow=False):
                        return Stored(free, is_known=True)
        raise self._too_many(path)

    @contextmanager
    def changing(self, path: str) -> Iterator[None]:
        """Raise LibraryError for what the block cannot do on the disk."""
        try:
            yield
        except OSError as error:
            raise self._error_of(error, self.named(path)) from error

    def _put_away(self, source: Path, path: str) -> Removed:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        removed = Removed(secrets.token_hex(8), path, at)
        place = self.folder / REMOVED / removed.token
        place.parent.mkdir(mode=0o700, exist_ok=True)
        place.mkdir(mode=0o700)
        (place / _PLACE).write_text(json.dumps([path, at]), encoding="utf-8")
        source.rename(place / _ITEM)
        return removed

    @contextmanager
    def _placing(self, path: str) -> Iterator[Path]:
        """Yield where a path leads, its folders made; they go again if the block fails.

        It never leads out of the folder by a link.
        """
        target = self.folder / path
        above, missing, made = target.parent, [], []
        while not above.exists():
            missing.append(above)
            above = above.parent
        self._check_inside(above, path)
        try:
            for folder in reversed(missing):
                folder.mkdir(mode=self.mode | 0o700)
                made.append(folder)
            self._check_inside(target.parent, path)
            yield target
        except BaseException:
            for folder in reversed(made):
                with suppress(OSError):
                    folder.rmdir()
            raise

    def _existing(self, path: str) -> Path:
        parts = path.split("/")
        is_hidden = any(part in ("", ".", "..") or part[0] == "." for part in parts)
        if is_hidden or not _can_exist(path):
            raise self._missing(path)
        found = self.folder / path
        self._check_inside(found.parent, path)
        if not os.path.lexists(found):
            raise self._missing(path)
        return found

    def _check_inside(self, place: Path, path: str) -> None:
        if not Path(os.path.realpath(place)).is_relative_to(os.path.realpath(self.folder)):
            problem = f"the path {self.named(path)} leads out of the folder"
            raise LibraryError(problem, "choose another name")

    def _place_of(self, token: str) -> Path:
        if not token or not token.isascii() or not token.isalnum():
            raise LibraryError("there is nothing to put back", _RELOAD, status=404)
        return self.folder / REMOVED / token

    def _removed(self, place: Path) -> Removed:
        try:
            path, at = json.loads((place / _PLACE).read_text(encoding="utf-8"))
            if not os.path.lexists(place / _ITEM):
                raise FileNotFoundError(place)
            return Removed(place.name, rebuilt(path), str(at))
        except (OSError, ValueError, TypeError) as error:
            raise LibraryError("it was put back or deleted already", _RELOAD, status=404) from error

    def _missing(self, path: str) -> LibraryError:
        return LibraryError(f"there is no file {self.named(path)}", _RELOAD, status=404)

    def _too_many(self, path: str) -> LibraryError:
        return LibraryError(f"there are too many files named {self.named(path)}", "rename one")

    def _full(self, problem: str) -> LibraryError:
        return LibraryError(problem, "free some space", status=507, for_visitors=_TELL)

    def _error_of(self, error: OSError, named: str) -> LibraryError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return self._full(f"the disk is full: {named} was not stored")
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            problem = f"the folder may not be changed for {named}"
            return LibraryError(problem, "change its permissions", for_visitors=_TELL)
        if isinstance(error, NotADirectoryError | FileExistsError | IsADirectoryError):
            return LibraryError(f"a file has the name of a folder of {named}", "rename one of them")
        if isinstance(error, FileNotFoundError):
            return LibraryError(f"there is no file {named} any more", _RELOAD, status=404)
        return LibraryError(f"the file {named} cannot be changed ({error.strerror})", "try again")


class Incoming:
    """An upload in progress: ``write`` its bytes, then ``keep`` it; ``abort`` drops it."""

    def __init__(self, files: Files, path: str, size: int | None) -> None:
        self._files, self._size = files, size
        self.path, self.received = path, 0
        self._part = files.folder / f"{INCOMING}{secrets.token_hex(8)}"
        with files.changing(path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            descriptor = os.open(self._part, flags, files.mode & 0o666 | 0o600)
            self._file = os.fdopen(descriptor, "wb")

    def write(self, data: bytes) -> None:
        """Append some bytes."""
        self.received += len(data)
        self._files.check_size(self.path, self.received)
        with self._files.changing(self.path):
            self._file.write(data)

    def keep(self) -> Stored:
        """Store the file under its name, or under one with a number."""
        named = self._files.named(self.path)
        if self._size is not None and self.received != self._size:
            raise LibraryError(
                f"the upload of {named} broke off after {self.received:,} of {self._size:,} bytes",
                "upload it again",
            )
        if not self.received:
            raise LibraryError(f"the file {named} is empty", "choose another file")
        with self._files.changing(self.path):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        stored = self._files.keep(self._part, self.path)
        self.abort()
        return stored

    def abort(self) -> None:
        """Remove what was received and not kept."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._part.unlink()


def _can_exist(path: str) -> bool:
    """Return whether the system takes a path: not with a NUL, nor half a pair of UTF-16."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def _place(source: Path, target: Path) -> None:
    """Give a file another name in the same folder; FileExistsError if that is taken."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        source.replace(target)


def _free(path: str) -> Iterator[str]:
    """Yield a path, then the same with numbers from 2 on."""
    yield path
    for number in range(2, _MAX_COPIES):
        yield numbered(path, number)
