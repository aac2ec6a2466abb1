"""Find rows of plain text whose columns spaces align, with what stands above and among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from qa.loaders.extracted import Range
from qa.loaders.lines.rules import is_rule
from qa.loaders.printed.spans import spans
from qa.loaders.tables.grid import is_value

_WORDS = re.compile(r"\S+(?:[ \xa0]\S+)*")
_COLUMN = re.compile(r"1+(?:01+)*")
_MAX_WIDTH = 400
# Dots that lead from a cell to the next.
_LEADERS = re.compile(r"(?<!\.)\.{4,}(?=\s|$)")
# Names over several columns stand in so many lines above the others.
_MAX_OVER = 2
_MAX_NAME_WORDS = 3
# A mark and a title.
_TITLE_CELLS = 2
# What is said of a thing below its row has so many lines; more of them end the table.
_MAX_SAID = 3
_MAX_SAID_CHARACTERS = 100
# So many rows have a line below them, if these are no names of the rows that follow.
_MOST = 0.6

Lines = Sequence[tuple[int, str]]


@dataclass(slots=True)
class Run:
    """Lines that are rows with the same columns.

    ``bounds`` are where the columns begin and end in their lines. ``over`` are the lines above
    with names over several columns; ``among`` are lines of one cell, by the row that they follow;
    those before the first row follow -1.
    """

    rows: list[int] = field(default_factory=list)
    mask: int = 0
    rules: set[int] = field(default_factory=set)
    over: list[int] = field(default_factory=list)
    among: dict[int, list[int]] = field(default_factory=dict)

    @property
    def bounds(self) -> list[Range]:
        """The columns, which gaps of two places separate."""
        return _bounds(self.mask)


def runs(lines: Lines, group: Sequence[int]) -> Iterator[Run]:
    """Yield the runs of rows among adjacent lines; a title above a row is none of them."""
    run = Run()
    columns = 0
    waiting: list[int] = []  # lines of one cell below the last row
    before: list[int] = []  # lines above the first row
    rules = {number for number in group if is_rule(lines[number][1])}
    for number in group:
        if number in rules:
            continue
        if len(_LEADERS.findall(lines[number][1])) > 1:  # names and values, several in a line
            if run.rows:
                yield _finished(lines, run, before, waiting, rules)
            run, waiting, before = Run(), [], []
            continue
        own_mask = _mask(lines[number][1])
        both = run.mask | own_mask
        own, joint = len(_bounds(own_mask)), len(_bounds(both))
        is_alone = bool(run.rows) and own == 1
        if is_alone and joint >= columns:  # in a column, and not in the first one
            is_alone = _indent(lines[number][1]) < run.bounds[0][1]
        if is_alone and len(waiting) < _MAX_SAID:
            waiting.append(number)
            continue
        if run.rows and joint > 1 and (len(run.rows) < 2 or joint >= columns):
            is_over = own > joint and len(run.rows) <= _MAX_OVER and _are_over(lines, run, own_mask)
            if not is_over and not _is_title(run, own_mask):
                if waiting:
                    run.among[run.rows[-1]] = waiting
                    waiting = []
                run.rows.append(number)
                run.mask, columns = both, joint
                continue
            before += run.rows
        elif run.rows:
            yield _finished(lines, run, before, waiting, rules)
            before = [*waiting] if len(waiting) <= _MAX_OVER else []
        run, waiting = Run(), []
        if own > 1:
            run = Run([number], own_mask)
            columns = own
        else:
            before.append(number)
    if run.rows:
        yield _finished(lines, run, before, waiting, rules)


def _finished(
    lines: Lines, run: Run, before: Sequence[int], waiting: list[int], rules: set[int]
) -> Run:
    """Return a run with the names over its columns, and what is said below its last row."""
    run.rules = rules
    if waiting and _are_said(lines, run):
        run.among[run.rows[-1]] = waiting[: len(next(iter(run.among.values())))]
    at = run.rows[0]
    for number in reversed(before[-_MAX_OVER:]):
        if number + 1 != at or not over_columns(lines[number][1], run.bounds):
            break
        run.over.insert(0, number)
        at = number
    return run


def _are_said(lines: Lines, run: Run) -> bool:
    """Return whether a line follows each row, or most."""
    return len(run.among) >= _MOST * (len(run.rows) - 2) and bool(run.among)


def said_below(lines: Lines, run: Run) -> Mapping[int, list[int]]:
    """Return the lines that say something of the row above them, by its number.

    They are indented, or follow most rows; others name the rows below.
    """
    left = run.bounds[0][0]
    most = len(run.among) >= _MOST * (len(run.rows) - 1) and all(
        len(each) == 1 for each in run.among.values()
    )
    return {
        row: numbers
        for row, numbers in run.among.items()
        if most or all(_indent(lines[number][1]) > left for number in numbers)
    }


def over_columns(text: str, bounds: Sequence[Range]) -> list[Range]:
    """Return the first and last column that each name of a line is over, none if it is no name."""
    names = places_of(text)
    cells = [text[slice(*place)] for place in names]
    if not all(map(_is_name, cells)) or (len(names) == 1 and names[0][0] <= bounds[0][1]):
        return []
    if names[0][0] <= bounds[0][0] and len(names) < 2:
        return []
    return spans(list(bounds), names)


def cells_of(line: tuple[int, str], bounds: Sequence[Range]) -> tuple[Range, ...]:
    """Return the places of a line's cells in the text; an empty one is ``(x, x)``."""
    start, text = line
    ends = [left for left, _ in bounds[1:]] + [len(text)]
    cells = []
    for (left, _), right in zip(bounds, ends, strict=True):
        words = text[left:right]
        begin = left + len(words) - len(words.lstrip())
        words = words.rstrip()
        end = left + len(words.rstrip(".").rstrip() if words.endswith("....") else words)
        if begin >= end:
            begin = end = min(left, len(text.rstrip()))
        cells.append((start + begin, start + end))
    return tuple(cells)


