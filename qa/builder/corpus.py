"""The files of a corpus: which there are, what they hold, whether they changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qa.errors import UnreadableDocument
from qa.index import IndexedFile, SkippedFile
from qa.loaders import find_files, load
from qa.splitter import Splitter
from qa.types import Document, Passage
from qa.weights import sha256_of

Contents = tuple[Document, Sequence[Passage]]
Examined = tuple[IndexedFile, Contents | None] | SkippedFile


def corpus_files(folder: Path, index_dir: Path) -> dict[str, Path]:
    """Return the files of the corpus by document id; the index itself is none of it."""
    if not folder.is_dir():
        return {}
    index = index_dir.resolve()
    return {
        # A name that is no Unicode is shown with its bytes escaped.
        path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode(): path
        for path in find_files(folder)
        if not path.resolve().is_relative_to(index)
    }


def examine(
    path: Path, document_id: str, known: IndexedFile | None, folder: Path, splitter: Splitter
) -> Examined:
    """Read one file; the contents are None when they are stored already."""
    # Taken before reading: a file that changes meanwhile then looks changed, not unchanged.
    size, mtime_ns = _stat(path)
    try:
        if known is not None and known.size == size and known.sha256 == sha256_of(path):
            return IndexedFile(document_id, known.sha256, size, mtime_ns, known.passages), None
        if path.relative_to(folder).as_posix() != document_id:
            raise UnreadableDocument("its name is not valid Unicode: rename it")
        document = load(path, folder=folder)
        passages = splitter.split(document)
        document.text.encode("utf-8")
        if not passages:
            raise UnreadableDocument("it holds no sentences")
    except UnreadableDocument as error:
        return SkippedFile(document_id, str(error), size, mtime_ns)
    except Exception as error:  # parsers of foreign formats raise whatever they like
        reason = f"it cannot be read ({type(error).__name__}: {error})"
        return SkippedFile(document_id, " ".join(reason.split())[:300], size, mtime_ns)
    file = IndexedFile(document_id, document.sha256, size, mtime_ns, len(passages))
    return file, (document, passages)


def differs(path: Path, known: IndexedFile | SkippedFile) -> bool:
    """Return whether a file is no longer what it was; hashed only where its time alone differs."""
    size, mtime_ns = _stat(path)
    if (size, mtime_ns) == (known.size, known.mtime_ns):
        return False
    if isinstance(known, SkippedFile) or size != known.size:
        return True
    try:
        return sha256_of(path) != known.sha256
    except OSError:
        return True


def _stat(path: Path) -> tuple[int, int]:
    """Return a file's size in bytes and its time in nanoseconds; -1 where they cannot be had."""
    try:
        stat = path.stat()
    except OSError:
        return -1, -1
    return stat.st_size, stat.st_mtime_ns
