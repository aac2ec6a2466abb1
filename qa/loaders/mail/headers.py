"""The headers of a message, whatever is wrong with them."""

from __future__ import annotations

import base64
import quopri
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr, parsedate_to_datetime

from qa.loaders.dates import find_date
from qa.loaders.encoding import decode
from qa.text import without_surrogates

HEADER = re.compile(rb"[!-9;-~]+:(?!//)")
_CONTINUED = (b" ", b"\t")
_MAIL_HEADER = re.compile(
    rb"^(?:Message-ID|MIME-Version|Received|Return-Path|Delivered-To|DKIM-Signature):", re.I | re.M
)
_ADDRESSED = re.compile(rb"^(?:From|Sender):.*@", re.I | re.M)
_BARE_HEADER = re.compile(rb"^(?:To|Cc|Date|Sent|Subject|Reply-To):", re.I | re.M)
_SENDER = re.compile(rb"^From:", re.I | re.M)
# An encoded word of RFC 2047, and several with nothing but spaces between them.
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([qQbB])\?([^?]*+)\?=")
_ENCODED = re.compile(
    rf"(?:{_WORD.pattern.replace('(', '(?:')}\s*+)*(?:{_WORD.pattern.replace('(', '(?:')})"
)
# A name in quotation marks before its address, which needs none.
_QUOTED = re.compile(r"\"([^\"\\\\,;<>@]{1,200})\"(?=\s*<)")
_NO_PATH = str.maketrans("/\\\0", "___")
_MAX_NAME = 120
_MAX_KIND = 4_000


class _Short(EmailPolicy):
    """Cuts what a part says of its kind, of which longer ones take time by the square."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_MAX_KIND] if name.lower().startswith("content-") else value


_POLICY = _Short()


def looks_like_mail(data: bytes, suffix: str = "") -> bool:
    """Return whether a file is one message.

    Its head has headers alone: one that only mail programs write, a sender's address and two more
    of a message's own headers, or a sender, a subject and a date, as where a message was copied
    out of its program. The suffix of mail makes up for all of them.
    """
    head = re.split(rb"\r?\n\r?\n", data[:20_000], maxsplit=1)[0]
    lines = head.splitlines()
    if not lines or not all(HEADER.match(line) or line.startswith(_CONTINUED) for line in lines):
        return False
    bare = {found.lower() for found in _BARE_HEADER.findall(head)}
    is_mail = (
        _MAIL_HEADER.search(head)
        or (_ADDRESSED.search(head) and len(bare) > 1)
        or (_SENDER.search(head) and b"subject:" in bare and bare & {b"date:", b"sent:"})
    )
    return bool(is_mail or suffix == ".eml")


def parse(data: bytes) -> EmailMessage:
    """Return a message, of whatever can be read of it."""
    message = message_from_bytes(data, policy=_POLICY)
    assert isinstance(message, EmailMessage)  # the class that this policy creates
    return message


def field(message: EmailMessage, name: str) -> str:
    """Return a header in one line, as it stands but for encoded words; empty if it is missing.

    The parser of :mod:`email` leaves out what it does not understand of a list of addresses, and
    takes time by the square of its length.
    """
    wanted = name.lower()
    raw = next((value for key, value in message.raw_items() if key.lower() == wanted), "")
    value = str(raw)
    if not value.isascii():  # bytes as they stood, whatever their encoding
        value = decode(value.encode("utf-8", "surrogateescape"))
    value = _QUOTED.sub(r"\1", _ENCODED.sub(_decoded, value))
    return " ".join(without_surrogates(value).replace("\0", "").split())


def _decoded(found: re.Match[str]) -> str:
    """Return encoded words next to one another as text; those of one charset are one text."""
    parts: list[tuple[str, bytes]] = []
    for charset, form, words in _WORD.findall(found[0]):
        try:
            if form in "qQ":
                data = quopri.decodestring(words.encode(), header=True)
            else:
                data = base64.b64decode(words + "=" * (-len(words) % 4))
        except ValueError:
            return found[0]
        if parts and parts[-1][0] == charset.lower():
            parts[-1] = charset.lower(), parts[-1][1] + data
        else:
            parts.append((charset.lower(), data))
    return "".join(_text(data, charset.partition("*")[0]) for charset, data in parts)


def _text(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset)
    except (LookupError, ValueError):  # unknown or wrong
        return decode(data)


def author_of(message: EmailMessage) -> str:
    """Return the name of the sender, or else the address."""
    sender = field(message, "From")
    try:
        name, address = parseaddr(sender) if "@" in sender else (sender, "")
    except RecursionError:  # of brackets in brackets
        return sender
    return name or address


def date_of(message: EmailMessage) -> str:
    """Return the day on which a message was sent, ISO 8601; empty if it does not say."""
    stated = field(message, "Date") or field(message, "Sent")
    try:
        return parsedate_to_datetime(stated).date().isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return find_date(stated)


def file_name(name: str) -> str:
    """Return a name in one line that is no path, shortened before its suffix."""
    name = " ".join(without_surrogates(name).split()).translate(_NO_PATH).lstrip(".")
    stem, dot, suffix = name.rpartition(".")
    if len(name) > _MAX_NAME and dot and len(suffix) < _MAX_NAME / 4:
        return f"{stem[: _MAX_NAME - len(suffix) - 1].rstrip()}.{suffix}"
    return name[:_MAX_NAME].rstrip()
