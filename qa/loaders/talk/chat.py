"""Read chats that were exported as text: WhatsApp, and logs of the same form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.loaders.extracted import Extracted
from qa.types import Block

_TIME = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[ \u202f\xa0]?[AaPp]\.?[Mm]\.?)?"
_DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\.?"
# The head of a message: "[02/03/2024, 14:05:10] ", "02.03.24, 14:05 - ", "[14:05] <",
# "14:05:10 From ".
_HEAD = re.compile(
    rf"^[\u200e\u200f\u202a]*(?:\[{_DATE},?[ \u202f\xa0]{_TIME}\][ ]"
    rf"|{_DATE},?[ \u202f\xa0]{_TIME}[ ][-–][ ]"
    rf"|{_TIME}[\t ]+From[ ]+(?=[^\n:]{{1,80}}:)|{_TIME}\t[ ]?(?=[^\n:\t]{{1,60}}:[ ])"
    rf"|\[?(?:{_DATE}[ T])?{_TIME}\]?[ ](?=<[^<>\n]{{1,40}}>[ ]))",
    re.MULTILINE,
)
_SPEAKER = re.compile(r"[\u200e\u202a]*[^:\n]{1,60}:(?:[ \u200e]|\r?\n\t)|<[^<>\n]{1,40}>[ ]")
_LEFT_OUT = re.compile(
    r"\u200e?<(?=[^<>]*>\Z)[^<>]*(?:omitted|ausgeschlossen|weggelassen|omis|omesso)[^<>]*>"
    r"|\u200e?<attached: [^<>]+>"
    r"|\u200e?(?:image|video|audio|sticker|document|GIF|Contact card) omitted",
    re.IGNORECASE,
)
_SAMPLE_CHARACTERS = 20_000
_MIN_MESSAGES = 2
# The share of lines in a sample that begin a message; the others go on with one.
_MIN_SHARE = 0.3


def looks_like_chat(text: str) -> bool:
    """Return whether the lines of a text begin with a time and most of those with a speaker."""
    if _HEAD.match(text.lstrip("\ufeff\n\r ")) is None:
        return False
    sample = text[:_SAMPLE_CHARACTERS]
    heads = list(_HEAD.finditer(sample))
    spoken = sum(_SPEAKER.match(sample, head.end()) is not None for head in heads)
    lines = sum(not line.isspace() for line in sample.splitlines())
    return spoken >= max(_MIN_MESSAGES, len(heads) / 2) and len(heads) >= _MIN_SHARE * lines


def read_chat(text: str) -> Extracted:
    """Return the text unchanged, one block a message, its time and speaker in it.

    What the program wrote itself ("Messages are encrypted") is furniture, and so is a message
    that only stands for a picture.
    """
    return Extracted(text, tuple(_blocks(text)))


def _blocks(text: str) -> Iterator[Block]:
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    for head, end in zip(heads, ends, strict=False):
        message = text[head.start() : end].rstrip()
        speaker = _SPEAKER.match(text, head.end())
        words = text[speaker.end() if speaker else head.end() : head.start() + len(message)]
        said = speaker is not None and not _LEFT_OUT.fullmatch(words.strip())
        yield Block(head.start(), head.start() + len(message), "body" if said else "furniture")
