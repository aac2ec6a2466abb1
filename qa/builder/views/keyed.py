"""Lines of a key and its value, as in forms and letterheads, as they are read: as records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from qa.builder.views.beside import beside
from qa.builder.views.labels import Entry, Field, Line, labelled, lines_of, terms
from qa.builder.views.records import Record
from qa.types import Block

# So many keys in a block are a form, or in lines among others, or in blocks of one line each;
# fewer may be prose. Two in one line are a form too.
_LEAST_FIELDS = 2
_LEAST_AMONG = 3
_LEAST_BLOCKS = 3
_NUMBER = re.compile(r"\d+[.)]?\s*")  # of a line of a script


def keyed(text: str, blocks: Sequence[Block]) -> Iterator[Block | Record]:
    """Yield the blocks of a text, those of keys and values as records.

    Lines of keys and values next to one another are a record, and so are blocks of one line each.
    Where a key occurs again, the next record begins. A term with what is said of it beside it is a
    record of its own, and so is an address with the labels and values beside it.
    """
    lines = [lines_of(text, block.start, block.end) for block in blocks]
    every = [line for each in lines for line in each]
    said = {each.start: each for find in (terms, beside) for each in find(text, every)}
    waiting: list[tuple[Block, Entry]] = []
    for block, own in zip(blocks, lines, strict=True):
        single = _single(text, own) if own and own[0].start not in said else None
        if single is not None:
            waiting.append((block, single))
            continue
        yield from _together(text, waiting)
        waiting = []
        yield from _parts(text, block, own, said)
    yield from _together(text, waiting)


def _single(text: str, lines: Sequence[Line]) -> Entry | None:
    """Return the only key of a block with its value."""
    entries = list(labelled(text, lines))
    return entries[0] if len(entries) == 1 and len(entries[0].fields) == 1 else None


def _together(text: str, waiting: Sequence[tuple[Block, Entry]]) -> Iterator[Block | Record]:
    if len(waiting) >= _LEAST_BLOCKS:
        yield from _records(text, [entry for _, entry in waiting])
    else:
        yield from (block for block, _ in waiting)


def _parts(
    text: str, block: Block, lines: Sequence[Line], said: dict[int, Entry]
) -> Iterator[Block | Record]:
    """Yield the terms of a block as records, and what is between them."""
    between: list[Line] = []
    end = block.start
    for line in lines:
        if line.start < end:
            continue
        if entry := said.get(line.start):
            yield from _forms(text, block, between)
            yield Record(entry.start, entry.end, entry.fields)
            between, end = [], entry.end
        else:
            between.append(line)
    yield from _forms(text, block, between)


def _forms(text: str, block: Block, lines: Sequence[Line]) -> Iterator[Block | Record]:
    """Yield lines of a block, the keys and values among them as records.

    In talk a key, who speaks, comes again.
    """
    entries = list(labelled(text, lines))
    fields = [field for entry in entries for field in entry.fields]
    is_form = all(entry.fields for entry in entries)
    keys = [_NUMBER.sub("", key) for entry in entries for key in _keys(text, entry)]
    if is_form and len(fields) >= _LEAST_FIELDS:
        yield from _records(text, entries)
        return
    if is_form or block.kind != "body" or len(set(keys)) < len(keys):
        yield from _block(block, lines)
        return
    rest: list[Entry] = []
    for is_named, group in groupby(entries, lambda entry: bool(entry.fields)):
        run = list(group)
        count = sum(len(entry.fields) for entry in run)
        if is_named and (count >= _LEAST_AMONG or any(len(each.fields) > 1 for each in run)):
            yield from _block(block, rest)
            yield from _records(text, run)
            rest = []
        else:
            rest += run
    yield from _block(block, rest)


def _block(block: Block, lines: Sequence[Line | Entry]) -> Iterator[Block]:
    """Yield lines of a block as a block, the block itself if they are all of it."""
    if not lines:
        return
    start, end = lines[0].start, lines[-1].end
    is_whole = start <= block.start and block.end <= end
    yield block if is_whole else Block(start, end, block.kind, block.level)


def _keys(text: str, entry: Entry) -> list[str]:
    return [text[slice(*key[0])].lower() for key, _ in entry.fields if key]


def _records(text: str, entries: Sequence[Entry]) -> Iterator[Record]:
    """Yield records of keys and values; a line with a key that occurs again begins another."""
    group: list[Field] = []
    seen: set[str] = set()
    for entry in entries:
        keys = _keys(text, entry)
        if not seen.isdisjoint(keys):
            yield _record(group)
            group, seen = [], set()
        group += entry.fields
        seen |= set(keys)
    yield _record(group)


def _record(fields: Sequence[Field]) -> Record:
    (key, value), (_, (_, end)) = fields[0], fields[-1]
    return Record(key[0][0] if key else value[0], end, tuple(fields))
