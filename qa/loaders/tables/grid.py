"""Append a table with merged cells, and find out which of its rows name its columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from qa.loaders.extracted import Range, TextBuilder
from qa.loaders.tables.first_row import is_of_values
from qa.loaders.tables.groups import are_grouped, shared
from qa.loaders.tables.pairs import has_pairs, pairs_of
from qa.loaders.tables.totals import is_total
from qa.loaders.tables.weeks import are_days_of, days_of, follows, is_calendar

_MAX_NAME_CHARACTERS = 60
# A value and no name: a number, with or without a unit or a currency, a date, a time.
_VALUE = re.compile(
    r"[^\w]*(?:(?:AUD|CAD|CHF|DKK|EUR|GBP|INR|JPY|NOK|PLN|SEK|USD|Rs\.?|kr\.?) ?)?"
    r"\d[\d.,:/\s–-]*+(?:%|‰|°?[A-Za-zµ€£$²³]{1,4})?\W*|[-–—]|[✓✗xX]"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_COUNT = re.compile(r"\d{1,2}")
_SIZE = re.compile(r"\d{1,4}(?:[.,]\d{1,2})? ?(?:[\"″”'′]|[a-zA-Z]{1,4})")
# A cell that has a label of its own.
_STATED = re.compile(r".*\w: \S")
# What names columns although it is a value.
_SCALES = (
    _YEAR,
    re.compile(r"\d{1,2}[:.]\d\d(?:\s?[ap]m)?", re.IGNORECASE),
    re.compile(r"\d{4}-\d\d-\d\d"),
    _COUNT,
    re.compile(r"\d{3,5}"),  # of trains or of rooms
    _SIZE,
)
_OF_ALL = re.compile(r"(?:grand |sub-?|all )?(?:total|sum|mean|average|change|change %)$", re.I)
_DIGITS = re.compile(r"\d+")
_BRACKETS = re.compile(r"\(.+\)|\[.+\]")
# Of names in two rows: so many words in each cell, and values below.
_MAX_WORDS = 2
_LEAST_VALUES = 2
_MAX_UNIT = 12
SAMPLE_ROWS = 50
MAX_COLUMNS = 16_384


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; ``across`` and ``down`` are the columns and rows that it covers."""

    text: str
    across: int = 1
    down: int = 1


