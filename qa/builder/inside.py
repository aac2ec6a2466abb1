"""Read and split documents in a child process, in which a document stays between the two."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qa import loaders
from qa.builder.language import identify_language
from qa.builder.splitter import Splitter
from qa.errors import UnreadableDocument
from qa.sandbox.messages import Call
from qa.sandbox.process import Sandbox
from qa.types import Document, Encoder, Passage, Pieces, View

# Returns a document with its language, and its passages.
Split = Callable[[Document], tuple[Document, list[Passage]]]


@dataclass(slots=True)
class _Inside:
    splitter: Splitter | None = None
    document: Document | None = None


_INSIDE = _Inside()


class ReadingSandbox(Sandbox):
    """A sandbox that splits what it loaded; ``setup`` is :func:`setup_of` an encoder.

    The cells of tables take more memory than all else of a document and are needed to split it
    alone. They stay in the child, as does what is left out, unless ``cells`` are wanted.
    ``options`` are those of :class:`Sandbox`.
    """

    def __init__(self, setup: Call, *, cells: bool = False, **options: Any) -> None:
        super().__init__(loader=__name__, setup=setup, arguments={"cells": cells}, **options)
        self._loaded: tuple[str, Path, Mapping[str, Any]] | None = None

    def load(self, path: Path, *, folder: Path, member: Sequence[str] = ()) -> Document:
        """Read one file, as :meth:`Sandbox.load` does."""
        self._loaded = None
        document = super().load(path, folder=folder, member=member)
        place = {"folder": os.fspath(folder), "member": member, "sha256": document.sha256}
        self._loaded = document.id, path, place
        return document

    def split(self, document: Document) -> tuple[Document, list[Passage]]:
        """Return the document that was loaded last with its language, and its passages.

        Raises :class:`~qa.errors.UnreadableDocument`, as :meth:`load` does.
        """
        if self._loaded is None or self._loaded[0] != document.id:
            raise RuntimeError(f"{document.id} was not loaded last")
        _, path, place = self._loaded
        call = Call(__name__, "split", place)
        parts = self.call(call, path, Path(place["folder"]), name=document.id)
        # Here, and not in each child: the model takes half a second to load, a text a millisecond.
        document = replace(document, language=identify_language(document))
        return document, [_passage(document, *part) for part in parts]


def splitting_here(encoder: Encoder, max_tokens: int) -> Split:
    """Return what splits a document in this process."""
    splitter = Splitter(encoder.count_tokens, max_tokens=max_tokens)

    def split(document: Document) -> tuple[Document, list[Passage]]:
        document = replace(document, language=identify_language(document))
        return document, splitter.split(document)

    return split


def setup_of(encoder: Encoder, max_tokens: int) -> Call:
    """Return the call that tells a child how to count tokens."""
    arguments = {"tokenizer": encoder.tokenizer, "max_tokens": max_tokens}
    return Call(__name__, "prepare", arguments)


def prepare(tokenizer: str, max_tokens: int) -> None:
    """Prepare to split, before the walls; ``tokenizer`` is the JSON of one of `tokenizers`."""
    from tokenizers import Tokenizer

    counting = Tokenizer.from_str(tokenizer)

    def count(texts: Sequence[str]) -> list[int]:
        return [len(each) for each in counting.encode_batch_fast(texts, add_special_tokens=False)]

    _INSIDE.splitter = Splitter(count, max_tokens=max_tokens)


def load(
    path: Path,
    *,
    folder: Path,
    cells: bool,
    member: Sequence[str] = (),
    descriptor: int | None = None,
) -> Document:
    """Read a file in the child, where it is kept until it is split or another one is read."""
    _INSIDE.document = None  # first, so that two large ones are never in memory
    document = loaders.load(path, folder=folder, member=member, descriptor=descriptor)
    _INSIDE.document = document
    return document if cells else without_cells(document)


def split(
    path: Path,
    *,
    folder: Path,
    member: Sequence[str],
    sha256: str,
    descriptor: int | None = None,
) -> list[list[object]]:
    """Return a document's passages, in the child: their places, and what is read.

    It is the one that was read last. A child that was started since then reads it again.
    """
    if _INSIDE.splitter is None:
        raise RuntimeError("not prepared")
    document, _INSIDE.document = _INSIDE.document, None
    if document is None or document.sha256 != sha256:
        document = loaders.load(path, folder=folder, member=member, descriptor=descriptor)
        if document.sha256 != sha256:
            raise UnreadableDocument("its file changed while it was read", "build again")
    return [
        [
            passage.start,
            passage.end,
            passage.heading,
            passage.view and [passage.view.text, passage.view.pieces.packed()],
            passage.quoted,
        ]
        for passage in _INSIDE.splitter.split(document)
    ]


def without_cells(document: Document) -> Document:
    """Return a document without the cells of its tables and what is left out of its file."""
    blocks = (replace(b, cells=()) if b.cells else b for b in document.blocks)
    return replace(document, blocks=tuple(blocks), left_out=())


def _passage(
    document: Document,
    start: int,
    end: int,
    heading: str,
    view: Sequence[Any] | None,
    quoted: Sequence[tuple[int, int]],
) -> Passage:
    """Return a passage whose words are those of its document, whatever a child told."""
    text = document.text
    if not 0 <= start < end <= len(text):
        raise UnreadableDocument("a passage is not in its text", "report it")
    seen = None
    if view is not None:
        words = str(view[0])
        try:
            pieces = Pieces.unpacked(str(view[1]))
        except ValueError as error:
            raise UnreadableDocument("what is read of it is no view", "report it") from error
        if any(
            min(at, s, n) < 0 or text[s : s + n] != words[at : at + n] or s + n > len(text)
            for at, s, n in pieces
        ):
            raise UnreadableDocument("what is read of it is not in its text", "report it")
        seen = View(words, pieces)
    places = tuple((int(begin), int(finish)) for begin, finish in quoted)
    return Passage(document.id, start, end, text[start:end], str(heading), seen, places)
