"""The files of a corpus: find them, read the new ones, notice changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path

from qa.builder.sandbox import Load
from qa.builder.splitter import Splitter
from qa.errors import ReadingStopped, UnreadableDocument
from qa.hashing import sha256_of
from qa.index import CURRENT, IndexedFile, SkippedFile, parts_of_index
from qa.loaders import find_files, unreadable
from qa.loaders.language import identify_language
from qa.types import Document, Passage

Contents = tuple[Document, Sequence[Passage]]
Examined = tuple[IndexedFile, Contents | None] | SkippedFile


def corpus_files(folder: Path, index_dir: Path) -> dict[str, Path]:
    """Return the paths of the corpus by document id, without the files of any index.

    They include links, pipes and closed folders that cannot be read, so that the report
    mentions these too.
    """
    if not folder.is_dir():
        return {}
    found = [*_special_files(folder), *find_files(folder)]
    others = {path.parent for path in found if path.name == CURRENT}
    indexes = {_real(index_dir), *(_real(part) for each in others for part in parts_of_index(each))}
    return {
        # In a name that is not valid Unicode the bytes are escaped.
        path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode(): path
        for path in found
        if not _is_in(_real(path), indexes)
    }


def survey(
    files: Mapping[str, Path],
    known: Mapping[str, IndexedFile | SkippedFile],
    folder: Path,
    load: Load,
    splitter: Splitter,
    progress: Callable[[int, int], None] | None = None,
) -> list[Examined]:
    """Return the contents of each file, in the order of ids; copies of a file have none.

    The contents of an unchanged file are None, since they are stored already. A file is not
    read if reading the same bytes exceeded a limit before. ``progress`` is called after each
    file with the number of files done and their total.
    """
    # By suffix too: the same bytes are read differently as Markdown and as plain text.
    originals: dict[tuple[str, str], str] = {}
    examined: list[Examined] = []
    for document_id, path in sorted(files.items()):
        before = known.get(document_id)
        found = _examine(path, document_id, before, folder, load, splitter, originals)
        if not isinstance(found, SkippedFile) and not found[0].copy_of:
            originals[found[0].sha256, path.suffix.lower()] = document_id
        examined.append(found)
        if progress is not None:
            progress(len(examined), len(files))
    return examined


def _examine(
    path: Path,
    document_id: str,
    known: IndexedFile | SkippedFile | None,
    folder: Path,
    load: Load,
    splitter: Splitter,
    originals: Mapping[tuple[str, str], str],
) -> Examined:
    """Read a file, unless it is unchanged or a copy of another."""
    # Taken before reading, so that a file that changes meanwhile counts as changed later.
    size, mtime_ns = _stat(path)
    try:
        if error := _unfit(path, folder):
            raise error
        if known is not None and known.size == size and known.sha256 == sha256_of(path):
            if isinstance(known, SkippedFile):
                return replace(known, mtime_ns=mtime_ns)
            original = originals.get((known.sha256, path.suffix.lower()), "")
            count = 0 if original else known.passages
            file = replace(known, mtime_ns=mtime_ns, passages=count, copy_of=original)
            # A former copy has nothing stored: it is read if its original is gone.
            if original or not known.copy_of:
                return file, None
        if path.relative_to(folder).as_posix() != document_id:
            raise UnreadableDocument("its name is not valid Unicode", "rename it")
        document = load(path, folder=folder)
        original = originals.get((document.sha256, path.suffix.lower()), "")
        if original:
            file = IndexedFile(
                document_id, document.sha256, size, mtime_ns, 0, original, document.notes
            )
            return file, None
        document = replace(document, language=identify_language(document))
        passages = splitter.split(document)
        document.text.encode("utf-8")
        if not passages:
            raise UnreadableDocument("it contains no sentences")
    except ReadingStopped as error:
        # It took minutes: remembered, unless the file changed meanwhile.
        sha256 = sha256_of(path) if _stat(path) == (size, mtime_ns) else ""
        return SkippedFile(document_id, str(error), size, mtime_ns, sha256)
    except UnreadableDocument as error:
        return SkippedFile(document_id, str(error), size, mtime_ns)
    except OSError as error:
        return SkippedFile(document_id, str(unreadable(error)), size, mtime_ns)
    except Exception as error:  # parsers of foreign formats raise whatever they like
        reason = f"it cannot be read ({type(error).__name__}: {error})"
        return SkippedFile(document_id, " ".join(reason.split())[:300], size, mtime_ns)
    file = IndexedFile(
        document_id, document.sha256, size, mtime_ns, len(passages), notes=document.notes
    )
    return file, (document, passages)


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
        special += [path for path in paths if _unfit(path, folder)]
    return [*special, *closed]


def _is_in(path: Path, places: Set[Path]) -> bool:
    return not places.isdisjoint([path, *path.parents])


def _real(path: Path) -> Path:
    """Return a path without links; ``resolve`` would raise for a link to itself."""
    return Path(os.path.realpath(path))


def _unfit(path: Path, folder: Path) -> UnreadableDocument | None:
    """Return the error of a path that is not a readable file; None if it may be one."""
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


def differs(path: Path, known: IndexedFile | SkippedFile) -> bool:
    """Return whether a file changed; it is hashed only if its time alone differs."""
    size, mtime_ns = _stat(path)
    if (size, mtime_ns) == (known.size, known.mtime_ns):
        return False
    if not known.sha256 or size != known.size:
        return True
    try:
        return sha256_of(path) != known.sha256
    except OSError:
        return True


def _stat(path: Path) -> tuple[int, int]:
    """Return a file's size in bytes and time in nanoseconds; -1 if they are unknown."""
    try:
        stat = path.stat()
    except OSError:
        return -1, -1
    return stat.st_size, stat.st_mtime_ns
