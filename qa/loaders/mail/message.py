"""Read a message: its headers, and all parts of it in their order."""

from __future__ import annotations

from email.message import EmailMessage
from functools import partial
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.calendar import add_calendar, looks_like_calendar
from qa.loaders.encoding import decode
from qa.loaders.extracted import Extracted, Inner, TextBuilder, numbered
from qa.loaders.mail.headers import author_of, date_of, field, file_name, parse
from qa.loaders.mail.quoted import add_html, add_plain
from qa.loaders.mail.versions import better_version
from qa.text import counted
from qa.types import Member

_MAX_DEPTH = 5
_SHOWN = ("From", "To", "Cc", "Bcc", "Reply-To", "Date", "Sent")
# By these, what has no name is recognised where its content does not tell.
_SUFFIXES = {"text/csv": ".csv", "text/markdown": ".md", "application/json": ".json"}
# A signature is no text, and what it signs is read.
_SIGNATURES = {f"application/{kind}" for kind in ("pgp-signature", "pkcs7-signature")} | {
    "application/x-pkcs7-signature",
    "application/pgp-encrypted",
}


def read_mail(data: bytes) -> Extracted:
    """Return a message: its subject as the title, its sender, recipients, date and text.

    What it has attached are documents of their own, and a forwarded message is part of it.
    """
    message = parse(data)
    reading = _Reading(TextBuilder(), author_of(message))
    reading.add_message(message, 0)
    return reading.result(message)


class _Reading:
    """Appends a message's text to a builder, and collects what is not text of it."""

    def __init__(self, builder: TextBuilder, author: str) -> None:
        self._builder = builder
        self._author = author
        self._attached: list[tuple[str, Any]] = []
        self._calendars: set[str] = set()
        self._pictures = self._encrypted = self._too_deep = 0

    def result(self, message: EmailMessage) -> Extracted:
        """Return the text, the attachments and what is neither."""
        names = numbered([name for name, _ in self._attached])
        for name, (_, part) in zip(names, self._attached, strict=True):
            size = len(_content_bytes(part))
            if size and _text_of(part) not in self._calendars:
                self._builder.members.append(
                    Inner(Member(name, size), partial(_content_bytes, part))
                )
        for count, what in (
            (self._pictures, "picture"),
            (self._encrypted, "encrypted part"),
            (self._too_deep, "message"),
        ):
            if count:
                why = {"picture": "without text", "message": "not read, forwarded too often"}
                note = f"{counted(count, what)} {why.get(what, 'not read')}"
                self._builder.notes.append(note)
        return self._builder.result(
            title=field(message, "Subject"), date=date_of(message), author=author_of(message)
        )

    def add_message(self, message: EmailMessage, depth: int) -> None:
        """Append a message, under its subject."""
        subject = field(message, "Subject") or "(no subject)"
        self._builder.add(subject, "heading", level=1 + min(depth, 1))
        lines = [f"{name}: {value}" for name in _SHOWN if (value := field(message, name))]
        for line in lines:
            self._builder.add(line, "body")
        self._add_part(message, depth)

    def _add_part(self, part: Any, depth: int) -> None:
        kind, main = part.get_content_type(), part.get_content_maintype()
        inner = part.get_payload() if part.is_multipart() else None
        if kind == "multipart/encrypted":
            self._encrypted += 1
        elif kind == "multipart/alternative" and isinstance(inner, list):
            self._add_versions(inner, depth)
        elif main == "multipart" and isinstance(inner, list):
            for each in inner:
                self._add_part(each, depth)
        elif main == "message" and isinstance(inner, list):
            self._add_inner_messages(kind, inner, depth)
        elif _is_text(part):
            self._add_text(part)
        else:
            self._add_other(part)

    def _add_inner_messages(self, kind: str, inner: list[Any], depth: int) -> None:
        for each in inner:
            if kind != "message/rfc822":  # a report of delivery: blocks of headers
                lines = [f"{name}: {' '.join(str(value).split())}" for name, value in each.items()]
                self._builder.add("\n".join(lines), "body")
                self._add_part(each, depth) if not lines else None
            elif depth < _MAX_DEPTH:
                self.add_message(each, depth + 1)
            else:
                self._too_deep += 1

    def _add_text(self, part: Any) -> None:
        if name := _file_name(part):
            self._builder.add(name, "heading", level=2)
        kind, text = part.get_content_type(), _content(part)
        if kind == "text/html":
            add_html(text, self._builder, self._author)
        elif kind == "text/calendar" or looks_like_calendar(text):
            self._calendars.add(text)
            try:
                add_calendar(text, self._builder)
            except UnreadableDocument:
                self._builder.add(text, "body")
        else:
            add_plain(text, self._builder, self._author)

    def _add_versions(self, parts: list[Any], depth: int) -> None:
        """Append one of several versions of the same text, and what the other alone has."""
        kinds = [part.get_content_type() for part in parts]
        rich = next((part for part in reversed(parts) if _html_of(part)), None)
        if "text/plain" not in kinds or rich is None:
            full = [each for each in parts if each.is_multipart() or _content_bytes(each).strip()]
            for part in full[-1:]:  # the best version comes last
                self._add_part(part, depth)
        else:
            plain = parts[kinds.index("text/plain")]
            markup = _html_of(rich)
            is_rich, missing = better_version(_content(plain), markup)
            if is_rich:
                self._add_part(rich, depth)
            else:
                self._add_part(plain, depth)
                for each in rich.walk():  # the pictures that the HTML shows
                    if not _is_text(each) and not each.is_multipart():
                        self._add_other(each)
            for paragraph in missing:
                self._builder.add_content(paragraph)
        # A calendar's entry says more than the words that go with it.
        for part in parts[:-1]:
            if part.get_content_type() == "text/calendar":
                self._add_part(part, depth)
        if kinds[-1] == "text/calendar" and "text/plain" in kinds and rich is not None:
            self._add_part(parts[-1], depth)

    def _add_other(self, part: Any) -> None:
        kind = part.get_content_type()
        if kind in _SIGNATURES or not _content_bytes(part).strip():
            return
        if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
            self._encrypted += 1
        elif part.get_content_maintype() == "image" and part.get_content_disposition() != (
            "attachment"
        ):
            self._pictures += 1
        else:
            name = file_name(_file_name(part)) or f"attachment{_SUFFIXES.get(kind, '')}"
            self._attached.append((name, part))


def _is_text(part: Any) -> bool:
    """Return whether a part is text of the message itself."""
    is_attached = part.get_content_disposition() == "attachment"
    is_text = part.get_content_maintype() == "text" and part.get_content_type() != "text/rtf"
    return is_text and not is_attached


def _html_of(part: Any) -> str:
    """Return the HTML of a part, or of the first part in it that has any."""
    found = (each for each in part.walk() if each.get_content_type() == "text/html")
    return next(map(_content, found), "")


def _text_of(part: Any) -> str:
    return _content(part) if part.get_content_type() == "text/calendar" else ""


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