class Grid:
    """Appends a table row by row; a cell that covers others has its value in each place.

    With ``pairs`` the rows are those of a form, and each name is in a row with its value alone;
    with ``groups`` a name is written once for several rows. In a ``calendar`` a row of days names
    the columns of the rows below it, within the names above it.
    """

    def __init__(
        self,
        builder: TextBuilder,
        *,
        pairs: bool = False,
        groups: bool = False,
        calendar: bool = False,
    ) -> None:
        self._builder = builder
        self._pairs = pairs and not calendar
        self._groups = groups and not calendar
        self._calendar = calendar
        self._last_day = 0
        self._named: tuple[Sequence[str], Sequence[Range]] = ((), ())  # the last row with a name
        self._above: Sequence[str] = ()  # the last row that is no total
        builder.begin_table()
        self._covered: dict[int, tuple[tuple[int, int], int]] = {}  # column: place, rows left

    @classmethod
    def of(cls, builder: TextBuilder, sample: Sequence[Sequence[Cell]], headers: int) -> Grid:
        """Return the kind of grid that a table is by its first rows, ``headers`` of names."""
        return cls(
            builder,
            pairs=not headers and is_form(sample),
            groups=bool(headers) and has_groups(sample[headers:]),
            calendar=has_weeks(sample),
        )

    def add(self, row: Sequence[Cell], *, header: bool = False) -> None:
        """Append a row; the cells that another one covers are left out of it."""
        week = [] if header else self._week(row)
        self._add(row, header=header or bool(week))
        if week:
            self._last_day = week[-1]
            self._builder.blocks[-1] = replace(self._builder.blocks[-1], depth=1)

    def is_week(self, row: Sequence[Cell]) -> bool:
        """Return whether a row of a calendar has the days of its next week."""
        return bool(self._week(row))

    def _week(self, row: Sequence[Cell]) -> list[int]:
        days = days_of([cell.text for cell in row]) if self._calendar else []
        return days if follows(days, self._last_day) else []

    def _add(self, row: Sequence[Cell], *, header: bool) -> None:
        if self._pairs and not header and len(row) > 2 and len(row) % 2 == 0:
            for name, value in pairs_of(row):
                self._builder.add_row([name.text, value.text])
            return
        if not self._covered and all(cell.across == cell.down == 1 for cell in row):
            texts: list[str | None] = [cell.text for cell in row]
            if not header:
                self._widen(texts)
            own: list[str | Range | None] = list(texts)
            words = [(text or "").strip() for text in texts]
            if self._groups and not header and not all(is_value(word) for word in words if word):
                above, known = self._named
                count = shared(words, above)
                own[:count] = known[:count]
            places = self._builder.add_row(own, header=header)
            if words and words[0] and not header:
                self._named = words, places
            return
        covered, self._covered = self._covered, {}
        cells: list[str | tuple[int, int] | None] = []
        below: dict[int, int] = {}  # by column, the rows that its cell covers below this one
        following = iter(row)
        while len(cells) < MAX_COLUMNS:
            column = len(cells)
            if column in covered:
                place, left = covered[column]
                cells.append(place)
                if left > 1:
                    self._covered[column] = place, left - 1
                continue
            cell = next(following, None)
            if cell is None:
                if not any(each > column for each in covered):
                    break
                cells.append("")
                continue
            across = min(max(cell.across, 1), MAX_COLUMNS - column)
            cells += [cell.text, *[None] * (across - 1)]
            if cell.down > 1:
                below |= dict.fromkeys(range(column, column + across), cell.down - 1)
        places = self._builder.add_row(cells, header=header)
        if places:
            self._covered |= {column: (places[column], left) for column, left in below.items()}

    def _widen(self, texts: list[str | None]) -> None:
        """Merge the name of a total with the empty cells before it."""
        cells = [text or "" for text in texts]
        if name := is_total(cells, self._above, is_value):
            texts[: name + 1] = [cells[name], *[None] * name]
        else:
            self._above = cells

    def skip(self) -> None:
        """Pass over a row whose cells are no text of the table."""
        covered = self._covered.items()
        self._covered = {column: (place, left - 1) for column, (place, left) in covered if left > 1}


def add_grid(
    rows: Sequence[Sequence[Cell]],
    builder: TextBuilder,
    *,
    headers: int | None = None,
    is_likely: bool = False,
) -> None:
    """Append a whole table.

    The first ``headers`` rows name the columns; None finds out how many do, and ``is_likely``
    tells that they were marked in some way. Rows of one cell above them are paragraphs.
    """
    first = next((n for n, row in enumerate(rows) if _filled(row) > 1), 0)
    for row in rows[:first]:
        for cell in row:
            builder.add_content(cell.text)
    rows = _without_empty_columns(rows[first:])
    if headers is not None:
        headers = max(headers - first, 0)
    else:
        headers = count_headers(rows[:SAMPLE_ROWS], is_likely=is_likely)
    sample = rows[:SAMPLE_ROWS]
    grid = Grid.of(builder, sample, headers)
    for number, row in enumerate(rows):
        grid.add(row, header=number < headers)


def _without_empty_columns(rows: Sequence[Sequence[Cell]]) -> list[Sequence[Cell]]:
    """Return rows without the empty cells behind the last column that has text.

    A sheet that is part of a slide has a thousand columns.
    """
    width = max((_width(row) for row in rows), default=0)
    return [_cut(row, width) for row in rows]


def _cut(row: Sequence[Cell], width: int) -> Sequence[Cell]:
    end = len(row)
    columns = sum(cell.across for cell in row)
    while end and not row[end - 1].text.strip() and columns - row[end - 1].across >= width:
        end -= 1
        columns -= row[end].across
    return row[:end]


