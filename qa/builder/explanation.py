"""How one file is read: its blocks, its passages, and what is left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.builder.inside import ReadingSandbox, setup_of
from qa.builder.members import load_document
from qa.builder.splitter import MAX_TOKENS
from qa.errors import UnreadableDocument
from qa.text import counted, printable
from qa.types import Document, Encoder, Passage

_SHOWN = 100  # characters of a block


@dataclass(frozen=True, slots=True)
class Explanation:
    """A file as a build reads it."""

    document: Document
    passages: tuple[Passage, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the blocks and passages as plain JSON values; offsets are of the text."""
        document = self.document
        return {
            "document": document.id,
            "title": document.title,
            "date": document.date,
            "author": document.author,
            "language": document.language,
            "notes": list(document.notes),
            "left_out": [{"what": what, "text": text} for what, text in document.left_out],
            "members": [member.name for member in document.members],
            "blocks": [
                {
                    "kind": block.kind,
                    "level": block.level,
                    "start": block.start,
                    "end": block.end,
                    "text": document.text[block.start : block.end],
                    "cells": [document.text[start:end] for start, end in block.cells],
                }
                for block in document.blocks
            ],
            "passages": [
                {
                    "start": passage.start,
                    "end": passage.end,
                    "heading": passage.heading,
                    "read": passage.read_text,
                }
                for passage in self.passages
            ],
        }

    def __str__(self) -> str:
        document = self.document
        kinds = Counter(block.kind for block in document.blocks)
        about = [("title", document.title), ("date", document.date), ("author", document.author)]
        lines = [document.id]
        lines += [f"  {name}: {value}" for name, value in about if value]
        lines += [f"  note: {note}" for note in document.notes]
        lines += [f"  a document of its own: {member.name}" for member in document.members]
        lines += ["", "Blocks (furniture is never quoted):"]
        for block in document.blocks:
            kind = f"heading {block.level}" if block.kind == "heading" else block.kind
            lines.append(f"  {kind:10} {_begin(document.text[block.start : block.end])}")
        if document.left_out:
            lines += ["", "Left out, line by line:"]
        for what, text in document.left_out:
            lines += [f"  {what}: {_begin(line)}" for line in text.splitlines()]
        lines += ["", "Passages, as they are read:"]
        for number, passage in enumerate(self.passages, start=1):
            lines.append(f"  {number}. {passage.start}-{passage.end}  {passage.heading}".rstrip())
            lines += [f"     {line}" for line in passage.read_text.splitlines() if line.strip()]
        total = ", ".join(counted(kinds[kind], f"{kind} block") for kind in sorted(kinds))
        lines += ["", f"{counted(len(self.passages), 'passage')}; {total}"]
        return "\n".join(printable(line) for line in lines)


def _begin(text: str) -> str:
    """Return the first words of a text, in one line."""
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else words[: _SHOWN - 2] + " …"


def explain(file: Path, encoder: Encoder) -> Explanation:
    """Return how a build would read a file, or one inside a file (``letters.zip/offer.pdf``).

    The file is read in a child process with limits, as in a build. Raises
    :class:`~qa.errors.UnreadableDocument` where the build would skip it.
    """
    whole = next((each for each in (file, *file.parents) if each.is_file()), None)
    if whole is None:
        raise UnreadableDocument(f"there is no file {file}", "check its path")
    with ReadingSandbox(setup_of(encoder, MAX_TOKENS), cells=True) as sandbox:
        try:
            name = file.relative_to(whole.parent).as_posix()
            document = load_document(sandbox.load, whole.parent, name)
        except FileNotFoundError as error:
            raise UnreadableDocument(
                f"there is no such file in {whole}", "check its path"
            ) from error
        document, passages = sandbox.split(document)
    return Explanation(document, tuple(passages))
