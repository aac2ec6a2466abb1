"""The result of a loader: text in blocks, with title, date, author and pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from qa.errors import UnreadableDocument
from qa.loaders.dates import find_date, own_date
from qa.loaders.furniture import credit_start, is_agency_line
from qa.text import counted, without_surrogates
from qa.types import Block, BlockKind, Member, ScannedLine

MAX_CHARACTERS = 20_000_000
# The kinds of rows.
TABLE = ("columns", "row")
# A place in the text: start and end.
Range = tuple[int, int]
# A date line within the first blocks is the document's own date.
_TOP_BLOCKS = 8
MAX_AUTHOR_CHARACTERS = 200
_NAMED_CHARACTERS = 60
# Names that a program fills in, for want of the author's.
_GENERATED_AUTHOR = re.compile(
    r"\(?(?:anonymous|unspecified|unknown(?: author)?|admin(?:istrator)?|(?:default |windows )?user"
    r"|owner|author|(?:microsoft|ms) office(?: user)?|python-docx|python-pptx"
    r"|openpyxl|xlsxwriter|apache poi)\)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Inner:
    """A file inside another; ``read`` returns its bytes, or raises UnreadableDocument."""

    member: Member
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file. Blocks are in order and do not overlap; ``date`` is ISO or empty.

    ``saved`` is the day on which the file was made or saved, by its properties, or empty.
    ``notes`` say what of the file is not in the text, each a phrase for the report of a build,
    as in "2 pictures without text" or "1 attachment not read: plan.dwg", and what OCR read;
    ``scanned`` are the lines of that, in order. ``members`` are the files in it that are
    documents of their own, by distinct names. ``left_out`` are parts of the file that are no text
    of it, each what it is ("footer") and its words; ``notes`` name and count them.
    """

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    date: str = ""
    author: str = ""
    pages: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    members: tuple[Inner, ...] = ()
    scanned: tuple[ScannedLine, ...] = ()
    saved: str = ""
    left_out: tuple[tuple[str, str], ...] = ()


def numbered(names: Sequence[str]) -> list[str]:
    """Return file names that are all different: "plan.pdf", "plan (2).pdf"."""
    counts: dict[str, int] = {}
    taken = set(names)
    unique = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        found = name
        if counts[name] > 1:
            stem, dot, suffix = name.rpartition(".") if "." in name[1:] else (name, "", "")
            while (found := f"{stem} ({counts[name]}){dot}{suffix}") in taken:
                counts[name] += 1
            taken.add(found)
        unique.append(found)
    return unique


def stated_author(value: str) -> str:
    """Return the author of a file's metadata in one line, empty if a program filled it in."""
    value = " ".join(without_surrogates(value).split())
    value = value[:MAX_AUTHOR_CHARACTERS].strip(" ,;")
    return "" if _GENERATED_AUTHOR.fullmatch(value) else value


def with_properties(extracted: Extracted) -> Extracted:
    """Return a text with the properties of its file that it lacks, each a line at its end.

    They are the title, the author and the date of the file's metadata. The author becomes one
    line, empty if a program filled it in.
    """
    author = stated_author(extracted.author)
    text = " ".join(extracted.text.split())
    lines = [
        f"{name}: {value}"
        for name, value in (
            ("Title", " ".join(extracted.title.split())),
            ("Author", author),
            ("Date", extracted.date),
        )
        if value and value not in text and not (name == "Date" and _is_dated(extracted))
    ]
    builder = TextBuilder([extracted.text], list(extracted.blocks), len(extracted.text))
    for line in lines:
        builder.add(line, "about")
    return replace(
        extracted, text="".join(builder.parts), blocks=tuple(builder.blocks), author=author
    )


def _is_dated(extracted: Extracted) -> bool:
    """Return whether the date is that of a line near the top."""
    top = [extracted.text[block.start : block.end] for block in extracted.blocks[:_TOP_BLOCKS]]
    return any(
        extracted.date in (find_date(text), *map(own_date, text.splitlines())) for text in top
    )


class TextFull(Exception):  # noqa: N818
    """A text has more characters than one may have; ``builder`` has those before."""

    def __init__(self, builder: TextBuilder) -> None:
        super().__init__("more than 20 million characters of text")
        self.builder = builder