def _width(row: Sequence[Cell]) -> int:
    """Return the number of columns up to the last cell with text."""
    columns = width = 0
    for cell in row:
        columns += cell.across
        width = columns if cell.text.strip() else width
    return width


def has_groups(rows: Sequence[Sequence[Cell]]) -> bool:
    """Return whether names are written once for several rows, in cells that are not merged."""
    return all(cell.across == cell.down == 1 for row in rows for cell in row) and are_grouped(
        [[cell.text.strip() for cell in row] for row in rows]
    )


def has_weeks(rows: Sequence[Sequence[Cell]]) -> bool:
    """Return whether rows are those of a calendar."""
    return is_calendar([[cell.text for cell in row] for row in rows])


def is_form(rows: Sequence[Sequence[Cell]]) -> bool:
    """Return whether rows consist of names and values in turn, two or more pairs in a row."""
    return all(cell.down == 1 for row in rows for cell in row) and has_pairs(
        [[cell.text for cell in row] for row in rows]
    )


def _filled(row: Sequence[Cell]) -> int:
    return sum(bool(cell.text.strip()) for cell in row)


def count_headers(rows: Sequence[Sequence[Cell]], *, is_likely: bool = False) -> int:
    """Return how many rows name the columns.

    A name over several columns has others below it, a row of units or remarks in brackets belongs
    to the names above it, and names of two words may be written into two rows. A form has none.
    """
    if not is_likely and is_form(rows):
        return 0
    if has_weeks(rows):
        return next(n for n, row in enumerate(rows) if days_of([cell.text for cell in row]))
    if len(rows) > 1 and len(rows[0]) > 1 and any(cell.across > 1 for cell in rows[0]):
        deepest = max(cell.down for cell in rows[0])
        below = 0
        if deepest == 1:
            below = int(_are_parts(rows)) or header_rows(_texts(rows[1:]), is_likely=is_likely)
        return deepest if 1 < deepest < len(rows) else below and 1 + below
    texts = _texts(rows)
    if _is_in_two_rows(texts):
        return 2
    headers = header_rows(texts, is_likely=is_likely)
    if len(texts) > 2 and are_days_of(texts[1], texts[0]):
        return 2
    if headers and len(texts) > 2 and (_is_in_brackets(texts[1]) or _are_units(texts[1:])):
        return 2
    return headers


def _are_parts(rows: Sequence[Sequence[Cell]]) -> bool:
    """Return whether the second row names the parts of what the merged cells of the first name.

    As in " | North | South" above "Grade | 2024 | 2025 | 2024 | 2025": below each merged cell are
    names, different ones, and values below these unless the names are the same each time, and
    nothing is below another name.
    """
    _, parts, *below = _texts(rows)
    begin, named = 0, set()
    repeated = _are_repeated(rows[0], parts)
    for cell in rows[0]:
        span = range(begin, begin + cell.across)
        begin += cell.across
        names = [parts[n].strip() for n in span if n < len(parts)]
        if cell.across == 1:
            if cell.text.strip() and any(names):
                return False
            continue
        values = [[row[n].strip() for n in span if n < len(row)] for row in below]
        if (
            len(names) < cell.across
            or not all(names)
            or len(set(names)) < len(names)
            or any(len(name) > _MAX_NAME_CHARACTERS or name.endswith(":") for name in names)
            or (any(map(is_value, names)) and not is_scale(names, [["", *row] for row in values]))
            or not (repeated or any(is_value(value) for row in values for value in row))
        ):
            return False
        named |= set(span)
    filled = [n for n, text in enumerate(parts) if text.strip() and n not in named]
    return bool(named) and all(not is_value(parts[n].strip()) for n in filled)


def _are_repeated(merged: Sequence[Cell], parts: Sequence[str]) -> bool:
    """Return whether each merged cell, two at least, has the same names below it."""
    begin, below = 0, []
    for cell in merged:
        if cell.across > 1:
            below.append(tuple(parts[begin : begin + cell.across]))
        begin += cell.across
    return len(below) > 1 and len(set(below)) == 1


