"""What the process that reads files is asked, and what it tells: lines of JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

from qa.types import Block, Document, Member, ScannedLine

# What a child tells, the first of a line: it is ready; OCR read a page; it asks for a page that
# was kept, or gives one to keep; and it is done.
READY, PAGE, FIND, KEEP, DONE = "ready", "page", "find", "keep", "done"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a module, and its arguments by name, which JSON can hold."""

    module: str
    function: str
    arguments: Mapping[str, Any]

    def line(self, *more: object) -> bytes:
        """Return the call as a line, with more values at its end."""
        return line(self.module, self.function, dict(self.arguments), *more)


def line(*values: object) -> bytes:
    """Return values as a line of JSON."""
    return json.dumps(values, default=astuple).encode("ascii") + b"\n"


def plain(value: Any) -> Any:
    """Return a document, or the bytes of a picture, as JSON can hold them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Document):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return value


def document_of(values: Mapping[str, Any]) -> Document:
    """Return the document that JSON held.

    Raises ValueError, TypeError or KeyError for what is none.
    """
    held = {name: _frozen(value) for name, value in values.items()}
    blocks = tuple(Block(*block) for block in held.pop("blocks"))
    members = tuple(Member(*each) for each in held.pop("members"))
    scanned = tuple(ScannedLine(*each) for each in held.pop("scanned"))
    return Document(**held, blocks=blocks, members=members, scanned=scanned)


def places_of(values: Any) -> tuple[ScannedLine, ...]:
    """Return the places of words that JSON held; ValueError or TypeError for what is none."""
    return tuple(
        ScannedLine(
            int(start),
            int(end),
            int(page),
            tuple((int(x), int(y)) for x, y in corners),
            tuple(map(int, confidences)),
            tuple((int(first), int(last)) for first, last in edges),
        )
        for start, end, page, corners, confidences, edges in values
    )


def _frozen(value: Any) -> Any:
    """Return lists of JSON as the tuples that they were."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
