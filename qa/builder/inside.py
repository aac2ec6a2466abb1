"""Split a document, and name its language, in the process that reads files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qa.builder.splitter import Splitter
from qa.errors import UnreadableDocument
from qa.loaders.language import identify_language, load_identifier
from qa.sandbox.messages import Call, document_of, plain
from qa.sandbox.process import Sandbox
from qa.types import Document, Encoder, Passage, Pieces, View

# Returns a document with its language, and its passages.
Split = Callable[[Document], tuple[Document, list[Passage]]]


@dataclass(slots=True)
class _Inside:
    splitter: Splitter | None = None


_INSIDE = _Inside()


def splitting_in(sandbox: Sandbox) -> Split:
    """Return what splits a document in a sandbox, whose setup is :func:`setup_of` an encoder."""

    def split(document: Document) -> tuple[Document, list[Passage]]:
        call = Call(__name__, "split", {"document": plain(document)})
        language, parts = sandbox.call(call, name=document.id)
        return replace(document, language=str(language)), [
            _passage(document, *part) for part in parts
        ]

    return split


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
    load_identifier()  # which needs a file to unpack itself into


def split(document: dict[str, Any]) -> tuple[str, list[list[object]]]:
    """Return a document's language and its passages, in the child: places, and what is read."""
    if _INSIDE.splitter is None:
        raise RuntimeError("not prepared")
    whole = document_of(document)
    return identify_language(whole), [
        [
            passage.start,
            passage.end,
            passage.heading,
            passage.view and [passage.view.text, passage.view.pieces.packed()],
            passage.quoted,
        ]
        for passage in _INSIDE.splitter.split(whole)
    ]


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
