"""The passages of made documents, to ask only what a passage can answer by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from qa.builder.splitter import Splitter
from qa.loaders import load
from qa.types import Passage
from training.networks import load_tokenizer
from training.synthetic.questions import Asked


@cache
def splitter() -> Splitter:
    """Return a splitter that counts tokens as that of an index does."""
    tokenizer = load_tokenizer()

    def count(texts: Sequence[str]) -> list[int]:
        encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    return Splitter(count)


class Passages:
    """The passages of the documents in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._of: dict[str, list[Passage]] = {}

    def readable(self, asked: Asked) -> Asked | None:
        """Return a question with those places that its cells are read with; None without any.

        Where a passage begins in the middle of a record, it does not tell whose value it has.
        """
        if not asked.places:
            return asked
        if asked.document not in self._of:
            document = load(self._folder / asked.document, folder=self._folder)
            self._of[asked.document] = splitter().split(document)
        kept = [
            (start, end)
            for start, end in asked.places
            if any(
                _reads(passage, start, end)
                and all(
                    any(_reads(passage, *place) for place in places) for places in asked.conditions
                )
                for passage in self._of[asked.document]
            )
        ]
        return replace(asked, places=tuple(kept)) if kept else None


def _reads(passage: Passage, start: int, end: int) -> bool:
    try:
        passage.in_read_text(start, end)
    except ValueError:
        return False
    return True
