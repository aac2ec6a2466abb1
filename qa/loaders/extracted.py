"""The result of a loader: text in blocks, with title, date, author and pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from qa.errors import UnreadableDocument
from qa.loaders.dates import find_date, is_date_line
from qa.loaders.furniture import credit_start, is_agency_line
from qa.text import without_surrogates
from qa.types import Block, BlockKind

MAX_CHARACTERS = 20_000_000
# A date line within the first blocks is the document's own date.
_TOP_BLOCKS = 8
MAX_AUTHOR_CHARACTERS = 200
# Names that a program fills in, for want of the author's.
_GENERATED_AUTHOR = re.compile(
    r"\(?(?:anonymous|unspecified|unknown(?: author)?|admin(?:istrator)?|(?:default |windows )?user"
    r"|owner|author|(?:microsoft|ms) office(?: user)?|python-docx)\)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file. Blocks are in order and do not overlap; ``date`` is ISO or empty.

    ``notes`` say what of the file is not in the text, each a phrase for the report of a build,
    as in "2 pictures without text" or "1 attachment not read: plan.dwg".
    """

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    date: str = ""
    author: str = ""
    pages: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def stated_author(value: str) -> str:
    """Return the author of a file's metadata in one line, empty if a program filled it in."""
    value = " ".join(without_surrogates(value).split())
    value = value[:MAX_AUTHOR_CHARACTERS].strip(" ,;")
    return "" if _GENERATED_AUTHOR.fullmatch(value) else value


@dataclass(slots=True)
class TextBuilder:
    """Builds a text block by block, so that the offsets are right by construction."""

    parts: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    length: int = 0
    date: str = ""
    notes: list[str] = field(default_factory=list)

    def add(self, text: str, kind: BlockKind, *, level: int = 0) -> int:
        """Append a block after a blank line; return its start."""
        text = text.strip()
        if not text:
            return self.length
        if self.length + len(text) > MAX_CHARACTERS:
            raise UnreadableDocument("more than 20 million characters of text", "split it")
        if self.parts:
            self.parts.append("\n\n")
            self.length += 2
        start = self.length
        self.blocks.append(Block(start, start + len(text), kind, level))
        self.parts.append(text)
        self.length += len(text)
        return start

    def add_content(self, text: str) -> int:
        """Append a paragraph and return its start; picture credits become furniture.

        A date line near the top is the document's date, and text like any other.
        """
        text = text.strip()
        if len(self.blocks) < _TOP_BLOCKS and not self.date and is_date_line(text):
            self.date = find_date(text)
        cut = credit_start(text)
        start = self.add(text[:cut], "body")
        if cut is not None:
            self.add(text[cut:], "furniture")
        return start

    def close(self) -> None:
        """Mark the last block as furniture if it names the news agencies used."""
        if len(self.blocks) > 1 and is_agency_line(self.parts[-1]):
            self.blocks[-1] = replace(self.blocks[-1], kind="furniture")

    def first_heading(self) -> str:
        """Return the first heading, empty if there is none."""
        for block in self.blocks:
            if block.kind == "heading":
                return " ".join("".join(self.parts)[block.start : block.end].split())
        return ""

    def result(
        self, *, title: str = "", date: str = "", author: str = "", pages: tuple[int, ...] = ()
    ) -> Extracted:
        """Return the text; a date printed in it takes precedence over ``date``."""
        text = "".join(self.parts)
        notes = tuple(self.notes)
        return Extracted(text, tuple(self.blocks), title, self.date or date, author, pages, notes)
