"""Find the tables in a sheet of cells, where people put several of them, titles and notes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from qa.loaders.extracted import TextBuilder
from qa.loaders.tables.grid import (
    SAMPLE_ROWS,
    Cell,
    Grid,
    count_headers,
    has_values_below,
    have_values,
    is_value,
    value_columns,
)

# A row of a sheet: its number, and its cells that are not empty, by their column. A place that a
# cell of a row above covers has a cell that goes over 0 columns.
Row = tuple[int, Mapping[int, Cell]]
_MIN_COLUMNS = 2
_MAX_ROWS_COVERED = 10_000
# Longer texts below a table are notes on it and no cells.
_MAX_CELL_CHARACTERS = 80
# Notes above a table, whose cells no name belongs to, have so many rows.
_MAX_ABOVE = 8
_LEAST_NAMED = 3


class Covered:
    """The places of a sheet that merged cells above them cover."""

    def __init__(self) -> None:
        self._columns: dict[int, list[int]] = {}

    def add(self, row: int, column: int, cell: Cell) -> None:
        """Note the places below a cell that it covers."""
        for below in range(row + 1, row + min(cell.down, _MAX_ROWS_COVERED)):
            self._columns.setdefault(below, []).extend(range(column, column + cell.across))

    def places(self, row: int) -> dict[int, Cell]:
        """Return the covered places of a row, which is not asked for again."""
        return {column: Cell("", 0) for column in self._columns.pop(row, ())}


class Sheet:
    """Appends a sheet, row by row; rows come in order, and empty ones are left out.

    ``headers`` are the numbers of rows that are marked as naming columns.
    """

    def __init__(self, builder: TextBuilder, headers: Collection[int] = ()) -> None:
        self._marked = headers
        self._builder = builder
        self._columns: list[int] = []
        self._header: list[str] = []
        self._values: set[int] = set()  # the positions of columns that have values alone
        self._grid = Grid(builder)
        self._texts: list[str] = []  # of rows with one cell, read and not yet appended

    def add(self, rows: Iterable[Row]) -> None:
        """Append all tables of a sheet; an empty row ends one, and so may an empty column."""
        for group in _groups(iter(rows)):
            sample = list(islice(group, SAMPLE_ROWS))
            blocks = _blocks(sample)
            following = next(group, None)
            if following is not None or len(blocks) == 1 or self._has_room_for(blocks, sample):
                columns = [column for block in blocks for column in block]
                rest = () if following is None else chain([following], group)
                self._add_table(columns, sample, rest)
            else:
                for columns in blocks:
                    inner = [(n, {c: row[c] for c in columns if c in row}) for n, row in sample]
                    self._add_table(columns, [each for each in inner if each[1]], ())
        self._add_texts()

    def _add_table(self, columns: Sequence[int], sample: list[Row], rest: Iterable[Row]) -> None:
        """Append a table: a title above it, its header, its rows, notes below it."""
        first = next((n for n, (_, row) in enumerate(sample) if len(_filled(row)) > 1), len(sample))
        titles = [cell.text for _, row in sample[:first] for cell in _filled(row)]
        sample = sample[first:]
        if not sample:
            self._add_texts()
            self._texts = titles  # and an empty row may follow a title
            return
        titles = [*self._texts, *titles]
        self._add_texts(titles)
        below = bool(self._header) and not titles
        if below and self._continues(columns, sample):
            columns, headers = self._columns, 0  # an empty row within the table
        else:
            cells = [_cells(row, columns) for _, row in sample]
            headers = self._count_headers(sample, cells)
            above = 0 if headers else self._rows_above(sample, cells)
            if above:
                self._grid = Grid(self._builder)
                self._add_rows(columns, sample[:above])
                sample, cells = sample[above:], cells[above:]
                headers = self._count_headers(sample, cells)
            if below and not has_values_below(cells) and _is_sparse(sample):
                headers = 0  # notes on the table, or totals
            self._columns = list(columns)
            self._header = [cell.text for cell in cells[0]] if headers else []
            self._values = value_columns(cells[headers:])
            self._grid = Grid.of(self._builder, cells, headers)
            for row in cells[:headers]:
                self._grid.add(row, header=True)
        self._add_rows(columns, chain(sample[headers:], rest))

    def _count_headers(self, sample: Sequence[Row], cells: Sequence[Sequence[Cell]]) -> int:
        """Return how many rows name the columns, or those that have names.

        What is noted beside a table has none, and stands in few rows.
        """
        is_likely = sample[0][0] in self._marked
        headers = count_headers(cells, is_likely=is_likely)
        names = [cell.text for cell in cells[0]]
        named = next((n for n, name in enumerate(names) if not name), len(names))
        if headers or named < _LEAST_NAMED or any(names[named:]):
            return headers
        beside = sum(any(cell.text for cell in row[named:]) for row in cells)
        if 2 * beside > len(cells):
            return 0
        return count_headers([row[:named] for row in cells], is_likely=is_likely)

    def _rows_above(self, sample: Sequence[Row], cells: Sequence[Sequence[Cell]]) -> int:
        """Return how many rows stand above the names of columns: notes, or keys and values.

        They leave some columns out, and the row of names none.
        """
        for number, row in enumerate(cells[:_MAX_ABOVE]):
            if len(row) < _LEAST_NAMED or not all(cell.text for cell in row):
                continue
            if any(cell.across > 1 or cell.down > 1 for cell in row):
                continue
            is_marked = sample[number][0] in self._marked
            is_header = count_headers(cells[number:], is_likely=is_marked) > 0
            sure = is_marked or has_values_below(cells[number:])
            return number if is_header and sure else 0
        return 0

    def _has_room_for(self, blocks: Sequence[Sequence[int]], sample: Sequence[Row]) -> bool:
        """Return whether blocks of cells below a table are rows that leave out some columns.

        Of tables beside one another each has two rows.
        """
        inside = {column for block in blocks for column in block} <= set(self._columns)
        return (
            inside
            and bool(self._header)
            and any(
                sum(not row.keys().isdisjoint(block) for _, row in sample) < 2 for block in blocks
            )
        )

    def _continues(self, columns: Sequence[int], sample: Sequence[Row]) -> bool:
        """Return whether rows below an empty one belong to the table above, by what is in them."""
        if not set(columns) <= set(self._columns):
            return False
        if len(self._header) >= _LEAST_NAMED and _are_pairs(self._columns, sample):
            return False
        cells = [_cells(row, self._columns) for _, row in sample]
        if self._grid.is_week(cells[0]):
            return True
        if [cell.text for cell in cells[0]] == self._header or has_values_below(cells):
            return False
        return have_values(cells, self._values)

    def _add_texts(self, titles: Sequence[str] = ()) -> None:
        """Append what stands above a table: its title, and other texts."""
        for number, text in enumerate(titles or self._texts):
            if titles and not number and len(text) <= _MAX_CELL_CHARACTERS:
                self._builder.add(text, "heading", level=2)
            else:
                self._builder.add_content(text)
        self._texts = []

    def _add_rows(self, columns: Sequence[int], rows: Iterable[Row]) -> None:
        held: list[Row] = []  # long texts alone in their row: notes, if no more rows follow
        for number, row in rows:
            filled = _filled(row)
            if len(filled) == 1 and len(filled[0].text) > _MAX_CELL_CHARACTERS:
                held.append((number, row))
                continue
            for _, other in [*held, (number, row)]:
                self._grid.add(_cells(other, columns))
            held.clear()
        for _, row in held:
            self._builder.add_content(_filled(row)[0].text)


def _groups(rows: Iterator[Row]) -> Iterator[Iterator[Row]]:
    """Yield the rows between empty ones; each group is to be read before the next."""
    following = next(rows, None)

    def group() -> Iterator[Row]:
        nonlocal following
        while following is not None:
            number, row = following
            yield following
            end = number + max((cell.down for cell in row.values()), default=1)
            following = next(rows, None)
            if following is not None and following[0] > end:
                return

    while following is not None:
        current = group()
        yield current
        for _ in current:
            pass


def _blocks(rows: Sequence[Row]) -> list[list[int]]:
    """Return the columns of each table beside another: an empty column is between them.

    A single column between empty ones belongs to its neighbour, as the values of a form do.
    """
    used: set[int] = set()
    for _, row in rows:
        alone = len(_filled(row)) == 1  # a title may be merged over several tables
        for column, cell in row.items():
            used |= set(range(column, column + (1 if alone else max(cell.across, 1))))
    blocks: list[list[int]] = []
    for column in sorted(used):
        if blocks and column == blocks[-1][-1] + 1:
            blocks[-1].append(column)
        else:
            blocks.append([column])
    if any(len(block) < _MIN_COLUMNS for block in blocks):
        return [sorted(used)]
    joined = blocks[:1]
    for block in blocks[1:]:
        if _are_values_of(joined[-1], block, rows):
            joined[-1] = [*joined[-1], *block]
        else:
            joined.append(block)
    return joined


def _are_values_of(left: Sequence[int], right: Sequence[int], rows: Sequence[Row]) -> bool:
    """Return whether columns have nothing but values in the rows of a table to their left.

    A table of its own would name its rows.
    """
    below = [row for _, row in rows if left[0] in row and right[0] in row][1:]
    values = [row[column].text.strip() for row in below for column in right if column in row]
    return len(below) > 1 and all(map(is_value, values))


def _filled(row: Mapping[int, Cell]) -> list[Cell]:
    return [cell for cell in row.values() if cell.across]


def _are_pairs(columns: Sequence[int], sample: Sequence[Row]) -> bool:
    """Return whether rows have cells in the first two columns alone: names with their values."""
    return all({c for c, cell in row.items() if cell.across} == {*columns[:2]} for _, row in sample)


def _is_sparse(sample: Sequence[Row]) -> bool:
    """Return whether most rows have half the cells of the first, or fewer."""
    first, *below = (len(_filled(row)) for _, row in sample)
    return sum(2 * count <= first for count in below) > len(below) / 2


def _cells(row: Mapping[int, Cell], columns: Sequence[int]) -> list[Cell]:
    """Return the cells in the columns of a table, without those that another one covers."""
    cells = []
    end = -1
    for column in columns:
        cell = row.get(column)
        if cell is None and column >= end:
            cells.append(Cell(""))
        elif cell is not None and cell.across:
            cells.append(cell)
            end = column + cell.across
    return cells
