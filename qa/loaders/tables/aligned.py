"""Find tables in plain text: columns that spaces align, or that tabs, bars or colons separate.

Prose is no table, also where two spaces follow each sentence or fill a line: a gap has to be at
one place in all rows, and the cells short.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from statistics import mean

from qa.loaders.extracted import Range
from qa.loaders.tables.colons import are_columns, colons_in
from qa.loaders.tables.figures import tables_of_figures
from qa.loaders.tables.grid import header_rows, is_value
from qa.loaders.tables.pairs import has_pairs, pairs_of
from qa.loaders.tables.totals import is_total

_CELLS = re.compile(r"\S+(?:[ \xa0]\S+)*")
_RULE = re.compile(r"[\s|+=_–—:*─-]+")
_STROKE = re.compile(r"[=_–—─-]{3}")
_MARK = re.compile(r".*:|\(?\w{1,3}[.)]|[-*•‣+o]|☐|☒|☑")
_LEAST_ROWS = 3
_MAX_COLUMNS = 30
_MAX_WIDTH = 400
# What the cells of a table are like: so many of them filled, in so many rows more than one, with
# words on average, so few of them long, and aligned with the others of their column.
_FILLED, _SEVERAL, _NAMED = 0.6, 0.75, 0.75
_MEAN_WORDS, _MAX_WORDS, _MAX_LONG = 3.5, 8, 0.1
_ALIGNED = 0.7
# With two columns it takes this more: few values that begin like the middle of a sentence.
_MAX_LOWER = 0.4


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


def is_rule(line: str) -> bool:
    """Return whether a line only separates the rows of a table: "----  ----", "+----+----+"."""
    return _RULE.fullmatch(line) is not None and _STROKE.search(line) is not None


def aligned_rows(lines: Sequence[tuple[int, str]]) -> Iterator[AlignedRow]:
    """Yield the rows of all tables in lines without line breaks, each with its start in the text.

    Lines are next to one another; an empty one ends a table.
    """
    numbers = count(1)
    for sign in ("\t", "|", "", "figures", ":"):
        taken: set[int] = set()
        for group in _groups(lines):
            for row in _found(lines, group, sign, numbers):
                yield row
                taken.add(row.line)
        lines = [(start, "" if n in taken else text) for n, (start, text) in enumerate(lines)]


def _found(
    lines: Sequence[tuple[int, str]], group: Sequence[int], sign: str, numbers: Iterator[int]
) -> Iterator[AlignedRow]:
    """Yield the rows of the tables that one way of separating cells finds, numbered in turn."""
    if sign != "figures":
        for table, ruled in _tables(lines, group, sign):
            yield from _rows(lines, table, next(numbers), ruled=ruled)
        return
    for table, is_named in tables_of_figures(lines, group):
        which = next(numbers)
        for place, (number, cells) in enumerate(table):
            yield AlignedRow(number, which, is_named and not place, cells)


def _groups(lines: Sequence[tuple[int, str]]) -> Iterator[list[int]]:
    """Yield the numbers of lines between empty ones, if there are enough."""
    group: list[int] = []
    for number, (_, text) in enumerate([*lines, (0, "")]):
        if text.strip():
            group.append(number)
            continue
        if len(group) >= _LEAST_ROWS:
            yield group
        group = []


_Table = list[tuple[int, tuple[Range, ...]]]


def _tables(
    lines: Sequence[tuple[int, str]], group: Sequence[int], sign: str
) -> Iterator[tuple[_Table, bool]]:
    """Yield tables: each line's number and cells, and whether a rule is below the first line."""
    run: list[int] = []
    rules: set[int] = set()
    columns = -1
    mask = 0

    def found() -> Iterator[tuple[_Table, bool]]:
        rows = _without_titles([(n, _cells(lines[n], sign, mask)) for n in run])
        if len(rows) >= _LEAST_ROWS and _is_table(lines, rows, sign):
            yield rows, rows[0][0] + 1 in rules

    for number in group:
        text = lines[number][1]
        if is_rule(text):
            rules.add(number)
            continue
        if sign:
            own = _separators(text, sign)
            if own and own == columns:
                run.append(number)
                continue
            yield from found()
            run, columns = ([number], own) if own else ([], -1)
            continue
        own_mask = _mask(text)
        both = mask | own_mask
        own = _columns_of(both)
        if run and own > 1 and (len(run) < 2 or own >= columns):
            run.append(number)
            mask, columns = both, own
            continue
        yield from found()
        run, mask, columns = [number], own_mask, _columns_of(own_mask)
    yield from found()


