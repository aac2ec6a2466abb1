"""The headers of a message, whatever is wrong with them."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime

from qa.text import without_surrogates

HEADER = re.compile(rb"[!-9;-~]+:(?!//)")
_CONTINUED = (b" ", b"\t")
_MAIL_HEADER = re.compile(
    rb"^(?:Message-ID|MIME-Version|Received|Return-Path|Delivered-To|DKIM-Signature):", re.I | re.M
)
_ADDRESSED = re.compile(rb"^(?:From|Sender):.*@", re.I | re.M)
_BARE_HEADER = re.compile(rb"^(?:To|Cc|Date|Subject|Reply-To):", re.I | re.M)
_NO_PATH = str.maketrans("/\\\0", "___")
_MAX_NAME = 120


def looks_like_mail(data: bytes, suffix: str = "") -> bool:
    """Return whether a file is one message.

    Its head has headers alone: one that only mail programs write, or a sender's address and
    two more of a message's own headers. The suffix of mail makes up for both.
    """
    head = re.split(rb"\r?\n\r?\n", data[:20_000], maxsplit=1)[0]
    lines = head.splitlines()
    if not lines or not all(HEADER.match(line) or line.startswith(_CONTINUED) for line in lines):
        return False
    bare = {found.lower() for found in _BARE_HEADER.findall(head)}
    is_mail = _MAIL_HEADER.search(head) or (_ADDRESSED.search(head) and len(bare) > 1)
    return bool(is_mail or suffix == ".eml")


def parse(data: bytes) -> EmailMessage:
    """Return a message, of whatever can be read of it."""
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)  # the class that this policy creates
    return message


def field(message: EmailMessage, name: str) -> str:
    """Return a header in one line, empty if it is missing or damaged."""
    try:
        value = str(message[name] or "")
    except Exception:  # the header parser raises many kinds of errors
        return ""
    return " ".join(without_surrogates(value).split())


def author_of(message: EmailMessage) -> str:
    """Return the name of the sender, or else the address."""
    name, address = parseaddr(field(message, "From"))
    return name or address


def date_of(message: EmailMessage) -> str:
    """Return the day on which a message was sent, ISO 8601; empty if it does not say."""
    try:
        return parsedate_to_datetime(field(message, "Date")).date().isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return ""


def file_name(name: str) -> str:
    """Return a name in one line that is no path, shortened before its suffix."""
    name = " ".join(without_surrogates(name).split()).translate(_NO_PATH).lstrip(".")
    stem, dot, suffix = name.rpartition(".")
    if len(name) > _MAX_NAME and dot and len(suffix) < _MAX_NAME / 4:
        return f"{stem[: _MAX_NAME - len(suffix) - 1].rstrip()}.{suffix}"
    return name[:_MAX_NAME].rstrip()
