"""Find tables in plain text: columns that spaces align, or that tabs, bars or colons separate.

Prose is no table, also where two spaces follow each sentence or fill a line: a gap has to be at
one place in all rows, and the cells short.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, pairwise
from statistics import mean

from qa.loaders.extracted import Range
from qa.loaders.lines.beside import are_beside
from qa.loaders.lines.colons import are_columns, colons_in
from qa.loaders.lines.figures import tables_of_figures
from qa.loaders.lines.rules import is_rule, unboxed
from qa.loaders.lines.spaced import (
    Lines,
    Run,
    cells_of,
    continues,
    over_columns,
    places_of,
    runs,
    said_below,
)
from qa.loaders.tables.grid import Cell, count_headers, is_value
from qa.loaders.tables.groups import inherited
from qa.loaders.tables.pairs import has_pairs, pairs_of
from qa.loaders.tables.totals import is_total

_MARK = re.compile(r".*:|\(?\w{1,3}[.)]|[-*•‣+o]|☐|☒|☑")
_LEAST_ROWS = 3
_MAX_GROUP_WORDS = 4
# So many columns has a table that goes on below an empty line.
_LEAST_ON = 3
_MAX_COLUMNS = 30
# What the cells of a table are like: so many of them filled, in so many rows more than one, with
# words on average, so few of them long, and aligned with the others of their column.
_FILLED, _SEVERAL, _NAMED = 0.6, 0.75, 0.75
_MEAN_WORDS, _MAX_WORDS, _MAX_LONG = 3.5, 8, 0.1
_ALIGNED = 0.7
# With two columns it takes this more: few values that begin like the middle of a sentence.
_MAX_LOWER = 0.4

_Table = list[tuple[int, tuple[Range, ...]]]


@dataclass(frozen=True, slots=True)
class _Above:
    """A table whose rows may go on: its columns, its number, and the names of these."""

    mask: int
    table: int
    names: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class AlignedRow:
    """A row, given as the number of its line among those searched, with its cells in the text.

    ``table`` counts from 1; an empty cell is ``(x, x)``. A line of a form has several rows, one
    for each of its names with its value.
    """

    line: int
    table: int
    is_header: bool
    cells: tuple[Range, ...]

    def extent(self, start: int) -> Range:
        """Return where its own words begin and end, in a line that begins at ``start``.

        Empty cells, and those that have what stands above the line, are none of these.
        """
        own = [(left, right) for left, right in self.cells if start <= left < right]
        return own[0][0], own[-1][1]


def aligned_rows(lines: Lines) -> Iterator[AlignedRow]:
    """Yield the rows of all tables in lines without line breaks, each with its start in the text.

    Lines are next to one another; an empty one ends a table, but for one of aligned columns.
    """
    lines = [(start, unboxed(text)) for start, text in lines]
    numbers = count(1)
    for find in (
        partial(_separated, sign="\t"),
        partial(_separated, sign="|"),
        _spaced,
        _of_figures,
        partial(_separated, sign=":"),
    ):
        taken: set[int] = set()
        for row in find(lines, numbers):
            yield row
            taken.add(row.line)
        lines = [(start, "" if n in taken else text) for n, (start, text) in enumerate(lines)]


def _separated(lines: Lines, numbers: Iterator[int], *, sign: str) -> Iterator[AlignedRow]:
    """Yield the rows of tables whose cells a sign separates."""
    for group in _groups(lines):
        for table, ruled in _tables(lines, group, sign):
            boxed = _is_boxed(lines[table[0][0]][1], sign)
            yield from _rows(lines, table, next(numbers), ruled=ruled, boxed=boxed)


def _of_figures(lines: Lines, numbers: Iterator[int]) -> Iterator[AlignedRow]:
    for group in _groups(lines):
        for table, is_named in tables_of_figures(lines, group):
            which = next(numbers)
            for place, (number, cells) in enumerate(table):
                yield AlignedRow(number, which, is_named and not place, cells)


def _spaced(lines: Lines, numbers: Iterator[int]) -> Iterator[AlignedRow]:
    """Yield the rows of tables whose columns spaces align."""
    above: _Above | None = None
    for group in _groups(lines, least=1):
        found = list(runs(lines, group))
        if above and len(found) == 1 and (rows := list(_continuing(lines, group, found[0], above))):
            yield from rows
            continue
        above = None
        for run in found:
            table = _without_titles([(n, cells_of(lines[n], run.bounds)) for n in run.rows])
            if len(table) < _LEAST_ROWS or not _is_table(lines, table, ""):
                continue
            which = next(numbers)
            rows = list(_with_others(lines, run, table, which))
            yield from rows
            full = [row.cells for row in rows if row.is_header and len(row.cells) > 1]
            above = _Above(run.mask, which, full[-1] if full else ())


def _continuing(
    lines: Lines, group: Sequence[int], run: Run, above: _Above
) -> Iterator[AlignedRow]:
    """Yield the rows of a table that go on below an empty line, perhaps below a name of theirs.

    Nothing else is there, and the rows have no header of their own.
    """
    others = [number for number in group if number not in run.rows and number not in run.rules]
    said = said_below(lines, run)
    known = {number for each in run.among.values() for number in each}
    title = [number for number in others if number not in known]
    both = continues(above.mask, lines, run.rows)
    if not both or len(title) > 1 or (title and title[0] > run.rows[0]):
        return
    bounds = Run(mask=both).bounds
    table = [(n, cells_of(lines[n], bounds)) for n in run.rows]
    texts = [_texts(lines[n], cells) for n, cells in table]
    if not all(row[0] for row in texts) or len(bounds) < _LEAST_ON:
        return
    if not any(is_value(cell) for row in texts for cell in row[1:] if cell) or (
        len(texts) > 1 and _count_headers(texts)
    ):
        return
    if title and len(lines[title[0]][1].split()) > _MAX_WORDS:
        return
    for number in title:
        yield _group(lines, number, above.names, above.table)
    for number, cells in table:
        yield AlignedRow(number, above.table, False, cells)
        yield from _below(lines, run, number, cells, said, above)


def _with_others(lines: Lines, run: Run, table: _Table, which: int) -> Iterator[AlignedRow]:
    """Yield the rows of a table, the names above it and what stands among its rows."""
    ruled = any(number in run.rules for number in range(table[0][0] + 1, table[1][0]))
    start, text = lines[run.over[-1]] if run.over else (0, "")
    titles = [(start + left, start + right) for left, right in places_of(text)]
    rows = list(_rows(lines, table, which, ruled=ruled, titles=titles))
    is_first = table[0][0] == run.rows[0]
    if is_first and len(rows[0].cells) == len(run.bounds):
        for number in run.over:
            start, text = lines[number]
            over = over_columns(text, run.bounds)
            if len(over) < 2 and not rows[0].is_header:
                continue
            names = places_of(text)
            cells = [(start, start)] * len(run.bounds)
            for (left, right), (first, last) in zip(names, over, strict=True):
                for column in range(first, last + 1):
                    cells[column] = start + left, start + right
            yield AlignedRow(number, which, True, tuple(cells))
    said = said_below(lines, run)
    named = [row.cells for row in rows if row.is_header]
    above = _Above(run.mask, which, named[-1] if named else ())
    for row in rows:
        yield row
        yield from _below(lines, run, row.line, row.cells, said, above)


def _below(
    lines: Lines,
    run: Run,
    number: int,
    cells: Sequence[Range],
    said: Mapping[int, Sequence[int]],
    above: _Above,
) -> Iterator[AlignedRow]:
    """Yield the lines of one cell below a row: what is said of its first cell, or other names."""
    for below in run.among.get(number, ()):
        own = _whole(lines[below])
        if number in said:
            empty = ((own[0], own[0]),) * (len(run.bounds) - 1)
            yield AlignedRow(below, above.table, False, (cells[0], *empty, own))
        else:
            yield _group(lines, below, above.names, above.table)


def _group(lines: Lines, number: int, names: Sequence[Range], which: int) -> AlignedRow:
    """Return the row of a line of one cell; one that names rows is a header of theirs."""
    own = _whole(lines[number])
    text = lines[number][1].strip()
    is_name = text[:1].isupper() and text[-1:].isalpha() and len(text.split()) <= _MAX_GROUP_WORDS
    if is_name and len(names) > 1:
        return AlignedRow(number, which, True, (own, *names[1:]))
    return AlignedRow(number, which, False, (own,))


def _whole(line: tuple[int, str]) -> Range:
    """Return the place of all words of a line."""
    start, text = line
    left = len(text) - len(text.lstrip())
    return start + left, start + max(left, len(text.rstrip()))


def _groups(lines: Lines, least: int = _LEAST_ROWS) -> Iterator[list[int]]:
    """Yield the numbers of lines between empty ones, if there are enough."""
    group: list[int] = []
    for number, (_, text) in enumerate([*lines, (0, "")]):
        if text.strip():
            group.append(number)
            continue
        if len(group) >= least:
            yield group
        group = []


def _tables(
    lines: Sequence[tuple[int, str]], group: Sequence[int], sign: str
) -> Iterator[tuple[_Table, bool]]:
    """Yield tables: each line's number and cells, and whether a rule is below the first line."""
    run: list[int] = []
    rules: set[int] = set()
    columns = -1

    def found() -> Iterator[tuple[_Table, bool]]:
        rows = _without_titles([(n, _cells(lines[n], sign)) for n in run])
        if len(rows) >= _LEAST_ROWS and _is_table(lines, rows, sign):
            yield rows, rows[0][0] + 1 in rules

    for number in group:
        text = lines[number][1]
        if is_rule(text):
            rules.add(number)
            continue
        own = _separators(text, sign)
        if own and own == columns:
            run.append(number)
            continue
        yield from found()
        run, columns = ([number], own) if own else ([], -1)
    yield from found()


