"""A made table of one organisation: what a document will say, in whatever form."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from training.synthetic import names
from training.synthetic.schema import Column, Schema
from training.synthetic.values import Cell, Style, draw_cells, draw_style, header_suffix

# Shares of columns left out of a sheet, of sheets with empty cells, and of their cells.
_LEFT_OUT = 0.2
_WITH_GAPS = 0.35
_GAPS = 0.15
_NAMED = 0.85
# Kinds of organisation that have no letterhead, or a table that says the same.
WITHOUT_FACTS = frozenset(("household", "kitchen", "shipping", "service"))
EMPTY = Cell("", ())

# What a place in a document is of: a row and a column; a row is -1 for a fact of the letterhead.
Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: ``rows`` hold a cell for each of the ``shown`` columns, empty ones included.

    ``facts`` are what the letterhead says. ``named`` tells whether the title has the name of the
    organisation, so that each passage shows whose table it is. ``merged`` is the column in which
    equal cells become one, empty if there is none.
    """

    schema: Schema
    org: str
    title: str
    named: bool
    style: Style
    shown: tuple[str, ...]
    headers: dict[str, str]
    rows: tuple[dict[str, Cell], ...]
    facts: dict[str, tuple[str, Cell]] = field(default_factory=dict)
    merged: str = ""

    def key(self, row: int, column: str) -> Key:
        """Return the place of a cell; equal cells that are merged, or head a matrix, have one."""
        if column in (*self.schema.pivot[:2], self.merged):
            text = self.rows[row][column].text
            row = next(i for i, each in enumerate(self.rows) if each[column].text == text)
        return row, column

    def with_shown(self, columns: Sequence[str]) -> Sheet:
        """Return the sheet as a document shows it that leaves the other columns out."""
        return replace(self, shown=tuple(name for name in self.shown if name in columns))


def make_sheet(schema: Schema, letterhead: Sequence[Column], rng: random.Random) -> Sheet:
    """Return a random sheet of a schema."""
    style = draw_style(rng)
    org = names.organisation(schema.org, rng)
    wanted = {*schema.keys, schema.total, *schema.pivot}
    columns = [c for c in schema.columns if c.name in wanted or rng.random() >= _LEFT_OUT]
    if len(columns) < 3:
        columns = list(schema.columns)
    rows = _matrix(schema, style, rng) if schema.pivot else _rows(schema, columns, style, rng)
    gaps = _GAPS if rng.random() < _WITH_GAPS and len(rows) > 1 else 0.0
    filled = tuple(
        {
            name: EMPTY if name not in schema.keys and rng.random() < gaps else cell
            for name, cell in row.items()
        }
        for row in rows
    )
    shape = rng.choice((str, str, str, str.lower, str.upper))
    headers = {c.name: shape(_header(c, style, rng)) for c in columns}
    facts_shown = 0 if schema.org in WITHOUT_FACTS else rng.choice((0, 0, 2, 3, 4, 5))
    chosen = rng.sample(list(letterhead), facts_shown)
    facts = {
        c.name: (rng.choice(c.headers), draw_cells(c.values, 1, style, rng, distinct=False)[0])
        for c in chosen
    }
    named = rng.random() < _NAMED
    return Sheet(
        schema,
        org,
        _title(schema, org, style, rng, named=named),
        named,
        style,
        tuple(c.name for c in columns),
        headers,
        filled,
        facts,
    )


def _header(column: Column, style: Style, rng: random.Random) -> str:
    header, suffix = rng.choice(column.headers), header_suffix(column.values, style)
    return header if "(" in header or suffix.strip(" ()") in header.split() else header + suffix


def _rows(
    schema: Schema, columns: Sequence[Column], style: Style, rng: random.Random
) -> list[dict[str, Cell]]:
    count = 1 if schema.single else rng.choice((4, 5, 6, 7, 8, 9, 10, 12, 14, 18))
    drawn = {
        c.name: draw_cells(c.values, count, style, rng, distinct=c.name in schema.keys)
        for c in columns
    }
    # A list of names of things has its other columns in any order, but no thing twice.
    for c in columns:
        if ";" in c.values and c.name not in schema.keys and len(c.values.split(";")) >= count:
            drawn[c.name] = draw_cells(c.values, count, style, rng, distinct=True)
    length = min(map(len, drawn.values()))
    rows = [{name: cells[i] for name, cells in drawn.items()} for i in range(length)]
    person = next((c.name for c in columns if c.values == "@person"), None)
    for row in rows:
        for c in columns:
            if c.values == "@email" and person:
                row[c.name] = _own_email(row[person].text, row[c.name].text)
    return rows


def _own_email(person: str, email: str) -> Cell:
    first, *_, last = person.lower().split()
    text = f"{first[0]}.{last}@{email.split('@')[1]}"
    return Cell(text, (text,))


def _matrix(schema: Schema, style: Style, rng: random.Random) -> list[dict[str, Cell]]:
    """Return a row for each pair of the cells that name the rows and columns of a matrix."""
    down, across, inner = (next(c for c in schema.columns if c.name == n) for n in schema.pivot)
    firsts = _in_order(down, rng.randint(3, 7), style, rng)
    seconds = _in_order(across, rng.randint(2, 5), style, rng)
    cells = draw_cells(inner.values, len(firsts) * len(seconds), style, rng, distinct=False)
    pairs = [(a, b) for a in firsts for b in seconds]
    return [
        {down.name: a, across.name: b, inner.name: cell}
        for (a, b), cell in zip(pairs, cells, strict=False)
    ]


def _in_order(column: Column, count: int, style: Style, rng: random.Random) -> list[Cell]:
    drawn = draw_cells(column.values, count, style, rng, distinct=True)
    order = [entry.split("~")[0].strip() for entry in column.values.split(";")]
    return sorted(drawn, key=lambda cell: order.index(cell.mentions[0]))


def _title(schema: Schema, org: str, style: Style, rng: random.Random, *, named: bool) -> str:
    fillings = {
        "org": org,
        "year": str(style.year),
        "place": names.place(rng),
        "month": rng.choice(names.MONTHS),
        "person": names.person(rng),
        "date": f"{rng.randint(1, 28)} {rng.choice(names.MONTHS)} {style.year}",
        "code": f"{rng.choice('ABCDEFGH')}{rng.randint(10, 999)}",
        "number": str(rng.randint(2, 24)),
        "dish": rng.choice(("the pie", "Sunday's stew", "the birthday cake")),
    }
    title = re.sub(r"\{(\w+)\}", lambda slot: fillings[slot[1]], rng.choice(schema.titles))
    if named and org not in title:
        pattern = rng.choice(("{o}: {t}", "{t} – {o}", "{t}, {o}", "{o} – {t}", "{t} ({o})"))
        title = pattern.format(o=org, t=title)
    return title
