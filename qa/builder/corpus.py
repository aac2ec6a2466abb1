"""The files of a corpus: find them, and notice changes."""

from __future__ import annotations

import os
import stat
from collections.abc import Hashable, Mapping, Sequence, Set
from contextlib import suppress
from pathlib import Path

from qa.errors import EmptyCorpus, UnreadableDocument
from qa.hashing import sha256_of
from qa.index import CURRENT, CorpusFile, build_command, parts_of_index
from qa.loaders import find_files


def check_folder(folder: Path, index_dir: Path) -> None:
    """Raise EmptyCorpus unless documents can be in a folder and the index beside them."""
    if folder.is_file():
        whole = build_command(index_dir, folder.parent)
        raise EmptyCorpus(f"{folder} is a file", f"name the folder that contains it, as in {whole}")
    if not folder.is_dir():
        command = build_command(index_dir, folder)
        raise EmptyCorpus(
            f"there is no folder {folder}", f"create it, put documents into it, then run {command}"
        )
    if folder.resolve().is_relative_to(index_dir.resolve()):
        raise EmptyCorpus(
            f"the index would contain the documents in {folder}", "name another with --index"
        )


def stamp_of(folder: Path, index_dir: Path) -> Hashable:
    """Return a value that differs once a file of the corpus was added, changed or removed."""
    files = sorted(corpus_files(folder, index_dir).items())
    return tuple((document_id, *stat_of(path)) for document_id, path in files)


def corpus_files(folder: Path, index_dir: Path) -> dict[str, Path]:
    """Return the paths of the corpus by document id, without the files of any index.

    They include links, pipes and closed folders that cannot be read, so that the report
    mentions these too.
    """
    if not folder.is_dir():
        return {}
    special, found = _special_files(folder), find_files(folder)
    others = {path.parent for path in (*special, *found) if path.name == CURRENT}
    indexes = {_real(index_dir), *(_real(part) for each in others for part in parts_of_index(each))}
    files = {
        _id(path.relative_to(folder).as_posix()): path
        for path in special
        if not _is_in(_real(path), indexes)
    }
    # Of each folder: its path from here, and whether it is in an index. There are many more files.
    places: dict[Path, tuple[str, bool]] = {}
    for path in found:
        parent = path.parent
        if parent not in places:
            inner = parent.relative_to(folder).as_posix()
            places[parent] = "" if inner == "." else f"{inner}/", _is_in(_real(parent), indexes)
        place, is_in_index = places[parent]
        is_odd = path.name == CURRENT or path.is_symlink()
        if not is_in_index and not (is_odd and _is_in(_real(path), indexes)):
            files[_id(f"{place}{path.name}")] = path
    return files


def _id(place: str) -> str:
    """Return the id of a document; in a name that is not valid Unicode the bytes are escaped."""
    return place.encode("utf-8", "backslashreplace").decode()


def count_hidden(folder: Path) -> int:
    """Return how many files and folders are left out because their names begin with a dot."""
    count = 0
    for _, folders, names in os.walk(folder):
        count += sum(name.startswith(".") for name in (*folders, *names))
        folders[:] = [name for name in folders if not name.startswith(".")]
    return count


def _special_files(folder: Path) -> list[Path]:
    """Return links, pipes and the like that cannot be read, and folders that cannot be entered."""
    closed: list[Path] = []
    special = []
    for place, folders, names in os.walk(
        folder, onerror=lambda error: closed.append(Path(error.filename))
    ):
        folders[:] = [name for name in folders if not name.startswith(".")]
        names += [name for name in folders if Path(place, name).is_symlink()]
        paths = [Path(place, name) for name in names if not name.startswith(".")]
        special += [path for path in paths if unfit(path, folder)]
    return [*special, *closed]


def _is_in(path: Path, places: Set[Path]) -> bool:
    return not places.isdisjoint([path, *path.parents])


def _real(path: Path) -> Path:
    """Return a path without links; ``resolve`` would raise for a link to itself."""
    return Path(os.path.realpath(path))


def unfit(path: Path, folder: Path) -> UnreadableDocument | None:
    """Return the error of a path that is not a readable file; None if it may be one."""
    with suppress(OSError):
        if stat.S_ISREG(path.lstat().st_mode):
            return None  # one call of the system, since there may be many files
    if path.is_symlink():
        if not path.exists():
            return UnreadableDocument("a link to a file that does not exist", "remove it")
        if not _real(path).is_relative_to(_real(folder)):
            return UnreadableDocument("a link out of the folder", "put a copy in its place")
        if path.is_dir():
            return UnreadableDocument("a link to a folder whose files are read in their own place")
    if path.is_dir():
        return UnreadableDocument("a folder that may not be opened", "change its permissions")
    if path.exists() and not path.is_file():
        return UnreadableDocument("a pipe, socket or device, not a file", "remove it")
    return None


def new_files(
    files: Mapping[str, Path], known: Mapping[str, Sequence[CorpusFile]], folder: Path
) -> dict[str, Path]:
    """Return the files of a corpus that are probably new or changed, by their sizes and times.

    Those that cannot be read at all are left out.
    """

    def is_known(name: str, path: Path) -> bool:
        own = known[name][0] if name in known else None
        if own is None or not own.sha256:
            return False
        return stat_of(path) == (own.size, own.mtime_ns)

    return {
        name: path
        for name, path in files.items()
        if name == path.relative_to(folder).as_posix()
        and not unfit(path, folder)
        and not is_known(name, path)
    }


def differs(path: Path, known: CorpusFile, read_ns: int) -> bool:
    """Return whether a file changed since ``read_ns``, in nanoseconds.

    It is hashed only if its time alone differs, or if it was touched later: a program can set
    its time back. A file without a hash counts as the same where size and time are.
    """
    size, mtime_ns = stat_of(path)
    if (size, mtime_ns) == (known.size, known.mtime_ns) and (
        not known.sha256 or path.stat().st_ctime_ns < read_ns
    ):
        return False
    if not known.sha256 or size != known.size:
        return True
    try:
        return sha256_of(path) != known.sha256
    except OSError:
        return True


def stat_of(path: Path) -> tuple[int, int]:
    """Return a file's size in bytes and time in nanoseconds; -1 if they are unknown."""
    try:
        found = path.stat()
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns
