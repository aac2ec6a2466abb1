"""Find rows of plain text whose columns spaces align, with what stands above and among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from qa.loaders.extracted import Range
from qa.loaders.lines.rules import is_rule
from qa.loaders.printed.spans import spans
from qa.loaders.tables.grid import is_value

_WORD = re.compile(r"[^ \xa0]+")
_WORDS = re.compile(r"\S+(?:[ \xa0]\S+)*")
_COLUMN = re.compile(r"1+(?:01+)*")
# With so many columns two cells may be a single space apart, of one word each.
_LEAST_NARROW = 4
_MAX_WIDTH = 400
# Dots that lead from a cell to the next.
_LEADERS = re.compile(r"(?<!\.)\.{4,}(?=\s|$)")
# Names over several columns stand in so many lines above the others.
_MAX_OVER = 2
_MAX_NAME_WORDS = 3
# So many times as many columns are below them.
_WIDER = 3
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

    ``bounds`` are where the columns begin and end in their lines; ``mask`` has a bit for each
    place in one, ``cuts`` one for each that separates two although it is alone. ``over`` are the
    lines above with names over several columns; ``among`` are lines of one cell, by the row that
    they follow; those before the first row follow -1.
    """

    rows: list[int] = field(default_factory=list)
    mask: int = 0
    cuts: int = 0
    rules: set[int] = field(default_factory=set)
    over: list[int] = field(default_factory=list)
    among: dict[int, list[int]] = field(default_factory=dict)

    @property
    def bounds(self) -> list[Range]:
        """The columns, which gaps of two places separate, or those of one that are known to."""
        return _bounds(self.mask, self.cuts)


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
        cuts = run.cuts
        if columns >= _LEAST_NARROW:
            cuts |= _cuts(lines[number][1], run.bounds)
        own_mask = _mask(lines[number][1], cuts)
        both = run.mask | own_mask
        if columns >= _LEAST_NARROW:  # a gap that is left with a single space is one still
            left = _between(run.bounds) & ~both & both << 1 & both >> 1
            cuts |= left & _before_values(lines[number][1]) if left else 0
        own, joint = len(_bounds(own_mask, cuts)), len(_bounds(both, cuts))
        is_alone = bool(run.rows) and own == 1
        if is_alone and joint >= columns:  # in a column, and not in the first one
            is_alone = _indent(lines[number][1]) < run.bounds[0][1]
        if is_alone and len(waiting) < _MAX_SAID:
            waiting.append(number)
            continue
        if run.rows and joint > 1 and (len(run.rows) < 2 or joint >= columns):
            are_names = own >= _WIDER * len(run.bounds) and _are_names(lines[number][1])
            is_over = own > joint or are_names
            is_over = is_over and len(run.rows) <= _MAX_OVER and _are_over(lines, run, own_mask)
            if not is_over and not _is_title(run, own_mask):
                if waiting:
                    run.among[run.rows[-1]] = waiting
                    waiting = []
                run.rows.append(number)
                run.mask, run.cuts, columns = both, cuts, joint
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
    _split_header(lines, run)
    if waiting and _are_said(lines, run):
        run.among[run.rows[-1]] = waiting[: len(next(iter(run.among.values())))]
    at = run.rows[0]
    for number in reversed(before[-_MAX_OVER:]):
        if number + 1 != at or not over_columns(lines[number][1], run.bounds):
            break
        run.over.insert(0, number)
        at = number
    return run


def _split_header(lines: Lines, run: Run) -> None:
    """Let the columns of the rows tell apart names above them that are a single space apart."""
    if len(run.rows) <= _MAX_OVER:
        return
    mask = 0
    for number in run.rows[1:]:
        mask |= _mask(lines[number][1], run.cuts)
    below = _bounds(mask, run.cuts)
    if len(below) >= _LEAST_NARROW and len(below) > len(run.bounds):
        name = lines[run.rows[0]][1]
        cuts = run.cuts | _cuts(name, below)
        mask |= _mask(name, cuts)
        if len(_bounds(mask, cuts)) == len(below):
            run.mask, run.cuts = mask, cuts


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


def _are_names(text: str) -> bool:
    return all(_is_name(text[slice(*place)]) for place in places_of(text))


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


def _mask(text: str, cuts: int = 0) -> int:
    """Return the places of a line that are not in a gap, as bits.

    A gap has two spaces, or is a space that is one of the ``cuts``.
    """
    mask = 0
    for start, end in places_of(text):
        mask |= ((1 << (end - start)) - 1) << start
    if cuts & mask:
        mask &= ~sum(
            1 << n for n, sign in enumerate(text[:_MAX_WIDTH]) if sign in " \xa0" and cuts >> n & 1
        )
    return mask


def _before_values(text: str) -> int:
    """Return the places before the values of a line, as bits."""
    return sum(
        1 << start - 1 for start, end in places_of(text) if start and is_value(text[start:end])
    )


def _between(bounds: Sequence[Range]) -> int:
    """Return the places between columns, as bits."""
    return sum((1 << right) - (1 << left) for (_, left), (right, _) in pairwise(bounds))


def _cuts(text: str, bounds: Sequence[Range]) -> int:
    """Return the spaces of a line that separate two columns although they are alone, as bits.

    The words on both sides are each in one of these columns, and no other word is beside them.
    """
    cuts = 0
    for start, end in places_of(text):
        words = [(start + w.start(), start + w.end()) for w in _WORD.finditer(text[start:end])]
        columns = [
            [n for n, (left, right) in enumerate(bounds) if left < last and first < right]
            for first, last in words
        ]
        numbers = [each[0] for each in columns if len(each) == 1]
        if len(numbers) == len(words) > 1 and numbers == [*range(numbers[0], numbers[-1] + 1)]:
            cuts |= sum(1 << last for _, last in words[:-1])
    return cuts


def _bounds(mask: int, cuts: int = 0) -> list[Range]:
    if not mask:
        return []
    bits = bin(mask)[2:][::-1]
    if cuts := cuts & ~mask:
        bits = "".join("2" if cuts >> place & 1 else bit for place, bit in enumerate(bits))
    return [found.span() for found in _COLUMN.finditer(bits)]
