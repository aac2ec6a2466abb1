"""Shell patterns below a folder: those that match the rest of a path whose beginning is known."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from qa.retrieval.patterns import tokens


def below(patterns: Iterable[str], folder: str) -> tuple[str, ...]:
    """Return the patterns that match a path exactly if ``folder/path`` matches one of these.

    They are those of :mod:`fnmatch`, so ``*`` crosses folders. None is left where no path below
    the folder can match.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        parts = tuple(tokens(pattern))
        # The places in the pattern that reading the folder can lead to.
        reached = _passing(parts, {0})
        for character in f"{folder}/":
            moved = {
                place if parts[place] == "*" else place + 1
                for place in reached
                if place < len(parts) and _takes(parts[place], character)
            }
            reached = _passing(parts, moved)
        rest = {"".join(parts[place:]) for place in reached}
        found.update(dict.fromkeys(sorted(filter(None, rest))))
    return tuple(found)


def _takes(token: str, character: str) -> bool:
    return token == "*" or fnmatchcase(character, token)


def _passing(parts: tuple[str, ...], places: set[int]) -> set[int]:
    """Return the places with those behind stars, which may match nothing.

    What is reached before the last of these stars matches nothing that this star does not.
    """
    found = places | {place + 1 for place in places if place < len(parts) and parts[place] == "*"}
    stars = [place for place in found if place < len(parts) and parts[place] == "*"]
    return {place for place in found if place >= max(stars, default=0)}
