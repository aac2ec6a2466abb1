"""What a browser asks to be opened: a conversation it kept, or what a link says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qa.text import without_surrogates
from qa.web.views import VISIT, Turn, View, latest

MAX_ONLY = 1_000
MAX_CHARACTERS = 1_000  # of a document's path, and of the words of a link


@dataclass(frozen=True, slots=True)
class Opening:
    """Questions to ask, and what to show then: a view, or a place in a document.

    ``address`` is that of a :class:`~qa.web.views.View`, empty for none. ``document_id`` is empty
    where no place is wanted; ``start`` and ``end`` are both 0 for a document's beginning.
    ``words`` are those that a link has of the place, all of them or the first and the last.
    ``left_out`` is how many of the first questions were more than are kept.
    """

    turns: tuple[Turn, ...] = ()
    address: str = ""
    document_id: str = ""
    start: int = 0
    end: int = 0
    left_out: int = 0
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, event: Any) -> Opening:
        """Read what a browser sent; what is not valid is left out."""
        names = ("turns", "view", "document", "start", "end", "words")
        sent = {name: getattr(event, name, None) for name in names}
        listed = sent["turns"]
        given = [_turn(each) for each in listed] if isinstance(listed, list) else []
        turns = tuple(turn for turn in given if turn is not None)
        kept = latest(turns)
        start, end = sent["start"], sent["end"]
        words = sent["words"] if isinstance(sent["words"], list) else []
        if not (type(start) is int and type(end) is int and 0 <= start < end < 10**11):
            start = end = 0
        return cls(
            kept,
            # The turns that it counts are others where some are left out.
            _text(sent["view"]) if kept == turns else "",
            without_surrogates(_text(sent["document"])[:MAX_CHARACTERS]),
            start,
            end,
            len(turns) - len(kept),
            tuple(
                without_surrogates(each[:MAX_CHARACTERS])
                for each in words[:2]
                if isinstance(each, str) and each.strip()
            ),
        )

    def view(self, turns: Sequence[Turn]) -> View:
        """Return the view that is wanted of the turns, which are those asked, answered."""
        if self.address:
            return View.at(self.address)
        if not self.document_id:
            return View.of_latest(turns)
        return View.of_place(turns, self.document_id, self.start, self.end)


def _turn(sent: Any) -> Turn | None:
    question = _text(sent.get("question")) if isinstance(sent, dict) else ""
    if not question.strip():
        return None
    only = sent.get("only")
    chosen = (
        [each for each in only if each and isinstance(each, str)] if isinstance(only, list) else []
    )
    key = sent.get("key")
    is_key = isinstance(key, str) and re.fullmatch(rf"[0-9a-f]{{{VISIT}}}", key)
    return Turn(
        without_surrogates(question),
        key=key if is_key else "",
        best_guess=sent.get("guess") is True,
        only=tuple(map(without_surrogates, chosen[:MAX_ONLY])),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
