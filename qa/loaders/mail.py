"""Read mail, single messages (EML) and mailboxes (MBOX), with the standard library."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.encoding import decode
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.markup import add_page

MAX_MESSAGES = 20_000
_MAX_DEPTH = 5
_SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\r\n]*\d\d:\d\d[^\r\n]*\r?\n")
_HEADER = re.compile(rb"[!-9;-~]+:[ \t\r\n]")
_MAIL_HEADER = re.compile(
    rb"^(?:Message-ID|MIME-Version|Received|Return-Path|Delivered-To|DKIM-Signature):", re.I | re.M
)
_SHOWN = ("From", "To", "Cc", "Date")
_QUOTED = re.compile(r"^[ \t]?(?:>[ \t]?)+")
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)


def looks_like_mail(data: bytes) -> bool:
    """Return whether a file is one message, by headers that only mail programs write."""
    head = re.split(rb"\r?\n\r?\n", data[:20_000], maxsplit=1)[0]
    return _HEADER.match(head) is not None and _MAIL_HEADER.search(head) is not None


def looks_like_mailbox(data: bytes) -> bool:
    """Return whether a file is a mailbox: a separator, then a message's headers."""
    separator = _SEPARATOR.match(data[:2_000])
    return separator is not None and _HEADER.match(data, separator.end()) is not None


def read_mail(data: bytes) -> Extracted:
    """Return a message: its subject as the title, its sender, recipients, date and text."""
    builder = TextBuilder()
    message = _parse(data)
    _add(message, builder)
    return builder.result(
        title=_field(message, "Subject"), date=_date(message), author=_author(message)
    )


def read_mailbox(data: bytes) -> Extracted:
    """Return all messages of a mailbox, each under its subject.

    Author and date are those of the first message that has them.
    """
    marks = list(_SEPARATOR.finditer(data))
    if len(marks) > MAX_MESSAGES:
        raise UnreadableDocument(f"mailbox of more than {MAX_MESSAGES:,} messages", "split it")
    builder = TextBuilder()
    author = date = ""
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        content = data[mark.end() : following.start() if following else len(data)]
        # Lines that begin like a separator were escaped with ">" when the message was stored.
        message = _parse(re.sub(rb"(?m)^>(>*From )", rb"\1", content))
        author, date = author or _author(message), date or _date(message)
        _add(message, builder)
    return builder.result(date=date, author=author)


def _parse(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)  # the class that this policy creates
    return message


def _add(message: EmailMessage, builder: TextBuilder, depth: int = 0) -> None:
    builder.add(_field(message, "Subject") or "(no subject)", "heading", level=1 + min(depth, 1))
    for name in _SHOWN:
        if value := _field(message, name):
            builder.add(f"{name}: {value}", "body")
    try:
        body: Any = message.get_body(preferencelist=("plain", "html"))
        attachments: list[Any] = list(message.iter_attachments())
    except (AttributeError, KeyError, TypeError, ValueError):  # malformed parts
        body, attachments = message, []
    if body is not None:
        text = _content(body)
        if body.get_content_type() == "text/html":
            add_page(text, builder)
        else:
            _add_plain(text, builder)
    for part in attachments:
        inner = part.get_payload()
        if part.get_content_type() == "message/rfc822" and inner and depth < _MAX_DEPTH:
            _add(inner[0], builder, depth + 1)
        else:
            name = " ".join((part.get_filename() or part.get_content_type()).split())
            builder.add(f"Attachment, not read: {name}", "furniture")


def _add_plain(text: str, builder: TextBuilder) -> None:
    """Append paragraphs without quotation marks (">"); a signature is furniture."""
    text = text.replace("\r\n", "\n")
    signature = _SIGNATURE.search(text)
    written = text[: signature.start()] if signature else text
    for paragraph in re.split(r"\n[ \t>]*\n", written):
        run: list[str] = []
        was_quoted = False
        for line in paragraph.split("\n"):
            quoted = _QUOTED.match(line) is not None
            if run and quoted != was_quoted:
                builder.add_content("\n".join(run))
                run = []
            run.append(_QUOTED.sub("", line))
            was_quoted = quoted
        builder.add_content("\n".join(run))
    if signature:
        builder.add(text[signature.end() :], "furniture")


def _content(part: Any) -> str:
    """Return a part's text; guess its encoding if the charset is unknown or wrong."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or not data.strip():
        return ""
    charset = part.get_content_charset()
    if charset:
        try:
            return data.decode(charset)
        except (LookupError, ValueError):  # UnicodeError, or a null in the name
            pass
    return decode(data)


def _field(message: EmailMessage, name: str) -> str:
    try:
        value = str(message[name] or "")
    except Exception:  # the header parser raises many kinds of errors
        return ""
    return " ".join(value.encode("utf-8", "replace").decode("utf-8").split())


def _author(message: EmailMessage) -> str:
    name, address = parseaddr(_field(message, "From"))
    return name or address


def _date(message: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(_field(message, "Date")).date().isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return ""
