"""Read a large text as parts of some megabytes, each a document of its own."""

from __future__ import annotations

import codecs
import os
import re
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePosixPath

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Extracted, Inner
from qa.types import Member

# What is known of a table takes many times as much memory as its bytes.
PART_BYTES = 5_000_000
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
# Returns the bytes between two offsets.
_Read = Callable[[int, int], bytes]
# The header of a part, and its start and end.
Part = tuple[bytes, int, int]


def has_parts(suffix: str) -> bool:
    """Return whether files with a suffix are texts that can be cut."""
    return suffix in _CUTS


def is_cut(size: int, suffix: str) -> bool:
    """Return whether a text of ``size`` bytes is cut: into two parts at least."""
    return size > 2 * PART_BYTES and has_parts(suffix)


def is_utf16(data: bytes) -> bool:
    """Return whether a file begins like UTF-16, in which lines do not end with one byte."""
    return data.startswith(_UTF16)


def reading_file(descriptor: int) -> _Read:
    """Return what reads from an open file, without keeping any of it."""

    def read(start: int, end: int) -> bytes:
        with os.fdopen(os.dup(descriptor), "rb") as file:
            file.seek(start)
            return file.read(max(end - start, 0))

    return read


def read_parts(data: bytes, name: PurePosixPath) -> Extracted:
    """Return the parts of a text that is in memory, without text itself."""
    if is_utf16(data):
        data = data.decode("utf-16", "replace").encode("utf-8")

    def read(start: int, end: int) -> bytes:
        return data[start:end]

    parts = parts_of(read, len(data), name)
    return Extracted(
        "", (), members=tuple(inner_of(name, *each, read) for name, each in parts.items())
    )


def inner_of(name: str, header: bytes, start: int, end: int, read: _Read) -> Inner:
    """Return a part as a file inside its text."""
    return Inner(Member(name, end - start), partial(_part, header, start, end, read))


def _part(header: bytes, start: int, end: int, read: _Read) -> bytes:
    return header + read(start, end)


def parts_of(read: _Read, size: int, name: PurePosixPath) -> dict[str, Part]:
    """Return the parts of a text of ``size`` bytes by name: that of the file and a number.

    A part ends at the end of a paragraph or a line. Each part of a table begins with its header.
    """
    suffix = name.suffix.lower()
    header = b""
    if suffix in _WITH_HEADER:
        begin = read(0, min(_MAX_HEADER_BYTES + 1, size))
        header = begin[: _end_of_row(begin)]
        if not header or len(header) > _MAX_HEADER_BYTES:
            raise UnreadableDocument("a table whose first row is endless", "split it")
    return {
        f"{name.stem} part {number:03}{name.suffix}": (header if start else b"", start, end)
        for number, (start, end) in enumerate(_bounds(read, size, suffix), start=1)
    }


def _bounds(read: _Read, size: int, suffix: str) -> Iterator[tuple[int, int]]:
    start = 0
    while size - start > PART_BYTES:
        data = read(start, start + PART_BYTES + 1)
        if len(data) <= PART_BYTES:
            raise UnreadableDocument("its file changed while it was read", "build again")
        end = start + _cut(data, suffix)
        yield start, end
        start = end
    yield start, size


def _cut(data: bytes, suffix: str) -> int:
    """Return the length of the part at the beginning of these bytes, which are one more."""
    limit = len(data) - 1
    if suffix in _WITH_HEADER:
        return _end_of_row(data[:limit], last=True) or limit
    first = limit - int(_SEARCHED * PART_BYTES)
    for kind in _CUTS[suffix]:
        ends = deque((found.end() for found in kind.finditer(data, first, limit)), maxlen=1)
        if ends:
            return ends[0]
    space = data.rfind(b" ", first, limit) + 1
    end = space or limit
    while end > first and data[end] & 0xC0 == 0x80:
        end -= 1  # within a character of UTF-8
    return end


def _end_of_row(data: bytes, *, last: bool = False) -> int:
    """Return the end of the first row, or of the last one; 0 if none ends.

    A line break within quotation marks ends no row.
    """
    end = at = quotes = 0
    while (line := data.find(b"\n", at)) >= 0:
        quotes += data.count(b'"', at, line)
        at = line + 1
        if quotes % 2 == 0:
            end = at
            if not last:
                return end
    return end
