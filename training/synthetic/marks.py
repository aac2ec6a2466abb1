"""Where a made cell stands in the text that a loader returns.

Each cell is written between characters of the private use area, which loaders keep. What is read
then tells, the marks taken out, where each cell is; the text must be that of the file without.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from training.synthetic.sheet import Key

_OPEN, _CLOSE, _DIGIT = "\uf000", "\uf001", 0xF100
_MARKED = re.compile("\uf000([\uf100-\uf109]+)|\uf001")
Mark = Callable[[Key, str], str]


def unmarked(key: Key, text: str) -> str:
    """Return the text of a cell."""
    return text


def shown_length(text: str) -> int:
    """Return how many characters a text has but for its marks."""
    return len(_MARKED.sub("", text))


@dataclass(slots=True)
class Marks:
    """Marks the cells of one document, and finds them again."""

    keys: list[Key] = field(default_factory=list)

    def mark(self, key: Key, text: str) -> str:
        """Return the text of a cell between its marks; nothing around an empty one."""
        if not text:
            return text
        self.keys.append(key)
        digits = "".join(chr(_DIGIT + int(digit)) for digit in str(len(self.keys) - 1))
        return f"{_OPEN}{digits}{text}{_CLOSE}"

    def places(self, text: str) -> tuple[str, dict[Key, list[tuple[int, int]]]]:
        """Return a text without its marks, and where in it each cell stands."""
        places: dict[Key, list[tuple[int, int]]] = {}
        parts: list[str] = []
        length = at = 0
        opened: tuple[Key, int] | None = None
        for found in _MARKED.finditer(text):
            parts.append(text[at : found.start()])
            length += found.start() - at
            at = found.end()
            if found[1]:
                number = int("".join(str(ord(sign) - _DIGIT) for sign in found[1]))
                opened = self.keys[number], length
            elif opened is not None:
                places.setdefault(opened[0], []).append((opened[1], length))
                opened = None
        parts.append(text[at:])
        return "".join(parts), places
