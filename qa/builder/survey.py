"""Read the files of a corpus that are new or changed, and the files inside them."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from qa.builder.corpus import stat_of, unfit
from qa.builder.inside import Split
from qa.builder.members import InnerFile, read_members
from qa.errors import ReadingStopped, UnreadableDocument
from qa.hashing import sha256_of
from qa.index import ContainerFile, Contents, CorpusFile, IndexedFile, SkippedFile
from qa.loaders import unreadable
from qa.sandbox import Load
from qa.text import counted
from qa.types import Document, Passage

# The contents of a document, ON_DISK where they were put away, None where they are stored already.
ON_DISK: Final = "on disk"
Examined = tuple[IndexedFile, Contents | Literal["on disk"] | None] | SkippedFile | ContainerFile
_Passages = Sequence[Passage] | Exception
# So many names are in a note on what was not read.
_NAMED = 5


def survey(
    files: Mapping[str, Path],
    known: Mapping[str, Sequence[CorpusFile]],
    folder: Path,
    load: Load,
    split: Split,
    progress: Callable[[int, int], None] | None = None,
    elsewhere: MutableMapping[str, list[Examined]] | None = None,
) -> Iterator[Examined]:
    """Yield the contents of each document, file by file; copies of a file have none.

    ``known`` is what was found in each file before. The contents of an unchanged file are None,
    since they are stored already. A file is not read if reading the same bytes exceeded a limit
    before. ``progress`` is called after each file with the number of files done and their total.
    ``elsewhere`` has what :func:`survey_file` returned for some files, which are not read again;
    it is emptied.
    """
    surveyor = _Surveyor(folder, load, split)
    for done, (document_id, path) in enumerate(sorted(files.items()), start=1):
        found = elsewhere.pop(document_id, None) if elsewhere else None
        yield from surveyor.examine(path, document_id, known.get(document_id, ()), found)
        if progress is not None:
            progress(done, len(files))


def survey_file(
    path: Path, document_id: str, folder: Path, load: Load, split: Split
) -> list[Examined]:
    """Return the contents of one file, whatever others there are."""
    return _Surveyor(folder, load, split).examine(path, document_id, ())


def record_of(found: Examined) -> CorpusFile:
    """Return the record of a file in the manifest."""
    return found[0] if isinstance(found, tuple) else found


class _Surveyor:
    """Examines one file after the other; the first of several with the same bytes is stored."""

    def __init__(self, folder: Path, load: Load, split: Split) -> None:
        self._folder, self._load, self._splitting = folder, load, split
        # By suffix too: the same bytes are read differently as Markdown and as plain text.
        self._originals: dict[tuple[str, str], str] = {}
        # Files inside another are split as soon as they are read, since the cells of large tables
        # take more memory than all that is kept of them. Of copies it is the first by its id.
        self._split: dict[tuple[str, str], tuple[str, _Passages]] = {}

    def examine(
        self,
        path: Path,
        document_id: str,
        known: Sequence[CorpusFile],
        elsewhere: list[Examined] | None = None,
    ) -> list[Examined]:
        """Read a file and the files inside it, unless it is unchanged or was read elsewhere."""
        # Taken before reading, so that a file that changes meanwhile counts as changed later.
        size, mtime_ns = stat_of(path)
        try:
            if error := unfit(path, self._folder):
                raise error
            if reused := self._unchanged(path, known, size, mtime_ns):
                return reused
            if elsewhere is not None:
                return [self._without_copies(found) for found in elsewhere]
            if path.relative_to(self._folder).as_posix() != document_id:
                raise UnreadableDocument("its name is not valid Unicode", "rename it")
            document = self._load(path, folder=self._folder)
        except Exception as error:  # parsers of foreign formats raise whatever they like
            skipped = _skipped(document_id, size, error)
            if isinstance(error, ReadingStopped) and stat_of(path) == (size, mtime_ns):
                # It took minutes: remembered, unless the file changed meanwhile.
                skipped = replace(skipped, sha256=sha256_of(path))
            return [replace(skipped, mtime_ns=mtime_ns)]
        self._split.clear()
        inner, limits = read_members(self._load_and_split, path, self._folder, document)
        sha256 = document.sha256
        if inner and stat_of(path) != (size, mtime_ns):
            size = -1  # the others may be of other bytes: none counts as current
        inner, lost = _without_lost(inner, {document.id: document})
        notes = (*document.notes, *lost.get(document.id, ()), *limits)
        own = self._indexed(replace(document, notes=notes), size)
        examined = [
            found
            for each in sorted(inner, key=lambda each: each.id)
            for found in self._examined(each, document_id, sha256, lost.get(each.id, ()))
        ]
        if isinstance(own, tuple):
            return [(replace(own[0], size=size, mtime_ns=mtime_ns), own[1]), *examined]
        if inner:
            count = sum(isinstance(found, tuple) for found in examined)
            return [ContainerFile(document_id, sha256, size, mtime_ns, count, notes), *examined]
        return [replace(own, mtime_ns=mtime_ns)]

    def _without_copies(self, found: Examined) -> Examined:
        """Return what was read elsewhere, without the contents that an earlier file has too."""
        if not isinstance(found, tuple):
            return found
        file, _ = found
        original = self._originals.setdefault((file.sha256, _suffix(file.path)), file.path)
        if original == file.path:
            return found
        return replace(file, passages=0, copy_of=original), None

    def _unchanged(
        self, path: Path, known: Sequence[CorpusFile], size: int, mtime_ns: int
    ) -> list[Examined]:
        """Return what was found in a file before; nothing if it must be read."""
        own = known[0] if known else None
        if own is None or own.size != size or not own.sha256 or own.sha256 != sha256_of(path):
            return []
        originals = ChainMap({}, self._originals)
        reused: list[Examined] = []
        for file in sorted(known, key=lambda file: file.path):
            if file is own:
                file = replace(file, mtime_ns=mtime_ns)
            if not isinstance(file, IndexedFile):
                reused.append(file)
                continue
            key = file.sha256, _suffix(file.path)
            if original := originals.get(key, ""):
                file = replace(file, passages=0, copy_of=original)
            elif file.copy_of:  # its original is gone, and nothing is stored for it
                return []
            else:
                originals[key] = file.path
            reused.append((file, None))
        self._originals.update(originals.maps[0])
        return reused

    def _examined(
        self, inner: InnerFile, file: str, sha256: str, notes: Sequence[str]
    ) -> list[Examined]:
        """Return what is stored of a file inside another; nothing if it only contains others."""
        if isinstance(inner.result, Exception):
            skipped = _skipped(inner.id, inner.size, inner.result)
            remembered = sha256 if isinstance(inner.result, ReadingStopped) else ""
            return [replace(skipped, sha256=remembered, inside=file)]
        document = replace(inner.result, notes=(*inner.result.notes, *notes))
        found = self._indexed(document, inner.size)
        if isinstance(found, tuple):
            return [(replace(found[0], inside=file), found[1])]
        return [] if document.members else [replace(found, inside=file)]

    def _indexed(
        self, document: Document, size: int
    ) -> tuple[IndexedFile, Contents | None] | SkippedFile:
        """Split a document; one with the bytes of another has no contents of its own."""
        key = _key(document)
        original = self._originals.get(key, "")
        file = IndexedFile(document.id, document.sha256, size, 0, 0, original, notes=document.notes)
        if original:
            return file, None
        if key in self._split:
            _, passages = self._split.pop(key)
        else:
            document, passages = self._passages(document)
        if isinstance(passages, Exception):
            return _skipped(document.id, size, passages)
        self._originals[key] = document.id
        return replace(file, passages=len(passages)), (document, passages)

    def _load_and_split(self, path: Path, *, folder: Path, member: Sequence[str] = ()) -> Document:
        """Return a document without the cells of its tables; its passages are kept."""
        document = self._load(path, folder=folder, member=member)
        key = _key(document)
        is_copy = key in self._originals or (
            key in self._split and self._split[key][0] < document.id
        )
        if is_copy:
            return _without_cells(document)
        document, passages = self._passages(document)
        self._split[key] = document.id, passages
        return document

    def _passages(self, document: Document) -> tuple[Document, _Passages]:
        """Split a document; return it with its language and without the cells of its tables."""
        try:
            document, passages = self._splitting(document)
            document.text.encode("utf-8")
            if not passages:
                raise UnreadableDocument("it contains no sentences")
        except Exception as error:  # of a library that reads any text
            return document, error
        return _without_cells(document), passages


def _without_lost(
    inner: Sequence[InnerFile], documents: Mapping[str, Document]
) -> tuple[list[InnerFile], dict[str, tuple[str, ...]]]:
    """Return the inner files without those that a note on their document says enough about.

    A picture in a mail is no file that was skipped: the mail was read, but for it.
    """
    texts = {**documents, **{e.id: e.result for e in inner if isinstance(e.result, Document)}}
    lost: dict[str, list[str]] = {}
    kept = []
    for each in inner:
        is_part = each.parent in texts and texts[each.parent].blocks
        if is_part and isinstance(each.result, Exception) and not _is_stop(each.result):
            reason = each.result.problem if isinstance(each.result, UnreadableDocument) else ""
            name = each.id[len(each.parent) + 1 :]
            lost.setdefault(each.parent, []).append(f"{name} ({reason or _reason(each.result)})")
        else:
            kept.append(each)
    return kept, {parent: (_note(names),) for parent, names in lost.items()}


def _note(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{counted(len(names), 'attachment')} not read: {', '.join(names[:_NAMED])}{more}"


def _skipped(document_id: str, size: int, error: Exception) -> SkippedFile:
    return SkippedFile(document_id, _reason(error), size, 0)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        error = unreadable(error)
    if isinstance(error, UnreadableDocument):
        return str(error)
    return " ".join(f"it cannot be read ({type(error).__name__}: {error})".split())[:300]


def _is_stop(error: Exception) -> bool:
    return isinstance(error, ReadingStopped)


def _without_cells(document: Document) -> Document:
    blocks = (replace(b, cells=()) if b.cells else b for b in document.blocks)
    return replace(document, blocks=tuple(blocks))


def _key(document: Document) -> tuple[str, str]:
    return document.sha256, _suffix(document.id)


def _suffix(document_id: str) -> str:
    return PurePosixPath(document_id).suffix.lower()
