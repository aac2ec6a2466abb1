"""Shell patterns below a folder: those that match the rest of a path whose beginning is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase


def below(patterns: Iterable[str], folder: str) -> tuple[str, ...]:
    """Return the patterns that match a path exactly if ``folder/path`` matches one of these.

    They are those of :mod:`fnmatch`, so ``*`` crosses folders. None is left where no path below
    the folder can match.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        tokens = tuple(_tokens(pattern))
        # The places in the pattern that reading the folder can lead to.
        reached = _passing(tokens, {0})
        for character in f"{folder}/":
            moved = {
                place if tokens[place] == "*" else place + 1
                for place in reached
                if place < len(tokens) and _takes(tokens[place], character)
            }
            reached = _passing(tokens, moved)
        rest = {"".join(tokens[place:]) for place in reached}
        found.update(dict.fromkeys(sorted(filter(None, rest))))
    return tuple(found)


def _tokens(pattern: str) -> Iterator[str]:
    """Yield the parts of a pattern that match one character each, or any number (``*``)."""
    at = 0
    while at < len(pattern):
        end = at + 1
        if pattern[at] == "[":
            first = at + 1 + (pattern[at + 1 : at + 2] == "!")
            closed = pattern.find("]", first + 1)  # at first it is one of the characters
            end = closed + 1 if closed > 0 else end
        yield pattern[at:end]
        at = end


def _takes(token: str, character: str) -> bool:
    return token == "*" or fnmatchcase(character, token)


def _passing(tokens: tuple[str, ...], places: set[int]) -> set[int]:
    """Return the places with those behind stars, which may match nothing."""
    found = set()
    for place in places:
        found.add(place)
        while place < len(tokens) and tokens[place] == "*":
            place += 1
            found.add(place)
    return found