def _separators(text: str, sign: str) -> int:
    """Return how many signs separate the cells of a line."""
    if sign == ":":
        return colons_in(text.rstrip())
    if _is_boxed(text, sign):
        return text.count(sign) - 2
    return text.strip(" |").count(sign) if sign == "|" else text.rstrip().count(sign)


def _is_boxed(text: str, sign: str) -> bool:
    """Return whether a bar is at both ends of a line, beside cells that may be empty."""
    text = text.strip()
    return sign == "|" and len(text) > 1 and text[0] == text[-1] == "|"


def _without_titles(rows: _Table) -> _Table:
    """Return rows without those of one cell before and after the others."""
    several = [n for n, (_, cells) in enumerate(rows) if sum(a < b for a, b in cells) > 1]
    return rows[several[0] : several[-1] + 1] if several else []


def _cells(line: tuple[int, str], sign: str) -> tuple[Range, ...]:
    """Return the places in the text of the cells of a line that a sign separates."""
    start, text = line
    outer = len(text) - len(text.lstrip(" |")) if sign == "|" else 0
    if _is_boxed(text, sign):
        outer = text.index("|") + 1
    edges = [outer - 1, *(m.start() for m in re.finditer(re.escape(sign), text)), len(text)]
    edges = [edge for edge in edges if edge >= outer - 1]
    if outer and edges[1] == outer - 1:
        edges = edges[1:]
    if sign == "|" and text.rstrip().endswith("|"):
        edges = edges[:-1]
    places = [(left + 1, right) for left, right in pairwise(edges)]
    cells = []
    for left, right in places:
        words = text[left:right]
        begin = left + len(words) - len(words.lstrip())
        end = left + len(words.rstrip())
        empty = min(left, len(text.rstrip()))
        cells.append(
            (start + begin, start + end) if begin < end else (start + empty, start + empty)
        )
    return tuple(cells)


