"""Rows of tables as they are read: one record a row, each value after its header."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qa.builder.views.boxes import Piece, Range, ticked_first
from qa.types import Block, Pieces, View

# The pieces of a header, and the place of the value that it names.
Field = tuple[tuple[Piece, ...], Range]


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a table with its values, each with its header."""

    start: int
    end: int
    fields: tuple[Field, ...]


def records_of(blocks: Iterable[Block]) -> Iterator[Record]:
    """Yield the rows of a table as records, in order.

    Header rows above one another are joined: "2024 Q1". Those of a greater depth are joined to
    what is above them, and replace others of their depth: "Monday 8", then "Monday 15". An empty
    cell has no field, and a merged one is read once a record.
    """
    headers: list[Block] = []
    named = False
    for block in blocks:
        if block.kind == "columns":
            kept = [each for each in headers if each.depth < block.depth]
            headers = [*(kept if named or block.depth else headers), block]
        else:
            yield Record(block.start, block.end, tuple(_fields(block, headers)))
        named = block.kind == "row"


def pieces_of(text: str, fields: Sequence[Field]) -> list[Piece]:
    """Return the pieces of a record of ``text``: "Header: value; Header: value.".

    Of two values the second has the first as its name if it has no header: "name: value.", and
    so has one after a value that ends in a colon, as in "Name: | Ada | Room: | 14". A colon or a
    full stop of their own is not repeated. Of a value with boxes comes first what is ticked.
    """
    pieces: list[Piece] = []
    is_pair = len(fields) == 2 and not fields[1][0] and not _are_labelled(text, fields)
    for number, (header, value) in enumerate(fields):
        if number:
            follows = not header and not fields[number - 1][0] and _ends(text, pieces, (":",))
            named = is_pair or follows
            pieces.append(_colon(text, pieces) if named else _stop(text, pieces, "; ", " "))
        if header:
            pieces += [*header, _colon(text, header)]
        pieces += ticked_first(text, value)
    return [*pieces, *filter(None, [_stop(text, pieces, ".", "")])]


def _are_labelled(text: str, fields: Sequence[Field]) -> bool:
    """Return whether each value has a label of its own: "Room: 14"."""
    return all(": " in text[slice(*value)] for _, value in fields)


def _colon(text: str, named: Sequence[Piece]) -> str:
    """Return what separates a name from its value."""
    return " " if _ends(text, named, (":",)) else ": "


def _stop(text: str, pieces: Sequence[Piece], sign: str, other: str) -> str:
    """Return a sign that separates values, or another after one that ends like a sentence."""
    return other if _ends(text, pieces, (".", "?", "!")) else sign


def _ends(text: str, pieces: Sequence[Piece], signs: tuple[str, ...]) -> bool:
    last = pieces[-1] if pieces else ""
    return (last if isinstance(last, str) else text[slice(*last)]).endswith(signs)


def words_of(text: str, pieces: Iterable[Piece]) -> str:
    """Return the words of one paragraph or record, as in its view."""
    return "".join([each if isinstance(each, str) else text[each[0] : each[1]] for each in pieces])


def view_of(text: str, paragraphs: Iterable[Sequence[Piece]]) -> View:
    """Return paragraphs and records, given as pieces, as the view of a passage of ``text``."""
    words: list[str] = []
    places: list[tuple[int, int, int]] = []
    length = 0
    for paragraph in paragraphs:
        for piece in (["\n"] if words and paragraph else []) + list(paragraph):
            if isinstance(piece, str):
                words.append(piece)
            else:
                start, end = piece
                words.append(text[start:end])
                places.append((length, start, end - start))
            length += len(words[-1])
    return View("".join(words), Pieces(places))


def _fields(row: Block, headers: Sequence[Block]) -> Iterator[Field]:
    seen: set[Range] = set()
    for column, value in enumerate(row.cells):
        if value[0] == value[1] or value in seen:
            continue
        seen.add(value)
        above = [header.cells[column] for header in headers if column < len(header.cells)]
        names: list[Piece] = []
        for name in dict.fromkeys(above):
            if name[0] < name[1]:
                names += [" ", name] if names else [name]
        yield tuple(names), value
