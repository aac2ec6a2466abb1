"""Shell patterns of paths; whoever writes them, and however many, they are tried quickly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import translate
from functools import lru_cache

from qa.errors import QuestionError

# Paths are looked up, however many; each of the other patterns is tried on each document.
MAX_WILD = 200
MAX_CHARACTERS = 20_000


class Patterns:
    """Patterns of :mod:`fnmatch`, so that ``*`` crosses folders.

    Raises :class:`~qa.errors.QuestionError` where too many are more than paths.
    """

    def __init__(self, only: Sequence[str]) -> None:
        found = [tuple(tokens(pattern)) for pattern in only]
        plain = [_plain(each) for each in found]
        self._paths = frozenset(path for path in plain if path is not None)
        wild = {parts: None for parts, path in zip(found, plain, strict=True) if path is None}
        if len(wild) > MAX_WILD or sum(map(len, wild)) > MAX_CHARACTERS:
            raise QuestionError(
                "the filter has too many patterns, or too long ones",
                f"write at most {MAX_WILD} with *, ? or [, of {MAX_CHARACTERS:,} characters in all",
            )
        # Where a bracket is not closed, fnmatch looks for its end at each one anew.
        closed = ("".join("[[]" if part == "[" else part for part in parts) for parts in wild)
        self._wild = [re.compile(translate(pattern)) for pattern in closed]

    def match(self, path: str) -> bool:
        """Return whether one of them matches a path."""
        return path in self._paths or any(pattern.match(path) for pattern in self._wild)


@lru_cache(maxsize=32)
def patterns_of(only: tuple[str, ...]) -> Patterns:
    """Return patterns that are asked for again: for each collection, and in each question."""
    return Patterns(only)


def tokens(pattern: str) -> Iterator[str]:
    """Yield the parts of a pattern that match one character each, or any number (``*``, once)."""
    at, last = 0, ""
    is_closed = True
    while at < len(pattern):
        end = at + 1
        if pattern[at] == "[" and is_closed:
            first = at + 1 + (pattern[at + 1 : at + 2] == "!")
            closed = pattern.find("]", first + 1)  # at first it is one of the characters
            is_closed = closed > 0
            end = closed + 1 if is_closed else end
        if not (pattern[at] == last == "*"):
            yield pattern[at:end]
        at, last = end, pattern[at]


def _plain(parts: Sequence[str]) -> str | None:
    """Return the one path that a pattern matches, as ``[[]draft].txt`` does; None for several."""
    if any(part in ("*", "?") or len(part) not in (1, 3) for part in parts):
        return None
    return "".join(part if len(part) == 1 else part[1] for part in parts)