@dataclass(slots=True)
class TextBuilder:
    """Builds a text block by block, so that the offsets are right by construction."""

    parts: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    length: int = 0
    date: str = ""
    notes: list[str] = field(default_factory=list)
    table: int = 0  # the number of the table that rows belong to
    members: list[Inner] = field(default_factory=list)
    # The lists that are open, each with the number of its item; -1 once that has a paragraph.
    items: list[int] = field(default_factory=list)
    # What is no text of the file, such as the menu of a page, by what it is.
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def add(self, text: str, kind: BlockKind, *, level: int = 0) -> int:
        """Append a block after a blank line, a row after a row on the next; return its start."""
        text = text.strip()
        if not text:
            return self.length
        if self.length + len(text) > MAX_CHARACTERS and kind != "about":
            raise TextFull(self)
        if self.parts:
            in_table = self.blocks and self.blocks[-1].kind in TABLE and kind in TABLE
            self.parts.append("\n" if in_table else "\n\n")
            self.length += len(self.parts[-1])
        start = self.length
        if self.items and kind == "body":
            block = Block(
                start, start + len(text), kind, level, (), len(self.items), self.items[-1]
            )
            self.blocks.append(block)
            self.items[-1] = -1
        else:
            self.blocks.append(Block(start, start + len(text), kind, level))
        self.parts.append(text)
        self.length += len(text)
        return start

    def begin_table(self) -> None:
        """Begin another table: the headers of rows above it do not name the rows to come."""
        self.table += 1

    def add_row(
        self, cells: Sequence[str | Range | None], *, header: bool = False
    ) -> tuple[Range, ...]:
        """Append a row of a table and return the place of each cell.

        A cell is its text, None where the cell to its left is merged over it, or the place of
        a cell above that is. With ``header`` the row names the cells of the rows below it. The
        text is the cells joined by " | "; nothing is appended if all are empty.
        """
        own = [" ".join(cell.split()) if isinstance(cell, str) else cell for cell in cells]
        texts = ["" if isinstance(cell, tuple) else cell for cell in own if cell is not None]
        joined = " | ".join(texts)
        if not any(texts):
            return ()
        start = self.add(joined, "columns" if header else "row")
        end = self.length
        offset = start - (len(joined) - len(joined.lstrip()))  # where an empty first cell begins
        places: list[Range] = []
        for cell in own:
            if cell is None:
                places.append(places[-1] if places else (start, start))
                continue
            length = len(cell) if isinstance(cell, str) else 0
            begin = min(max(offset, start), end)
            places.append((begin, begin + length) if isinstance(cell, str) else cell)
            offset += length + len(" | ")
        self.blocks[-1] = replace(self.blocks[-1], level=self.table, cells=tuple(places))
        return tuple(places)

    def add_content(self, text: str) -> int:
        """Append a paragraph and return its start; picture credits become furniture.

        A date line near the top is the document's date, and text like any other.
        """
        text = text.strip()
        if len(self.blocks) < _TOP_BLOCKS and not self.date:
            self.date = next(filter(None, map(own_date, text.splitlines()[:_TOP_BLOCKS])), "")
        cut = credit_start(text)
        start = self.add(text[:cut], "body")
        if cut is not None:
            self.add(text[cut:], "furniture")
        return start

    def leave_out(self, what: str, text: str) -> None:
        """Note lines of the file that are no text of it, such as those of its "footer"."""
        if lines := [line for line in map(str.strip, text.splitlines()) if line]:
            self.left_out.setdefault(what, []).extend(lines)

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

    def result_so_far(self) -> Extracted:
        """Return the text that there is room for, with a note on where it ends."""
        if not self.blocks:
            raise UnreadableDocument("a paragraph of more than 20 million characters", "split it")
        whole = "".join(self.parts)
        last = " ".join(whole[self.blocks[-1].start :].split())[:_NAMED_CHARACTERS]
        above = next((b for b in reversed(self.blocks) if b.kind == "heading"), None)
        under = f" under “{' '.join(whole[above.start : above.end].split())}”" if above else ""
        self.notes.append(
            f"read in part, the first {MAX_CHARACTERS // 1_000_000} million characters: not read is"
            f" all after “{last}”{under}; save the rest as another file"
        )
        return self.result(title=self.first_heading())

    def result(
        self,
        *,
        title: str = "",
        date: str = "",
        author: str = "",
        pages: tuple[int, ...] = (),
        saved: str = "",
    ) -> Extracted:
        """Return the text; a date printed in it takes precedence over ``date``."""
        if self.left_out:
            named = (
                f"{what}, {counted(len(each), 'line')}" for what, each in self.left_out.items()
            )
            self.notes.append(f"left out: {'; '.join(named)}")
        return Extracted(
            "".join(self.parts),
            tuple(self.blocks),
            title,
            self.date or date,
            author,
            pages,
            tuple(self.notes),
            tuple(self.members),
            saved=saved,
            left_out=tuple((what, "\n".join(each)) for what, each in self.left_out.items()),
        )
