"""Who a curriculum vitae of LaTeX's moderncv is about, as its preamble says."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CLASS = re.compile(r"\\documentclass(?:\[[^\]]*\])?\{moderncv\}")
_STATED = re.compile(
    r"^[ \t]*\\(?P<name>name|firstname|familyname|lastname|address|phone|mobile|email|homepage|born"
    r"|extrainfo|quote|social)(?:\[[^\]\n]*\])?(?P<groups>(?:\{[^{}\n]*\})+)",
    re.MULTILINE,
)
_GROUP = re.compile(r"\{([^{}]*)\}")
_NAMES = {"name", "firstname", "familyname", "lastname"}


def person_in(preamble: str) -> tuple[str, list[str]]:
    """Return the sources of a person's name and of what is stated of them, empty in other texts."""
    if not _CLASS.search(preamble):
        return "", []
    found = list(_found(preamble))
    name = " ".join(part for key, parts in found if key in _NAMES for part in parts)
    return name, [", ".join(parts) for key, parts in found if key not in _NAMES]


def _found(preamble: str) -> Iterator[tuple[str, list[str]]]:
    for found in _STATED.finditer(preamble):
        yield found["name"], [part for part in _GROUP.findall(found["groups"]) if part.strip()]
