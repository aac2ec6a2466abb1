"""Lines that only separate the rows of a table."""

from __future__ import annotations

import re

_RULE = re.compile(r"[\s|+=_–—:*─-]+")
_STROKE = re.compile(r"[=_–—─-]{3}")


def is_rule(line: str) -> bool:
    """Return whether a line only separates the rows of a table: "----  ----", "+----+----+"."""
    return _RULE.fullmatch(line) is not None and _STROKE.search(line) is not None
