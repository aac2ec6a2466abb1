"""Bytes into text, whatever their encoding."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

from qa.errors import UnreadableDocument

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Control characters that no text holds; form feed, tab and the line ends may stand in one.
_CONTROL = frozenset(map(chr, {*range(32)} - {9, 10, 11, 12, 13, 27}))


def decode(data: bytes) -> str:
    """Return the text of a file: by its mark, as UTF-8, or by what its bytes look like."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return _checked(data[len(mark) :].decode(encoding))
            except UnicodeDecodeError as error:
                raise UnreadableDocument(
                    f"damaged {encoding.upper()} text: save it again as UTF-8"
                ) from error
    try:
        return _checked(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    if b"\0" in data:
        raise UnreadableDocument("binary: not a text file")
    best = from_bytes(data).best()
    if best is None:
        raise UnreadableDocument("unknown encoding: save it again as UTF-8")
    return _checked(str(best))


def _checked(text: str) -> str:
    controls = sum(text.count(character) for character in _CONTROL)
    if controls > len(text) / 1000:
        raise UnreadableDocument("binary: not a text file")
    return text
