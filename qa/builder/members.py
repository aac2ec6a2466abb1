"""Read the files inside a file, all of them within limits or one by its id."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path

from qa.errors import ReadingStopped, UnreadableDocument
from qa.sandbox import Load
from qa.text import counted
from qa.types import Block, Document, Member

# Of one file of the corpus, with all that is inside the files inside it.
MAX_FILES = 20_000
MAX_BYTES = 1_000_000_000
# A file in which so many exceeded the limits of time and memory is not read further.
MAX_STOPPED = 3


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
    load: Load, path: Path, folder: Path, document: Document
) -> tuple[list[InnerFile], tuple[str, ...]]:
    """Read all files inside a file, and those inside them; return them with notes.

    The notes say how many were not read because of a limit on all of them together.
    """
    found: list[InnerFile] = []
    taken = {document.id}
    texts: dict[str, tuple[str, tuple[Block, ...]]] = {}
    waiting: list[tuple[tuple[str, ...], str, Member]]
    waiting = [((member.name,), document.id, member) for member in reversed(document.members)]
    size = stopped = left = 0
    while waiting:
        names, parent, member = waiting.pop()
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
            # Of files with the same bytes the text is kept once, as a bomb has thousands.
            text, blocks = texts.setdefault(result.sha256, (result.text, result.blocks))
            if (text, blocks) == (result.text, result.blocks):
                result = replace(result, text=text, blocks=blocks)
            waiting += [((*names, each.name), name, each) for each in reversed(result.members)]
        except Exception as error:  # parsers of foreign formats raise whatever they like
            stopped += isinstance(error, ReadingStopped)
            result = error
        taken.add(name)
        found.append(InnerFile(name, parent, member.size, result))
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
