"""Read the files inside a file, all of them within limits or one by its id."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qa.errors import ReadingStopped, StoredIndexError, UnreadableDocument
from qa.sandbox import Load
from qa.text import counted
from qa.types import Document, Member

# Of one file of the corpus, with all that is inside the files inside it.
MAX_FILES = 20_000
MAX_BYTES = 1_000_000_000
# A file in which so many exceeded the limits of time and memory is not read further.
MAX_STOPPED = 3
# Called with the name of a file, the bytes of the files inside it that are read, and those of all
# that were found so far.
OnMember = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class InnerFile:
    """A file inside another as it was read; an error if it could not be.

    ``parent`` is the id of the file that it is in, and ``size`` its size in bytes.
    """

    id: str
    parent: str
    size: int
    result: Document | Exception


def read_members(
    load: Load,
    path: Path,
    folder: Path,
    document: Document,
    on_member: OnMember | None = None,
) -> tuple[list[InnerFile], tuple[str, ...]]:
    """Read all files inside a file, and those inside them; return them with notes.

    The notes say how many were not read because of a limit on all of them together.
    ``on_member`` is called before each of them, and after the last.
    """
    found: list[InnerFile] = []
    taken = {document.id}
    waiting: list[tuple[tuple[str, ...], str, Member]]
    waiting = [((member.name,), document.id, member) for member in reversed(document.members)]
    size = stopped = left = done = 0
    total = sum(member.size for member in document.members)
    while waiting:
        names, parent, member = waiting.pop()
        if on_member is not None:
            on_member(path.name, done, total)
        done += member.size
        name = f"{document.id}/{'/'.join(names)}"
        is_full = len(found) >= MAX_FILES or size + member.size > MAX_BYTES
        if is_full or stopped >= MAX_STOPPED:
            left += 1
            continue
        size += member.size
        result: Document | Exception
        try:
            if name in taken:
                raise UnreadableDocument("another file in it has the same path", "rename it")
            result = load(path, folder=folder, member=names)
            total += sum(each.size for each in result.members)
            waiting += [((*names, each.name), name, each) for each in reversed(result.members)]
        except StoredIndexError:  # what was read cannot be kept
            raise
        except Exception as error:  # parsers of foreign formats raise whatever they like
            stopped += isinstance(error, ReadingStopped)
            result = error
        taken.add(name)
        found.append(InnerFile(name, parent, member.size, result))
    if on_member is not None and document.members:
        on_member(path.name, total, total)
    if not left:
        return found, ()
    limit = f"{MAX_FILES:,} files and {MAX_BYTES // 10**9} GB"
    if stopped >= MAX_STOPPED:
        limit = f"{MAX_STOPPED} that take too long or too much memory"
    return found, (f"{counted(left, 'file')} in it not read, beyond the limit of {limit}",)


def load_document(load: Load, folder: Path, document_id: str) -> Document:
    """Read the document with an id, which may be inside another file.

    Raises FileNotFoundError if there is none, and what ``load`` raises.
    """
    path, names = locate(load, folder, document_id)
    return load(path, folder=folder, member=names) if names else load(path, folder=folder)


def locate(load: Load, folder: Path, document_id: str) -> tuple[Path, tuple[str, ...]]:
    """Return the file that a document is, or is inside, and the names that lead to it there.

    Raises FileNotFoundError if there is none, and what ``load`` raises.
    """
    parts = document_id.split("/")
    for end in range(1, len(parts) + 1):
        path = folder.joinpath(*parts[:end])
        if path.is_file():
            return path, _names(load, path, folder, (), "/".join(parts[end:]))
    raise FileNotFoundError(document_id)


def _names(
    load: Load, path: Path, folder: Path, names: tuple[str, ...], rest: str
) -> tuple[str, ...]:
    if not rest:
        return names
    document = load(path, folder=folder, member=names) if names else load(path, folder=folder)
    for name in (member.name for member in document.members):
        if f"{rest}/".startswith(f"{name}/"):
            with contextlib.suppress(FileNotFoundError):
                return _names(load, path, folder, (*names, name), rest[len(name) + 1 :])
    raise FileNotFoundError(document.id)
