"""A window of a text, cut into the blocks of its document, and what each of them is drawn as."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.types import Block, Document
from qa.viewer.lines import Kind
from qa.viewer.windows import Window

ITEM = re.compile(r"\s*(?:[-–—•‣▪◦·*]|\(?(?:\d{1,3}|[a-z])[.)])\s+\S")
_FIELD = re.compile(r"(?:From|To|Cc|Bcc|Reply-To|Date|Sent|Subject): ")
_TABLE = ("columns", "row")


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of a window that one block is, or that is in none; its gap ends at ``gap``."""

    block: Block | None
    start: int
    end: int
    gap: int


def segments_of(document: Document, window: Window) -> list[Segment]:
    """Return a window cut at the edges of blocks."""
    text, at = document.text, window.start
    found: list[Segment] = []

    def pass_by(end: int) -> None:
        """Append what is between blocks; white space but for an indentation is a gap."""
        nonlocal at
        between = text[at:end]
        if between.strip():
            found.append(Segment(None, at, end, end))
            at = end
        elif cut := between.rfind("\n") + 1:
            if not found:
                found.append(Segment(None, at, at, at))
            found[-1] = replace(found[-1], gap=at + cut)
            at += cut

    for block in _blocks_in(document, window):
        pass_by(max(block.start, window.start))
        end = min(block.end, window.end)
        found.append(Segment(block, at, end, end))
        at = end
    pass_by(window.end)
    if at < window.end:  # spaces at the end
        found.append(Segment(None, at, window.end, window.end))
    return found


def _blocks_in(document: Document, window: Window) -> Iterator[Block]:
    first = bisect_right(document.blocks, window.start, key=lambda block: block.end)
    for block in document.blocks[first:]:
        if block.start >= window.end:
            return
        yield block


def kinds_of(text: str, segments: Sequence[Segment]) -> list[tuple[Kind, int]]:
    """Return the kind of each segment, of rows with the number of their table."""
    kinds: list[tuple[Kind, int]] = []
    for segment in segments:
        block = segment.block
        words = text[segment.start : segment.end]
        if block is not None and block.kind == "heading":
            kinds.append(("heading", 0))
        elif block is not None and block.kind in _TABLE and _is_whole(segment, block):
            kinds.append(("table", block.level))
        elif block is not None and block.kind == "body" and not block.level:
            if block.depth or ("\n" not in words.strip() and ITEM.match(words)):
                kinds.append(("list", 0))
            elif _FIELD.match(words) and "\n" not in words.strip():
                kinds.append(("mail", 0))
            else:
                kinds.append(("paragraph", 0))
        else:
            kinds.append(("paragraph", 0))
    # One line alone that begins like a mail header is none.
    alone = [
        position
        for position, (kind, _) in enumerate(kinds)
        if kind == "mail"
        and all(
            not 0 <= beside < len(kinds) or kinds[beside][0] != "mail"
            for beside in (position - 1, position + 1)
        )
    ]
    for position in alone:
        kinds[position] = ("paragraph", 0)
    return kinds


def _is_whole(segment: Segment, block: Block) -> bool:
    return segment.start <= block.start and segment.end == block.end