def _separators(text: str, sign: str) -> int:
    """Return how many signs separate the cells of a line."""
    if sign == ":":
        return colons_in(text.rstrip())
    return text.strip(" |").count(sign) if sign == "|" else text.rstrip().count(sign)


def _without_titles(rows: _Table) -> _Table:
    """Return rows without those of one cell before and after the others."""
    several = [n for n, (_, cells) in enumerate(rows) if sum(a < b for a, b in cells) > 1]
    return rows[several[0] : several[-1] + 1] if several else []


def _mask(text: str) -> int:
    """Return the places of a line that are not in a gap of two spaces, as bits."""
    mask = 0
    for word in _CELLS.finditer(text[:_MAX_WIDTH]):
        mask |= ((1 << (word.end() - word.start())) - 1) << word.start()
    return mask


def _bounds(mask: int) -> list[Range]:
    """Return the columns that gaps of two places separate."""
    bits = bin(mask)[2:][::-1]
    return [found.span() for found in re.finditer(r"1+(?:01+)*", bits)]


def _columns_of(mask: int) -> int:
    return len(_bounds(mask))


def _cells(line: tuple[int, str], sign: str, mask: int) -> tuple[Range, ...]:
    """Return the places of a line's cells in the text."""
    start, text = line
    if sign:
        outer = len(text) - len(text.lstrip(" |")) if sign == "|" else 0
        edges = [outer - 1, *(m.start() for m in re.finditer(re.escape(sign), text)), len(text)]
        edges = [edge for edge in edges if edge >= outer - 1]
        if sign == "|" and text.rstrip().endswith("|"):
            edges = edges[:-1]
        places = [(left + 1, right) for left, right in pairwise(edges)]
    else:
        bounds = _bounds(mask)
        ends = [left for left, _ in bounds[1:]] + [len(text)]
        places = [(left, end) for (left, _), end in zip(bounds, ends, strict=True)]
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
        or sum(named) < _NAMED * len(named)
        or mean(counts) > _MEAN_WORDS
        or sum(count > _MAX_WORDS for count in counts) > _MAX_LONG * len(counts)
        or sum(any(map(str.isalnum, cell)) for cell in filled) < _SEVERAL * len(filled)
    ):
        return False
    if sign == ":":
        return are_columns(texts)
    if sign:
        return True
    if width == 2 and (
        sum(row[1][:1].islower() for row in texts) > _MAX_LOWER * len(texts)
        # Keys and values, or a list.
        or 2 * sum(_MARK.fullmatch(row[0]) is not None for row in texts) > len(texts)
    ):
        return False
    return all(_is_aligned(lines, rows, column) for column in range(width))


def _is_aligned(lines: Sequence[tuple[int, str]], rows: _Table, column: int) -> bool:
    """Return whether most cells of a column begin, or end, at one place of their lines."""
    places = [
        (cells[column][0] - lines[number][0], cells[column][1] - lines[number][0])
        for number, cells in rows
        if cells[column][0] < cells[column][1]
    ]
    if not places:
        return True
    usual = max(max(Counter(side).values()) for side in zip(*places, strict=True))
    return usual >= _ALIGNED * len(places)


def _rows(
    lines: Sequence[tuple[int, str]], table: _Table, count: int, *, ruled: bool
) -> Iterator[AlignedRow]:
    texts = [_texts(lines[number], cells) for number, cells in table]
    if not ruled and has_pairs(texts):
        for number, cells in table:
            for pair in filter(_has_text, pairs_of(cells)):
                yield AlignedRow(number, count, False, pair)
        return
    headers = header_rows(texts, is_likely=ruled)
    above: Sequence[str] = ()
    for place, ((number, cells), words) in enumerate(zip(table, texts, strict=True)):
        if place >= headers and (name := is_total(words, above, is_value)):
            cells = (cells[name],) * name + cells[name:]
        else:
            above = words
        yield AlignedRow(number, count, place < headers, cells)


def _has_text(cells: Sequence[Range]) -> bool:
    return any(start < end for start, end in cells)


def _texts(line: tuple[int, str], cells: Sequence[Range]) -> list[str]:
    start, text = line
    return [text[left - start : right - start] for left, right in cells]
