"""Names of people, places, streets and organisations, drawn at random."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PARTS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("names.toml").read_text(encoding="utf-8")
)
_WORDS: dict[str, list[str]] = {
    name: _PARTS[name].split()
    for name in "first last place_start place_end street_start months weekdays".split()
}
_LISTS: dict[str, list[str]] = {
    name: _PARTS[name].split("|") for name in "street_end titles team_end".split()
}
MONTHS, WEEKDAYS = _WORDS["months"], _WORDS["weekdays"]


def first(rng: random.Random) -> str:
    """Return a first name."""
    return rng.choice(_WORDS["first"])


def last(rng: random.Random) -> str:
    """Return a surname."""
    return rng.choice(_WORDS["last"])


def person(rng: random.Random) -> str:
    """Return a first name and a surname."""
    return f"{first(rng)} {last(rng)}"


def titled(rng: random.Random) -> str:
    """Return a surname with its title."""
    return f"{rng.choice(_LISTS['titles'])} {last(rng)}"


def place(rng: random.Random) -> str:
    """Return the name of a town."""
    return rng.choice(_WORDS["place_start"]) + rng.choice(_WORDS["place_end"])


def street(rng: random.Random) -> str:
    """Return the name of a street."""
    return f"{rng.choice(_WORDS['street_start'])} {rng.choice(_LISTS['street_end'])}"


def address(rng: random.Random) -> str:
    """Return a house number, a street and a town."""
    return f"{rng.randint(1, 180)} {street(rng)}, {place(rng)}"


def team(rng: random.Random) -> str:
    """Return the name of a team."""
    return f"{place(rng)} {rng.choice(_LISTS['team_end'])}"


def organisation(kind: str, rng: random.Random) -> str:
    """Return the name of an organisation of a kind."""
    patterns: list[str] = _PARTS["org"][kind].split("|")

    def drawn(slot: re.Match[str]) -> str:
        name = slot[1]
        if name in _PARTS["words"]:
            words: str = _PARTS["words"][name]
            return rng.choice(words.split())
        if name == "street":
            return rng.choice([each for each in _WORDS["street_start"] if "'" not in each])
        return _DRAWERS[name](rng)

    return re.sub(r"\{(\w+)\}", drawn, rng.choice(patterns))


def _number(rng: random.Random) -> str:
    return str(rng.randint(1, 99))


_DRAWERS: dict[str, Callable[[random.Random], str]] = {
    "first": first,
    "last": last,
    "place": place,
    "number": _number,
}
