"""Read mail, single messages (EML) and mailboxes (MBOX), with the standard library."""

from qa.loaders.mail.headers import looks_like_mail
from qa.loaders.mail.mailbox import looks_like_mailbox, read_mailbox
from qa.loaders.mail.message import read_mail
from qa.loaders.mail.outlook import read_message

__all__ = ["looks_like_mail", "looks_like_mailbox", "read_mail", "read_mailbox", "read_message"]