def _is_table(lines: Sequence[tuple[int, str]], rows: _Table, sign: str) -> bool:
    """Return whether rows are those of a table and no prose."""
    width = len(rows[0][1])
    if not 1 < width <= _MAX_COLUMNS:
        return False
    texts = [_texts(lines[number], cells) for number, cells in rows]
    filled = [cell for row in texts for cell in row if cell]
    counts = [len(cell.split()) for cell in filled]
    named = [bool(row[0]) for row in texts]
    while 2 * len(named) > len(texts) and not named[-1]:  # totals have their name elsewhere
        named.pop()
    if (
        len(filled) < _FILLED * width * len(rows)
        or sum(sum(map(bool, row)) > 1 for row in texts) < _SEVERAL * len(rows)
        or (sum(named) < _NAMED * len(named) and not inherited(texts, _values(texts)))
        or mean(counts) > _MEAN_WORDS
        or sum(count > _MAX_WORDS for count in counts) > _MAX_LONG * len(counts)
        or sum(any(map(str.isalnum, cell)) for cell in filled) < _SEVERAL * len(filled)
    ):
        return False
    if sign == ":":
        return are_columns(texts)
    if sign:
        return True
    signs = sum(row[1].startswith((":", "=")) for row in texts)
    if 2 * signs >= len([row for row in texts if row[1]]):
        return False  # keys, values and the signs between them
    if are_beside(texts):
        return False
    if width == 2 and (
        sum(row[1][:1].islower() for row in texts) > _MAX_LOWER * len(texts)
        # Keys and values, or a list.
        or 2 * sum(_MARK.fullmatch(row[0]) is not None for row in texts) > len(texts)
    ):
        return False
    if all(_is_aligned(lines, rows, column) for column in range(width)):
        return True
    # The names of totals are not in the columns.
    are_totals = all(is_value(next(filter(None, row[::-1]))) for row in texts[len(named) :])
    return _LEAST_ROWS <= len(named) < len(rows) and all(
        [are_totals, *(_is_aligned(lines, rows[: len(named)], n) for n in range(width))]
    )


