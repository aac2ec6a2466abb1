"""Read messages of Outlook (MSG) with python-oxmsg, as the mail that they are.

extract-msg, the usual library, is under the GPL.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Extracted
from qa.loaders.mail.message import read_mail
from qa.loaders.office import read_rtf
from qa.text import without_surrogates

_KINDS = {1: "To", 2: "Cc"}
_RECIPIENT_TYPE = 0x0C15
_RTF = 0x1009  # the property of a compressed body
_POLICY = SMTP.clone(cte_type="7bit")


def read_message(data: bytes) -> Extracted:
    """Return a message of Outlook as the same message in a mail file would be."""
    from oxmsg import Message

    try:
        mail = _as_mail(Message.load(data))
        return read_mail(mail.as_bytes())
    except (UnreadableDocument, MemoryError):
        raise
    except Exception as error:  # olefile and oxmsg raise many kinds of errors
        raise UnreadableDocument(
            "damaged message of Outlook", "open it and save it again, or as EML"
        ) from error


def _as_mail(message: Any) -> EmailMessage:
    mail = EmailMessage(policy=_POLICY)
    mail["MIME-Version"] = "1.0"
    mail["Subject"] = _line(message.subject)
    mail["From"] = _line(message.sender)
    for kind, name in _KINDS.items():
        people = [each for each in message.recipients if _kind(each) == kind]
        if people:
            mail[name] = ", ".join(
                formataddr((_line(each.name), _line(each.email_address))) for each in people
            )
    if message.sent_date:
        mail["Date"] = format_datetime(message.sent_date)
    page = _text(message.html_body)
    mail.set_content(_text(message.body) or ("" if page else _text_of_rtf(message)))
    if page:
        mail.add_alternative(page, subtype="html")
    for attached in message.attachments:
        content = attached.file_bytes if attached.attached_by_value else None
        main, _, subtype = (attached.mime_type or "application/octet-stream").partition("/")
        mail.add_attachment(
            content or b"\0",
            maintype=main,
            subtype=subtype or "octet-stream",
            filename=_line(attached.file_name) or "attachment",
        )
    return mail


def _text_of_rtf(message: Any) -> str:
    """Return the words of a message that has a body in RTF alone; empty if it has none."""
    from compressed_rtf import decompress

    packed = message.properties.binary_prop_value(_RTF)
    return _text(read_rtf(decompress(packed)).text) if packed else ""


def _kind(recipient: Any) -> int:
    """Return what kind of recipient someone is: 1 for "To", 2 for "Cc"."""
    value = recipient.properties.int_prop_value(_RECIPIENT_TYPE)
    return value or 1


def _line(text: str | None) -> str:
    return " ".join(_text(text).split())


def _text(text: str | None) -> str:
    return without_surrogates(text or "").replace("\0", "")
