"""Decode bytes of any encoding into text."""

from __future__ import annotations

import codecs
import re
import unicodedata

from charset_normalizer import from_bytes

from qa.errors import UnreadableDocument

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Control characters that do not occur in text. Tab, form feed, line ends and escape may.
_CONTROL = frozenset(map(chr, {*range(32)} - {9, 10, 11, 12, 13, 27}))


# Common encodings of text files besides Unicode; ties go to the first.
_COMMON = (
    "cp1252 cp1250 cp1251 cp1254 cp1253 cp1257 cp1255 cp1256 iso8859_2 iso8859_5 koi8_r cp866 cp437"
    " mac_roman cp932 euc_jp gb18030 big5 cp949"
).split()
_CHARSET = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?([\w-]+)")
_ESCAPED = re.compile("[\udc80-\udcff]+")
_UNASSIGNED = ("Cn", "Co", "Cs")
_BEYOND_ASCII = bytes(range(128, 256))
# So many characters have a pause among them, in any script.
_LONGEST_WORD = 500


def decode(data: bytes) -> str:
    """Return the text of a file, decoded by its byte order mark, as UTF-8, or by a guess."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return _checked(data[len(mark) :].decode(encoding))
            except UnicodeDecodeError as error:
                raise UnreadableDocument(
                    f"damaged {encoding.upper()} text", "save it again as UTF-8"
                ) from error
    try:
        return _checked(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    except UnreadableDocument:
        if b"\0" not in data:
            raise
    if b"\0" in data:
        return _utf16(data)
    return _checked(_declared(data) or _mixed(data) or data.decode(_guessed(data)))


def _declared(data: bytes) -> str:
    """Return a web page decoded as it declares, empty if it declares nothing usable."""
    found = _CHARSET.search(data[:2048]) if data.lstrip()[:1] == b"<" else None
    if not found:
        return ""
    name = found.group(1).decode().lower()
    try:
        # As browsers do, read Latin-1 as its superset, Windows-1252.
        return data.decode("cp1252" if name in ("iso-8859-1", "latin-1", "latin1") else name)
    except (LookupError, UnicodeError, ValueError):
        return ""


def _mixed(data: bytes) -> str:
    """Return text that is partly UTF-8, as in concatenated files; empty if it is not."""
    lines = [line for line in data.splitlines(keepends=True) if not line.isascii()]
    whole = sum(_is_utf8(line) for line in lines)
    if whole >= len(lines) / 5:
        rest = _guessed(b"".join(line for line in lines if not _is_utf8(line)))
        parts = data.splitlines(keepends=True)
        return "".join(
            line.decode("utf-8" if _is_utf8(line) else rest, "replace") for line in parts
        )
    # Valid multi-byte sequences rarely occur by chance.
    text = data.decode("utf-8", "surrogateescape")
    strange = sum("\udc80" <= character <= "\udcff" for character in text)
    if sum(not character.isascii() for character in text) >= 2 * strange:
        return _ESCAPED.sub(
            lambda found: (
                found.group().encode("utf-8", "surrogateescape").decode("cp1252", "replace")
            ),
            text,
        )
    return ""


def _guessed(data: bytes) -> str:
    """Return the likeliest encoding other than UTF-8 and UTF-16."""
    # ASCII lines carry no information, and rulers such as "=====" mislead the detector.
    informative = b"".join(line for line in data.splitlines(keepends=True) if not line.isascii())
    matches = list(from_bytes(informative, cp_isolation=list(_COMMON)))
    if not matches:
        raise UnreadableDocument("unknown encoding", "save it again as UTF-8")
    least = min(match.chaos for match in matches)
    usual = [match.encoding for match in matches if match.chaos <= least + 0.001]
    found = min(usual, key=_COMMON.index)
    try:
        data.decode(found)
    except UnicodeDecodeError as error:
        raise UnreadableDocument("unknown encoding", "save it again as UTF-8") from error
    return found


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _utf16(data: bytes) -> str:
    """Return the text of UTF-16 without a byte order mark.

    The wrong byte order gives unassigned characters. UTF-16 has bytes of all values, or a null
    in every second place. Few nulls among bytes that look like single-byte text are damage,
    although any two bytes may be a valid UTF-16 character.
    """
    if (
        data.count(0) < len(data) / 4
        and len(data.translate(None, _BEYOND_ASCII)) > 0.8 * len(data)
        and not any(control.encode() in data for control in _CONTROL - {"\0"})
    ):
        raise UnreadableDocument("binary, not a text file")
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_written(text):
            return text
    raise UnreadableDocument("binary, not a text file")


def _is_written(text: str) -> bool:
    """Return whether people may have written it: with letters, and pauses between them.

    Bytes that repeat, as 00 01, are letters to UTF-16, but nobody writes so many without a space,
    a line end or a sign.
    """
    used = set(text)
    if any(unicodedata.category(each) in _UNASSIGNED or each in _CONTROL for each in used):
        return False
    if len(text) > _LONGEST_WORD and not re.search(r"[^\w]", text):
        return False
    return bool(re.search(r"[\s\w]", text))


def _checked(text: str) -> str:
    controls = sum(text.count(character) for character in _CONTROL)
    if controls > len(text) / 1000:
        raise UnreadableDocument("binary, not a text file")
    return text