def _is_aligned(lines: Sequence[tuple[int, str]], rows: _Table, column: int) -> bool:
    """Return whether most cells of a column begin, or end, at one place of their lines."""
    places = [
        (cells[column][0] - lines[number][0], cells[column][1] - lines[number][0])
        for number, cells in rows
        if cells[column][0] < cells[column][1]
    ]
    below = places[1:] if len(rows) > _LEAST_ROWS else []  # a name may be wider than its values
    return not places or any(
        max(max(Counter(side).values()) for side in zip(*each, strict=True)) >= _ALIGNED * len(each)
        for each in (places, below)
        if each
    )


def _apart(table: _Table, width: int, titles: Sequence[Range], count: int) -> Iterator[AlignedRow]:
    """Yield the rows of tables beside one another, those of a line from left to right.

    The names of the columns are the same in all; a title above each names its rows.
    """
    (line, names), *below = table
    start = names[0][0]
    is_titled = len(titles) * width == len(names)
    yield AlignedRow(line, count, True, ((start, start),) * is_titled + names[:width])
    for number, cells in below:
        for part, first in enumerate(range(0, len(names), width)):
            own = cells[first : first + width]
            if _has_text(own):
                yield AlignedRow(number, count, False, (*titles[part : part + is_titled], *own))


def _rows(
    lines: Lines,
    table: _Table,
    count: int,
    *,
    ruled: bool,
    boxed: bool = False,
    titles: Sequence[Range] = (),
) -> Iterator[AlignedRow]:
    """Yield the rows of a table; in one that is ``boxed`` cells may go on in the next line.

    ``titles`` stand above tables that are beside one another.
    """
    texts = [_texts(lines[number], cells) for number, cells in table]
    if width := _repeated(texts):
        yield from _apart(table, width, titles, count)
        return
    if not ruled and has_pairs(texts):
        for number, cells in table:
            for pair in filter(_has_text, pairs_of(cells)):
                yield AlignedRow(number, count, False, pair)
        return
    headers = _count_headers(texts, ruled=ruled)
    below = texts[headers:]
    named = inherited(below, _values(below))
    above: Sequence[str] = ()
    for place, ((number, cells), words) in enumerate(zip(table, texts, strict=True)):
        if place >= headers and (name := is_total(words, above, is_value)):
            cells = (cells[name],) * name + cells[name:]
        elif place - headers in named:
            row, first = named[place - headers]
            cells = table[headers + row][1][:first] + cells[first:]
        elif boxed and place > headers and not words[0]:
            cells = table[place - 1][1][:1] + cells[1:]
        else:
            above = words
        yield AlignedRow(number, count, place < headers, cells)


def _repeated(texts: Sequence[Sequence[str]]) -> int:
    """Return how many columns have tables beside one another with the same names, 0 without."""
    names = texts[0]
    for width in range(2, len(names) // 2 + 1):
        times, rest = divmod(len(names), width)
        own = names[:width]
        if not rest and list(names) == list(own) * times and len(set(own)) == width:
            is_named = all(own) and not any(map(is_value, own))
            return width if is_named and _count_headers([row[:width] for row in texts]) else 0
    return 0


def _values(texts: Sequence[Sequence[str]]) -> set[tuple[int, int]]:
    """Return the rows and columns of the cells that are values and no names."""
    return {(n, c) for n, row in enumerate(texts) for c, cell in enumerate(row) if is_value(cell)}


def _count_headers(texts: Sequence[Sequence[str]], *, ruled: bool = False) -> int:
    return count_headers([[Cell(text) for text in row] for row in texts], is_likely=ruled)


def _has_text(cells: Sequence[Range]) -> bool:
    return any(start < end for start, end in cells)


def _texts(line: tuple[int, str], cells: Sequence[Range]) -> list[str]:
    start, text = line
    return [text[left - start : right - start] for left, right in cells]
