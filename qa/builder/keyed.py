"""Lines of a key and its value, as in forms and letterheads, as they are read: as records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from qa.builder.boxes import Range
from qa.builder.records import Field, Record
from qa.types import Block

# "Key: value" or "Key ..... value", perhaps the item of a list.
_LINE = re.compile(
    r"[ \t]*(?:[-*•·][ \t]+)?(?P<key>[^\W_][^\n:|;?!]{0,39}?)[ \t]*(?::[ \t]+|\.{3,}[ \t]*)"
    r"(?P<value>\S.{0,119}?)[ \t]*"
)
# With the dots or spaces between its key and its value; a longer one is not searched.
_MAX_LINE = 400
_MAX_KEY_WORDS = 5
_MAX_VALUE_WORDS = 12
# A longer value that ends like a sentence is one, as in talk: "Ana: I will bring the key."
_SENTENCE_WORDS = 4
# So many lines in a block, or blocks of a line, are a form; fewer may be prose.
_LEAST_LINES = 2
_LEAST_BLOCKS = 3

_Pair = tuple[Range, Range]


def keyed(text: str, blocks: Sequence[Block]) -> Iterator[Block | Record]:
    """Yield the blocks of a text, those of keys and values as records.

    A block of such lines is a record; blocks of one line each are together. Where a key occurs
    again, the next record begins.
    """
    pairs = {block.start: _pairs(text, block) for block in blocks}
    for count, group in groupby(blocks, lambda block: min(len(pairs[block.start]), 2)):
        members = list(group)
        if count == 1 and len(members) >= _LEAST_BLOCKS:
            yield from _records(text, [pairs[block.start][0] for block in members])
        elif count >= _LEAST_LINES:
            for block in members:
                yield from _records(text, pairs[block.start])
        else:
            yield from members


def _pairs(text: str, block: Block) -> list[_Pair]:
    """Return the keys and values of a block, none unless each line has both."""
    pairs: list[_Pair] = []
    at = block.start
    for line in text[block.start : block.end].splitlines(keepends=True):
        found = _LINE.fullmatch(line.rstrip("\r\n")) if len(line) <= _MAX_LINE else None
        if line.strip() and (found is None or not _is_pair(found["key"], found["value"])):
            return []
        if found:
            key, value = found.span("key"), found.span("value")
            pairs.append(((at + key[0], at + key[1]), (at + value[0], at + value[1])))
        at += len(line)
    return pairs


def _is_pair(key: str, value: str) -> bool:
    words = len(value.split())
    is_sentence = words > _SENTENCE_WORDS and value.endswith((".", "?", "!"))
    return len(key.split()) <= _MAX_KEY_WORDS and words <= _MAX_VALUE_WORDS and not is_sentence


def _records(text: str, pairs: Sequence[_Pair]) -> Iterator[Record]:
    """Yield records of keys and values; a key that occurs again begins another."""
    group: list[_Pair] = []
    seen: set[str] = set()
    for pair in pairs:
        key = text[slice(*pair[0])].lower()
        if key in seen:
            yield _record(group)
            group, seen = [], set()
        group.append(pair)
        seen.add(key)
    yield _record(group)


def _record(pairs: Sequence[_Pair]) -> Record:
    fields: list[Field] = [((key,), value) for key, value in pairs]
    return Record(pairs[0][0][0], pairs[-1][1][1], tuple(fields))
