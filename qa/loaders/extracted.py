"""What a loader returns: text with roles, title and date."""

from __future__ import annotations

from dataclasses import dataclass, field

from qa.types import Block, BlockKind


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file; blocks are in order and do not overlap. ``date`` is ISO or empty."""

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    date: str = ""


@dataclass(slots=True)
class TextBuilder:
    """Grows a text block by block, so that the offsets are right by construction."""

    parts: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, kind: BlockKind, *, level: int = 0) -> None:
        """Append one block, a blank line after the last."""
        text = text.strip()
        if not text:
            return
        if self.parts:
            self.parts.append("\n\n")
            self.length += 2
        self.blocks.append(Block(self.length, self.length + len(text), kind, level))
        self.parts.append(text)
        self.length += len(text)

    def result(self, *, title: str, date: str) -> Extracted:
        """Return what was built."""
        return Extracted("".join(self.parts), tuple(self.blocks), title, date)
