"""The files of a corpus: find them, and notice changes."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from qa.errors import EmptyCorpus, UnreadableDocument
from qa.hashing import sha256_of
from qa.index import CURRENT, CorpusFile, build_command, is_milvus_lite, parts_of_index
from qa.networks.threads import cores

# So many files are hashed by one task, or fewer that have so many bytes.
_HASHED, _HASHED_BYTES = 64, 16_000_000
# Size and time of a file, and its hash.
State = tuple[int, int, str]


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
    """Return the paths of the corpus by document id, without the files of any index or store.

    They include links, pipes and closed folders that cannot be read, so that the report
    mentions these too.
    """
    if not folder.is_dir():
        return {}
    places = list(_places(folder))
    others = {place for place, _, names in places if CURRENT in names}
    indexes = {_real(index_dir), *(_real(part) for each in others for part in parts_of_index(each))}
    indexes.update(_real(place) for place, _, _ in places if is_milvus_lite(place))
    files: dict[str, Path] = {}
    for place, inner, names in places:
        is_in_index = _is_in(_real(place), indexes)
        for name, is_regular in names.items():
            path = place / name
            is_odd = not is_regular or name == CURRENT
            if not is_in_index and not (is_odd and _is_in(_real(path), indexes)):
                files[_id(f"{inner}{name}")] = path
    return files


def _places(folder: Path) -> Iterator[tuple[Path, str, dict[str, bool]]]:
    """Yield the folders of a corpus, each with its path from there and the names in it.

    Of each name it is told whether it is a regular file. There may be tens of thousands, so the
    system is not asked about each of them. Folders within are left out, and what is hidden, but
    not links to folders nor folders that cannot be entered.
    """
    waiting = [(folder, "")]
    while waiting:
        place, inner = waiting.pop()
        names: dict[str, bool] = {}
        try:
            with os.scandir(place) as found:
                entries = [entry for entry in found if not entry.name.startswith(".")]
        except OSError:  # it cannot be entered
            name = place.name if inner else "."
            yield place.parent if inner else place, inner[: -len(f"{name}/")], {name: False}
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append((place / entry.name, f"{inner}{entry.name}/"))
            else:
                names[entry.name] = entry.is_file(follow_symlinks=False)
        yield place, inner, names


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


def _is_in(path: Path, places: Set[Path]) -> bool:
    return not places.isdisjoint([path, *path.parents])


def _real(path: Path) -> Path:
    """Return a path without links; ``resolve`` would raise for a link to itself."""
    return Path(os.path.realpath(path))


def unfit(path: Path, folder: Path) -> UnreadableDocument | None:
    """Return the error of a path that is not a readable file; None if it may be one."""
    with suppress(OSError):
        if stat.S_ISREG(os.lstat(path).st_mode):
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


def states_of(
    files: Iterable[tuple[str, Path]], known: Mapping[str, Sequence[CorpusFile]], folder: Path
) -> Iterator[State]:
    """Yield the state of each file: size and time, taken before it was hashed, and its hash.

    The hash is empty unless the file has the size that is known. Files are hashed on all cores,
    ahead of what is done with them.
    """
    tasks: list[list[tuple[str, Path]]] = [[]]
    size = 0
    for name, path in files:
        if len(tasks[-1]) == _HASHED or size > _HASHED_BYTES:
            tasks.append([])
            size = 0
        tasks[-1].append((name, path))
        size += known[name][0].size if name in known else 0

    def states(task: Sequence[tuple[str, Path]]) -> list[State]:
        return [_state(path, known.get(name, ()), folder) for name, path in task]

    pool = ThreadPoolExecutor(cores())
    try:
        for found in pool.map(states, tasks):
            yield from found
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _state(path: Path, known: Sequence[CorpusFile], folder: Path) -> State:
    size, mtime_ns = stat_of(path)
    sha256 = ""
    if known and known[0].sha256 and known[0].size == size and not unfit(path, folder):
        with suppress(OSError):  # it is said when it is read
            sha256 = sha256_of(path)
    return size, mtime_ns, sha256


def differs(path: Path, known: CorpusFile, read_ns: int) -> bool:
    """Return whether a file changed since ``read_ns``, in nanoseconds.

    It is hashed only if its time alone differs, or if it was touched later: a program can set
    its time back. A file without a hash counts as the same where size and time are.
    """
    size, mtime_ns, ctime_ns = _stated(path)
    if (size, mtime_ns) == (known.size, known.mtime_ns) and (
        not known.sha256 or ctime_ns < read_ns
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
    size, mtime_ns, _ = _stated(path)
    return size, mtime_ns


def _stated(path: Path) -> tuple[int, int, int]:
    """Return size, time, and the time of the last change of any kind: as if now if unknown."""
    try:
        found = os.stat(path)  # noqa: PTH116 - half the time of that of pathlib
    except OSError:
        return -1, -1, sys.maxsize
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns
