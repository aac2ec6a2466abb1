"""Lines that only separate the rows of a table, and the sides of a box around lines."""

from __future__ import annotations

import re

_RULE = re.compile(r"[\s|+=_–—:*─-]+")
# A box is wider than a cell.
_NARROWEST = 24
_STROKE = re.compile(r"[=_–—─-]{3}")


def is_rule(line: str) -> bool:
    """Return whether a line only separates the rows of a table: "----  ----", "+----+----+"."""
    return _RULE.fullmatch(line) is not None and _STROKE.search(line) is not None


def unboxed(line: str) -> str:
    """Return a line with spaces for the bars at its ends, as of a box, if there are no others."""
    inner = line.strip()
    is_boxed = len(inner) > _NARROWEST and inner[0] == inner[-1] == "|" and line.count("|") == 2
    return line.replace("|", " ") if is_boxed else line
