"""Entity tags: what was received is still the same as long as the index is."""

from __future__ import annotations

import re
from hashlib import sha256

from qa.answers.serialize import version
from qa.asking import Askable

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def tag_of(qa: Askable, *facts: object) -> str:
    """Return the tag of what an index determines, with whatever else it depends on."""
    made_of = (version(), qa.generation, len(qa.manifest.skipped), qa.threshold, *facts)
    return f'"{qa.generation}-{sha256(repr(made_of).encode()).hexdigest()[:12]}"'


def is_known(if_none_match: str, tag: str) -> bool:
    """Return whether a client has what the tag names, by its header If-None-Match."""
    return if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match)
