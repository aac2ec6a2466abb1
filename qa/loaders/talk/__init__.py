"""Read what people said: subtitles and chats."""

from qa.loaders.talk.chat import looks_like_chat, read_chat
from qa.loaders.talk.messages import find_messages, read_messages
from qa.loaders.talk.subtitles import looks_like_subtitles, read_subtitles

__all__ = [
    "find_messages",
    "looks_like_chat",
    "looks_like_subtitles",
    "read_chat",
    "read_messages",
    "read_subtitles",
]