def continues(mask: int, lines: Lines, numbers: Sequence[int]) -> int:
    """Return the columns of a table with some rows below it, 0 unless they are in its columns."""
    both = mask
    for number in numbers:
        both |= _mask(lines[number][1])
    return both if len(_bounds(both)) >= len(_bounds(mask)) else 0


def _are_over(lines: Lines, run: Run, mask: int) -> bool:
    """Return whether the rows so far are names over several columns of the next line.

    The first of those columns may be of marks: "A  Buildings".
    """
    texts = [lines[number][1] for number in run.rows]
    left, right = run.bounds[0]
    below = _bounds(mask)[:2]
    is_of_marks = left <= below[0][0] and below[-1][0] < right
    names = [text[slice(*place)] for text in texts for place in places_of(text)]
    return all(map(_is_name, names)) and not is_of_marks


def _is_title(run: Run, mask: int) -> bool:
    """Return whether a row is a title, such as "E  PROGRAMMES", with nothing below its mark."""
    left, right = run.bounds[0]
    below = (mask >> left) & ((1 << (right - left)) - 1)
    return len(run.rows) == 1 and len(run.bounds) == _TITLE_CELLS and not below


def _is_name(cell: str) -> bool:
    return (
        not is_value(cell)
        and len(cell.split()) <= _MAX_NAME_WORDS
        and not cell.endswith((".", ":", ";", ","))
        and any(map(str.isalnum, cell))
        and not cell[0].isdecimal()
    )


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def places_of(text: str) -> list[Range]:
    """Return the places of the cells of a line: words with single spaces between them."""
    return [found.span() for found in _WORDS.finditer(text[:_MAX_WIDTH])]


def _mask(text: str) -> int:
    """Return the places of a line that are not in a gap of two spaces, as bits."""
    mask = 0
    for start, end in places_of(text):
        mask |= ((1 << (end - start)) - 1) << start
    return mask


def _bounds(mask: int) -> list[Range]:
    bits = bin(mask)[2:][::-1]
    return [found.span() for found in _COLUMN.finditer(bits)] if mask else []
