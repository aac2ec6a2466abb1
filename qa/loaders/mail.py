"""Read mail, single messages (EML) and mailboxes (MBOX), with the standard library."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.calendar import add_calendar, looks_like_calendar
from qa.loaders.encoding import decode
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.markup import add_page
from qa.text import without_surrogates

MAX_MESSAGES = 20_000
_MAX_DEPTH = 5
_SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\r\n]*\d\d:\d\d[^\r\n]*\r?\n")
_HEADER = re.compile(rb"[!-9;-~]+:(?!//)")
_CONTINUED = (b" ", b"\t")
_MAIL_HEADER = re.compile(
    rb"^(?:Message-ID|MIME-Version|Received|Return-Path|Delivered-To|DKIM-Signature):", re.I | re.M
)
_ADDRESSED = re.compile(rb"^(?:From|Sender):.*@", re.I | re.M)
_BARE_HEADER = re.compile(rb"^(?:To|Cc|Date|Subject|Reply-To):", re.I | re.M)
_SHOWN = ("From", "To", "Cc", "Date")
_QUOTED = re.compile(r"^[ \t]?(?:>[ \t]?)+")
_SIGNATURE = re.compile(r"^[> \t]*-- ?$", re.MULTILINE)
_WORD = re.compile(r"\w{2,}")
_LINK = re.compile(r"\S+://\S+|\S+@\S+")
# From this share of its words on that the plain text lacks, HTML is another text.
_OTHER_TEXT = 0.4
# "Your program shows no HTML, open this message in a browser": where the text is, in few words.
_MAX_STUB_WORDS = 40
_STUB = re.compile(r"\bhtml\b|\bbrowser\b|\bmail (?:client|program|reader)|\bview .*online", re.I)


def looks_like_mail(data: bytes) -> bool:
    """Return whether a file is one message.

    Its head has headers alone: one that only mail programs write, or a sender's address and
    two more of a message's own headers.
    """
    head = re.split(rb"\r?\n\r?\n", data[:20_000], maxsplit=1)[0]
    lines = head.splitlines()
    if not lines or not all(_HEADER.match(line) or line.startswith(_CONTINUED) for line in lines):
        return False
    bare = {found.lower() for found in _BARE_HEADER.findall(head)}
    return bool(_MAIL_HEADER.search(head) or (_ADDRESSED.search(head) and len(bare) > 1))


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
    _add_part(message, builder, depth)


def _add_part(part: Any, builder: TextBuilder, depth: int) -> None:
    """Append the text of a part and of all parts in it, in order; name what is not read."""
    kind = part.get_content_type()
    inner = part.get_payload() if part.is_multipart() else None
    if kind == "multipart/alternative" and isinstance(inner, list):
        _add_alternative(inner, builder, depth)
    elif part.get_content_maintype() == "multipart" and isinstance(inner, list):
        for each in inner:
            _add_part(each, builder, depth)
    elif kind == "message/rfc822" and isinstance(inner, list) and inner and depth < _MAX_DEPTH:
        _add(inner[0], builder, depth + 1)
    elif part.get_content_maintype() == "text" and kind != "text/rtf":
        if name := _file_name(part):
            builder.add(name, "heading", level=2)
        _add_text(kind, _content(part), builder)
    elif _content_bytes(part):
        builder.add(f"Attachment, not read: {_file_name(part) or kind}", "furniture")


def _add_alternative(parts: list[Any], builder: TextBuilder, depth: int) -> None:
    """Append one of several versions of the same text, the plain one if it is complete.

    The plain text may only say that the message is in the HTML part.
    """
    kinds = [part.get_content_type() for part in parts]
    if "text/plain" not in kinds or kinds[-1] == "text/plain":
        chosen = parts[-1:]  # the best version comes last
    else:
        plain = parts[kinds.index("text/plain")]
        rich = next((part for part in reversed(parts) if _html_of(part)), None)
        chosen = [plain]
        if rich is not None:
            page = TextBuilder()
            add_page(_html_of(rich), page)
            shown = "\n".join(page.parts)
            in_plain, in_rich = _words_of(_content(plain)), _words_of(shown)
            if len(in_rich - in_plain) > _OTHER_TEXT * len(in_rich):
                both = [(plain, _content(plain)), (rich, shown)]
                chosen = [part for part, text in both if not _is_stub(text)] or [rich]
        # A calendar's entry says more than the words that go with it.
        chosen += [part for part in parts if part.get_content_type() == "text/calendar"]
    for part in chosen:
        _add_part(part, builder, depth)


def _html_of(part: Any) -> str:
    """Return the HTML of a part, or of the first part in it that has any."""
    found = (each for each in part.walk() if each.get_content_type() == "text/html")
    return next(map(_content, found), "")


def _is_stub(text: str) -> bool:
    """Return whether a text only says where the message can be read."""
    return len(text.split()) <= _MAX_STUB_WORDS and _STUB.search(text) is not None


def _words_of(text: str) -> set[str]:
    return set(_WORD.findall(_LINK.sub(" ", text).lower()))


def _add_text(kind: str, text: str, builder: TextBuilder) -> None:
    if kind == "text/html":
        add_page(text, builder)
    elif kind == "text/calendar" and looks_like_calendar(text):
        try:
            add_calendar(text, builder)
        except UnreadableDocument:  # what it says can still be read
            _add_plain(text, builder)
    else:
        _add_plain(text, builder)


def _add_plain(text: str, builder: TextBuilder) -> None:
    """Append paragraphs without quotation marks (">")."""
    text = _SIGNATURE.sub("", text.replace("\r\n", "\n"))
    for paragraph in re.split(r"\n[ \t>]*\n", text):
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


def _file_name(part: Any) -> str:
    try:
        return " ".join((part.get_filename() or "").split())
    except Exception:  # the header parser raises many kinds of errors
        return ""


def _content_bytes(part: Any) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except Exception:  # a payload that does not fit its headers
        data = None
    return data if isinstance(data, bytes) else b""


def _content(part: Any) -> str:
    """Return a part's text; guess its encoding if the charset is unknown or wrong."""
    data = _content_bytes(part)
    if not data.strip():
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
    return " ".join(without_surrogates(value).split())


def _author(message: EmailMessage) -> str:
    name, address = parseaddr(_field(message, "From"))
    return name or address


def _date(message: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(_field(message, "Date")).date().isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return ""
