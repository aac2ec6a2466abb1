"""Read a large text as parts of some megabytes, each a document of its own."""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Extracted, Inner
from qa.types import Member

PART_BYTES = 10_000_000
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What may follow the end of a part, from the best place to cut on: a heading, a paragraph, a line.
_HEADING = re.compile(rb"\n(?=#{1,3} )")
_PARAGRAPH = re.compile(rb"\n[ \t\r]*\n")
_LINE = re.compile(rb"\n")
_CUTS = {
    ".md": (_HEADING, _PARAGRAPH, _LINE),
    ".markdown": (_HEADING, _PARAGRAPH, _LINE),
    ".csv": (_LINE,),
    ".tsv": (_LINE,),
    ".jsonl": (_LINE,),
    ".ndjson": (_LINE,),
    ".txt": (_PARAGRAPH, _LINE),
    ".text": (_PARAGRAPH, _LINE),
    ".log": (_LINE,),
}
_WITH_HEADER = {".csv", ".tsv"}
_MAX_HEADER_BYTES = 1_000_000
# The share of a part, at its end, in which a cut is looked for.
_SEARCHED = 0.5


def has_parts(suffix: str) -> bool:
    """Return whether files with a suffix are texts that can be cut."""
    return suffix in _CUTS


def read_parts(data: bytes, name: PurePosixPath) -> Extracted:
    """Return the parts of a text, without text itself; each is named by the file and a number.

    A part ends at the end of a paragraph or a line. Each part of a table begins with its header.
    """
    suffix = name.suffix.lower()
    if data.startswith(_UTF16):
        data = data.decode("utf-16", "replace").encode("utf-8")
    header = data[: _end_of_row(data, 0)] if suffix in _WITH_HEADER else b""
    if len(header) > _MAX_HEADER_BYTES:
        raise UnreadableDocument("a table whose first row is endless", "split it")
    members = []
    for number, (start, end) in enumerate(_bounds(data, suffix), start=1):
        member = Member(f"{name.stem} part {number:03}{name.suffix}", end - start)
        members.append(Inner(member, partial(_part, data, start, end, header if start else b"")))
    return Extracted("", (), members=tuple(members))


def _part(data: bytes, start: int, end: int, header: bytes) -> bytes:
    return header + data[start:end]


def _bounds(data: bytes, suffix: str) -> Iterator[tuple[int, int]]:
    start = 0
    while len(data) - start > PART_BYTES:
        end = _cut(data, start, suffix)
        yield start, end
        start = end
    yield start, len(data)


def _cut(data: bytes, start: int, suffix: str) -> int:
    """Return the end of the part that begins at ``start``."""
    limit = start + PART_BYTES
    if suffix in _WITH_HEADER:
        at = _end_of_row(data, start, limit)
        return at if start < at <= limit else limit
    first = limit - int(_SEARCHED * PART_BYTES)
    for kind in _CUTS[suffix]:
        ends = deque((found.end() for found in kind.finditer(data, first, limit)), maxlen=1)
        if ends:
            return ends[0]
    space = data.rfind(b" ", first, limit) + 1
    end = space or limit
    while end > first and data[end : end + 1] and data[end] & 0xC0 == 0x80:
        end -= 1  # within a character of UTF-8
    return end


def _end_of_row(data: bytes, start: int, limit: int | None = None) -> int:
    """Return the end of the first row from ``start``, or of the last one that ends by ``limit``.

    A line break within quotation marks ends no row.
    """
    end, at, quotes = start, start, 0
    stop = len(data) if limit is None else limit
    while (line := data.find(b"\n", at, stop)) >= 0:
        quotes += data.count(b'"', at, line)
        at = line + 1
        if quotes % 2 == 0:
            end = at
            if limit is None:
                return end
    return end
