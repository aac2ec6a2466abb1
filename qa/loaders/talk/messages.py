"""Read chats that were exported as JSON: Slack, Telegram, Messenger, Discord, Google Chat."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import unescape
from typing import Any

from qa.loaders.extracted import Extracted, TextBuilder

# Where the exports have who speaks, when, and what; a dot leads into an inner object.
_SENDERS = (
    "user_profile.real_name user_profile.display_name username from sender_name author.nickname"
    " author.name creator.name sender.name sender user actor"
).split()
_TIMES = "date ts timestamp_ms timestamp created_date created_at".split()
_TEXTS = "text content body".split()
_FILES = "files attachments photos videos audio_files gifs file photo sticker".split()
_LAID_OUT = ("text", "fields", "elements")
_SLACK_MENTION = re.compile(r"<@(\w+)(?:\|([^>]+))?>")
_SLACK_LINK = re.compile(r"<([^<>|\s]+:[^<>|\s]+|#\w+|!\w+)(?:\|([^<>]*))?>")
_Message = Mapping[str, Any]


def find_messages(value: Any) -> list[tuple[str, Sequence[Any]]]:
    """Return the chats in a JSON value, each its name and its messages; empty if it is none."""
    if isinstance(value, list):
        slack = [each for each in value if isinstance(each, dict)]
        is_slack = slack and all(each.get("type") == "message" and "ts" in each for each in slack)
        return [("", value)] if is_slack else []
    if not isinstance(value, dict):
        return []
    chats = value.get("chats")
    if isinstance(chats, dict) and isinstance(chats.get("list"), list):  # all of Telegram
        return [found for chat in chats["list"] for found in find_messages(chat)]
    messages = value.get("messages")
    if not isinstance(messages, list):
        return []
    spoken = [each for each in messages if isinstance(each, dict) and _first(each, _SENDERS)]
    if not any(_words(each) for each in spoken) or len(spoken) < len(messages) / 2:
        return []
    channel = value.get("channel")
    name = channel.get("name") if isinstance(channel, dict) else None
    name = name or value.get("name") or value.get("title") or ""
    return [(str(name), messages)]


def read_messages(chats: Sequence[tuple[str, Sequence[Any]]]) -> Extracted:
    """Return each message in a paragraph with its time and speaker, oldest first.

    Times are as exported; those that are numbers are UTC.
    """
    builder = TextBuilder()
    date = ""
    pictures = 0
    for name, messages in chats:
        entries = [each for each in messages if isinstance(each, dict)]
        mended = _is_mangled(entries)
        if name:
            builder.add(_mend(name) if mended else name, "heading", level=1)
        people = dict(_people(entries))
        spoken = [(_time(each), each) for each in entries if _first(each, _SENDERS)]
        if spoken and spoken[0][0] > spoken[-1][0]:
            spoken.reverse()  # the newest came first
        for time, each in spoken:
            words, files = _words(each, people), list(_files(each))
            pictures += sum(not file for file in files)
            words = " ".join([words, *(f"[file: {file}]" for file in files if file)]).strip()
            if not words:
                continue
            sender = _first(each, _SENDERS)
            line = f"{time} {people.get(sender, sender)}: {words}".strip()
            builder.add(_mend(line) if mended else line, "body")
            date = date or time[:10]
    return builder.result(title=builder.first_heading(), date=date)


def _first(message: _Message, names: Sequence[str]) -> str:
    """Return the first of the named fields that is there, as a text."""
    for name in names:
        value: Any = message
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return ""


def _words(message: _Message, people: Mapping[str, str] | None = None) -> str:
    """Return what a message says, in one line; the parts of a formatted text are joined."""
    found = next((message[name] for name in _TEXTS if message.get(name)), None)
    if isinstance(found, list):
        parts = (part.get("text", "") if isinstance(part, dict) else part for part in found)
        text = "".join(part for part in parts if isinstance(part, str))
    else:
        text = found if isinstance(found, str) else " ".join(_in_blocks(message.get("blocks")))
    if "ts" in message:  # Slack's own marks
        known = people or {}
        text = _SLACK_MENTION.sub(
            lambda found: "@" + (found.group(2) or known.get(found.group(1), found.group(1))), text
        )
        text = unescape(_SLACK_LINK.sub(lambda found: found.group(2) or found.group(1), text))
    return " ".join(text.split())


def _in_blocks(value: Any) -> Iterator[str]:
    """Yield the texts in the blocks that Slack lays a message out with."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            if isinstance(each.get("text"), str):
                yield each["text"]
            for name in _LAID_OUT:
                yield from _in_blocks(each.get(name))


def _people(messages: Sequence[_Message]) -> Iterator[tuple[str, str]]:
    """Yield the ids that Slack uses for people, each with the name."""
    for each in messages:
        user = each.get("user")
        if isinstance(user, str) and (name := _first(each, _SENDERS[:2])):
            yield user, name


def _files(message: _Message) -> Iterator[str]:
    """Yield the names of the files in a message, empty for one without a name."""
    for field in _FILES:
        value = message.get(field)
        for each in value if isinstance(value, list) else [value] if value else []:
            if isinstance(each, dict):
                name = each.get("name") or each.get("fileName") or ""
                title = each.get("title") or ""
                text = each.get("text") or each.get("fallback") or ""
                yield " ".join(" ".join(dict.fromkeys(map(str, (name, title, text)))).split())
            else:
                yield ""


def _time(message: _Message) -> str:
    """Return the time of a message to the minute, ISO 8601 with a blank; empty if unknown."""
    value = _first(message, _TIMES) or str(next((message[n] for n in _TIMES if n in message), ""))
    if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", value):
        return value[:16].replace("T", " ")
    try:
        number = float(value)
        moment = datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    except (ValueError, OverflowError, OSError):
        return "" if value == "None" else value
    return moment.strftime("%Y-%m-%d %H:%M")


def _is_mangled(messages: Sequence[_Message]) -> bool:
    """Return whether UTF-8 was written as Latin-1, as Facebook does."""
    text = "".join(_first(each, ["sender_name"]) + _words(each) for each in messages[:2000])
    return not text.isascii() and _mend(text) != text


def _mend(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