def _is_in_two_rows(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether names are written into the first two rows: "Unit" above "price".

    Below are values, of which a row of the table would have one. It takes two columns of them, or
    second words that begin in small letters.
    """
    if len(rows) < 2 + _LEAST_VALUES:
        return False
    names = list(zip_longest(*(map(str.strip, row) for row in rows[:2]), fillvalue=""))
    below = list(zip_longest(*(map(str.strip, row) for row in rows[2:]), fillvalue=""))
    values = {
        number
        for number, column in enumerate(below)
        if len(filled := [*filter(None, column)]) >= _LEAST_VALUES
        and all(map(_VALUE.fullmatch, filled))
    }
    counted = [name for number, name in enumerate(names) if number in values]
    others = [below for number, (_, below) in enumerate(names) if number not in values]
    joined = [" ".join(name).strip() for name in names]
    return (
        all(joined)
        and len(set(joined)) == len(joined) == len(below)
        and all(len(word.split()) <= _MAX_WORDS for name in names for word in name)
        and not any(map(_DIGITS.search, joined))
        and sum(bool(above) for above, _ in names) > 1
        and any(map(all, counted))
        and (
            sum(map(all, counted)) > 1
            or all(not below or below[0].islower() for below in [*others, *(b for _, b in counted)])
        )
    )


def _is_in_brackets(row: Sequence[str]) -> bool:
    """Return whether all cells of a row, two at least, are in brackets: "(kg)", "[2024]"."""
    filled = [text.strip() for text in row if text.strip()]
    return len(filled) > 1 and all(map(_BRACKETS.fullmatch, filled))


def _are_units(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of some rows has nothing but short words above figures: units."""
    units = {number: cell.strip() for number, cell in enumerate(rows[0]) if cell.strip()}
    below = [row for row in rows[1:] if any(map(str.strip, row))]
    return (
        bool(units)
        and 0 not in units
        and len(below) >= _LEAST_VALUES
        and all(
            len(unit) <= _MAX_UNIT
            and not is_value(unit)
            and all(is_value(row[n].strip()) for row in below if row[n:] and row[n].strip())
            for n, unit in units.items()
        )
    )


def is_value(text: str) -> bool:
    """Return whether a text is a value and no name: a number, a date, a time, a tick."""
    return _VALUE.fullmatch(text) is not None


def header_rows(rows: Sequence[Sequence[str]], *, is_likely: bool = False) -> int:
    """Return how many of the first rows name the columns, 0 or 1, by what is in the cells.

    Names are short, all different, no values and not like the cells below them. Of two columns,
    the first may name the values of the second instead; then there is no header unless the values
    differ in kind from their name, or ``is_likely``.
    """
    if len(rows) < 2:
        return 0
    first, below = rows[0], rows[1:SAMPLE_ROWS]
    names = [cell.strip() for cell in first if cell.strip()]
    width = max(map(len, rows))
    if _are_labels(rows):
        return 1
    if (
        len(names) < max(1, width - 1)
        or not are_distinct(first, below)
        or any(len(name) > _MAX_NAME_CHARACTERS or name.endswith(":") for name in names)
        or any(map(_STATED.match, names))
        or (_are_measured(names) and not is_scale(names, below))
        or (is_of_values(first, below) and not _are_years(names, below))
    ):
        return 0
    return int(width > 2 or is_likely or _has_values(first, below))


def _are_labels(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row labels what is below: "Invoice to: | Deliver to:"."""
    first, *below = [[cell.strip() for cell in row] for row in rows]
    return (
        1 < len(first) == len(set(first))
        and all(len(name) <= _MAX_NAME_CHARACTERS and name.endswith(":") for name in first)
        and all(len(row) <= len(first) for row in below)
        and not any(":" in cell for row in below for cell in row)
        and all(any(row[number:] and row[number] for row in below) for number in range(len(first)))
    )


def _are_measured(names: Sequence[str]) -> bool:
    """Return whether a name is a value, or half of them begin with figures: "6.5 litres"."""
    counted = sum(name[0].isdecimal() for name in names)
    return any(map(_VALUE.fullmatch, names)) or 2 * counted >= len(names) > 0


def are_distinct(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether names are all different, or those are not that are above values alone.

    So are the amounts of two lists beside each other: "Pay | Amount | Tax | Amount".
    """
    counts = Counter(name.strip() for name in first if name.strip())
    again = {n for n, name in enumerate(first) if counts[name.strip()] > 1}
    return not again or (
        len(counts) > 1
        and all(
            len(values) > 1 and all(map(is_value, values))
            for number in again
            for values in [
                [row[number].strip() for row in below if row[number:] and row[number].strip()]
            ]
        )
    )


def has_values_below(rows: Sequence[Sequence[Cell]]) -> bool:
    """Return whether a column consists of values below its first cell, which is none."""
    first, *below = _texts(rows)
    return _has_values(first, below)


def value_columns(rows: Sequence[Sequence[Cell]]) -> set[int]:
    """Return the positions of the columns that have two cells at least, all of them values."""
    columns = [
        [text.strip() for text in column if text.strip()]
        for column in zip_longest(*_texts(rows), fillvalue="")
    ]
    return {
        number
        for number, values in enumerate(columns)
        if len(values) > 1 and all(map(_VALUE.fullmatch, values))
    }


def have_values(rows: Sequence[Sequence[Cell]], columns: Collection[int]) -> bool:
    """Return whether rows have nothing but values in the columns at these positions."""
    return all(
        _VALUE.fullmatch(text.strip())
        for row in _texts(rows)
        for number, text in enumerate(row)
        if number in columns and text.strip()
    )


def _has_values(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    for number, name in enumerate(first):
        values = [row[number].strip() for row in below if number < len(row)]
        values = [value for value in values if value]
        named = name.strip() and (not _VALUE.fullmatch(name.strip()) or _YEAR.fullmatch(name))
        if named and len(values) > 1 and all(map(_VALUE.fullmatch, values)):
            return True
    return False


def _are_years(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether several names are years in order, above values that are none."""
    return sum(_YEAR.fullmatch(name) is not None for name in names) > 1 and is_scale(names, below)


def is_scale(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether names are years, times, days or counts in order, after one word at most.

    What is made of all of them may have a name too: "Total".

    The values below such a header are of another kind.
    """
    for form in _SCALES:
        scale = [name for name in names if form.fullmatch(name)]
        rest = [name for name in names if not form.fullmatch(name) and not _OF_ALL.match(name)]
        if len(scale) < 2 or len(rest) > 1 or any(map(_VALUE.fullmatch, rest)):
            continue
        order = [_order(name, form) for name in scale]
        if order not in (sorted(order), sorted(order, reverse=True)):
            continue
        if form is _COUNT and order != [(order[0][0] + n,) for n in range(len(order))]:
            continue
        values = [cell.strip() for row in below for cell in row[1:] if cell.strip()]
        alike = sum(form.fullmatch(value) is not None for value in values)
        return form is _COUNT or alike < len(values) / 2
    return False


def _order(name: str, form: re.Pattern[str]) -> tuple[float, ...]:
    """Return where a name is on a scale; of sizes, "0.5 l", the number with its decimals."""
    numbers = _DIGITS.findall(name)
    return (float(".".join(numbers)),) if form is _SIZE else tuple(map(int, numbers))


def _texts(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Return the texts of the first rows, that of a merged cell in each place it covers."""
    texts: list[list[str]] = []
    covered: dict[int, tuple[str, int]] = {}  # column: text, rows left
    for row in rows[:SAMPLE_ROWS]:
        line: list[str] = []
        for cell in row:
            while len(line) in covered:
                text, left = covered.pop(len(line))
                if left > 1:
                    covered[len(line)] = text, left - 1
                line.append(text)
            across = min(max(cell.across, 1), MAX_COLUMNS)
            if cell.down > 1:
                covered |= {len(line) + n: (cell.text, cell.down - 1) for n in range(across)}
            line += [cell.text] * across
        texts.append(line)
    return texts
