"""Read a mailbox (MBOX) as the messages in it, each a document of its own."""

from __future__ import annotations

import re
from functools import partial

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Extracted, Inner
from qa.loaders.mail.headers import HEADER, field, file_name, parse
from qa.types import Member

MAX_MESSAGES = 20_000
_SEPARATOR = re.compile(
    rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From (?=[^\r\n]*\r?\n)[^\r\n]*\d\d:\d\d[^\r\n]*\r?\n"
)
# Lines that begin like a separator were escaped with ">" when the message was stored.
_ESCAPED = re.compile(rb"(?m)^>(>*From )")
_HEAD_END = re.compile(rb"\r?\n\r?\n")


def looks_like_mailbox(data: bytes) -> bool:
    """Return whether a file is a mailbox: a separator, then a message's headers."""
    separator = _SEPARATOR.match(data[:2_000])
    return separator is not None and HEADER.match(data, separator.end()) is not None


def read_mailbox(data: bytes) -> Extracted:
    """Return the messages of a mailbox, without text; each is named by its number and subject."""
    marks = list(_SEPARATOR.finditer(data))
    if len(marks) > MAX_MESSAGES:
        raise UnreadableDocument(f"mailbox of more than {MAX_MESSAGES:,} messages", "split it")
    ends = [*(mark.start() for mark in marks[1:]), len(data)]
    members = []
    for number, (mark, end) in enumerate(zip(marks, ends, strict=True), start=1):
        head = _HEAD_END.split(data[mark.end() : min(end, mark.end() + 50_000)], maxsplit=1)[0]
        name = file_name(f"{number:04} {field(parse(head), 'Subject')}".strip() + ".eml")
        read = partial(_message, data, mark.end(), end)
        members.append(Inner(Member(name, end - mark.end()), read))
    return Extracted("", (), members=tuple(members))


def _message(data: bytes, start: int, end: int) -> bytes:
    return _ESCAPED.sub(rb"\1", data[start:end])
