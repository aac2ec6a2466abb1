"""Read the files of a corpus that are new or changed, and the files inside them."""

from __future__ import annotations

import posixpath
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from qa.builder.corpus import State, stat_of, states_of, unfit
from qa.builder.inside import Split, without_cells
from qa.builder.members import InnerFile, OnMember, read_members
from qa.errors import ReadingStopped, UnreadableDocument
from qa.hashing import sha256_of
from qa.index import ContainerFile, Contents, CorpusFile, IndexedFile, SkippedFile
from qa.loaders import unreadable
from qa.sandbox import Load
from qa.text import counted
from qa.types import Document, Passage

# The contents of a document, ON_DISK where they were put away, None where they are stored already.
ON_DISK: Final = "on disk"
Kept = Contents | Literal["on disk"]
Examined = tuple[IndexedFile, Kept | None] | SkippedFile | ContainerFile
# Keeps the contents of a document, in memory or elsewhere.
Keep = Callable[[Document, Sequence[Passage]], Kept]
# So many names are in a note on what was not read.
_NAMED = 5


def _in_memory(document: Document, passages: Sequence[Passage]) -> Kept:
    return document, passages


def survey(
    files: Mapping[str, Path],
    known: Mapping[str, Sequence[CorpusFile]],
    folder: Path,
    load: Load,
    split: Split,
    progress: Callable[[int, int], None] | None = None,
    elsewhere: MutableMapping[str, list[Examined]] | None = None,
    keep: Keep = _in_memory,
    on_member: OnMember | None = None,
) -> Iterator[Examined]:
    """Yield the contents of each document, file by file; copies of a file have none.

    ``known`` is what was found in each file before. The contents of an unchanged file are None,
    since they are stored already. A file is not read if reading the same bytes exceeded a limit
    before. ``progress`` is called after each file with the number of files done and their total.
    ``elsewhere`` has what :func:`survey_file` returned for some files, which are not read again;
    it is emptied. ``keep`` is called with the contents of each document as soon as it is split:
    what it returns is yielded for them. It may be called for a document that then turns out to be
    a copy. ``on_member`` is that of :func:`qa.builder.members.read_members`.
    """
    surveyor = _Surveyor(folder, load, split, keep, on_member)
    ordered = sorted(files.items())
    states = states_of(ordered, known, folder)
    for done, ((document_id, path), state) in enumerate(zip(ordered, states, strict=True), start=1):
        found = elsewhere.pop(document_id, None) if elsewhere else None
        yield from surveyor.examine(path, document_id, state, known.get(document_id, ()), found)
        if progress is not None:
            progress(done, len(files))


def survey_file(
    path: Path, document_id: str, folder: Path, load: Load, split: Split
) -> list[Examined]:
    """Return the contents of one file, whatever others there are."""
    surveyor = _Surveyor(folder, load, split, _in_memory, None)
    return surveyor.examine(path, document_id, (*stat_of(path), ""))


def record_of(found: Examined) -> CorpusFile:
    """Return the record of a file in the manifest."""
    return found[0] if isinstance(found, tuple) else found


class _Surveyor:
    """Examines one file after the other; the first of several with the same bytes is stored."""

    def __init__(
        self, folder: Path, load: Load, split: Split, keep: Keep, on_member: OnMember | None
    ) -> None:
        self._folder, self._load, self._splitting = folder, load, split
        self._keep, self._on_member = keep, on_member
        # By suffix too: the same bytes are read differently as Markdown and as plain text.
        self._originals: dict[tuple[str, str], str] = {}
        # What was split of the file that is read now and of those inside it: the id, the number of
        # passages, and what is kept of them or why they cannot be. Of copies it is the first by id.
        self._split: dict[tuple[str, str], tuple[str, int, Kept | Exception]] = {}

    def examine(
        self,
        path: Path,
        document_id: str,
        state: State,
        known: Sequence[CorpusFile] = (),
        elsewhere: list[Examined] | None = None,
    ) -> list[Examined]:
        """Read a file and the files inside it, unless it is unchanged or was read elsewhere.

        ``state`` is that of :func:`qa.builder.corpus.states_of`.
        """
        # Before the system is asked about it once more: there may be many files.
        if reused := self._unchanged(known, state):
            return reused
        # Taken before reading, so that a file that changes meanwhile counts as changed later.
        size, mtime_ns = stat_of(path)
        try:
            if error := unfit(path, self._folder):
                raise error
            if elsewhere is not None:
                return [self._without_copies(found) for found in elsewhere]
            if path.relative_to(self._folder).as_posix() != document_id:
                raise UnreadableDocument("its name is not valid Unicode", "rename it")
            self._split.clear()
            document = self._load(path, folder=self._folder)
        except Exception as error:  # parsers of foreign formats raise whatever they like
            skipped = _skipped(document_id, size, error)
            if isinstance(error, ReadingStopped) and stat_of(path) == (size, mtime_ns):
                # It took minutes: remembered, unless the file changed meanwhile.
                with suppress(OSError):  # it cannot be read any more
                    skipped = replace(skipped, sha256=sha256_of(path))
            return [replace(skipped, mtime_ns=mtime_ns)]
        document = self._split_and_kept(document)
        inner, limits = read_members(
            self._load_and_split, path, self._folder, document, self._on_member
        )
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

    def _unchanged(self, known: Sequence[CorpusFile], state: State) -> list[Examined]:
        """Return what was found in a file before; nothing if it must be read."""
        own = known[0] if known else None
        size, mtime_ns, sha256 = state
        if own is None or own.size != size or not own.sha256 or own.sha256 != sha256:
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
    ) -> tuple[IndexedFile, Kept | None] | SkippedFile:
        """Return a document that was split; one with the bytes of another has no contents."""
        key = _key(document)
        original = self._originals.get(key, "")
        file = IndexedFile(document.id, document.sha256, size, 0, 0, original, notes=document.notes)
        if original:
            return file, None
        _, passages, kept = self._split[key]
        if isinstance(kept, Exception):
            return _skipped(document.id, size, kept)
        self._originals[key] = document.id
        return replace(file, passages=passages), kept

    def _load_and_split(self, path: Path, *, folder: Path, member: Sequence[str] = ()) -> Document:
        return self._split_and_kept(self._load(path, folder=folder, member=member))

    def _split_and_kept(self, document: Document) -> Document:
        """Split a document at once, and keep its contents; return what else there is of it.

        Of files with the same bytes the first by its id is split: in an archive the others may be
        read before it, and a bomb has thousands.
        """
        key = _key(document)
        is_copy = key in self._originals or (
            key in self._split and self._split[key][0] < document.id
        )
        if not is_copy:
            try:
                found, passages = self._splitting(document)
                found.text.encode("utf-8")
                if not passages:
                    raise UnreadableDocument("it contains no sentences")
            except Exception as error:  # of a library that reads any text
                self._split[key] = document.id, 0, error
            else:
                kept = self._keep(without_cells(found), passages)
                self._split[key] = document.id, len(passages), kept
        # One block, to tell that there is a text.
        return replace(document, text="", blocks=document.blocks[:1], pages=(), scanned=())


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


def _key(document: Document) -> tuple[str, str]:
    return document.sha256, _suffix(document.id)


def _suffix(document_id: str) -> str:
    return posixpath.splitext(document_id)[1].lower()
