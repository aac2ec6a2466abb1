"""What made tables are about: columns, their values and how people ask for them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_SLOT = re.compile(r"\{(\w+)\}")
# Schemas that nothing is trained on, to measure with.
HELD = frozenset(
    "campsite recipes lab-results clubs orders error-codes lost-property fixtures tool-hire"
    " application-form".split()
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its spellings in headers, the specification of its values, and questions.

    ``asked`` are questions that a cell of the column answers, with slots for other cells of the
    row by the names of their columns.
    """

    name: str
    headers: tuple[str, ...]
    values: str
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """A kind of table; the first column names the row.

    ``pivot`` names the columns of rows, columns and cells of a matrix; ``lines`` are sentences
    that say a row in words; ``forms`` are the only ones it occurs in, any where empty. ``total``
    is the column that is added up below, ``heading`` the columns that a row's heading shows.
    """

    name: str
    org: str
    titles: tuple[str, ...]
    columns: tuple[Column, ...]
    lines: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    pivot: tuple[str, ...] = ()
    heading: tuple[str, ...] = ()
    total: str = ""
    single: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that together name a row."""
        return self.pivot[:2] or (self.columns[0].name,)


def slots(template: str) -> tuple[str, ...]:
    """Return the names of the slots in a template."""
    return tuple(dict.fromkeys(_SLOT.findall(template)))


def load_schemas() -> list[Schema]:
    """Return all schemas, in the order of their files."""
    return [
        _schema(name, table)
        for path in sorted((HERE / "schemas").glob("*.toml"))
        for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items()
    ]


def load_letterhead() -> tuple[Column, ...]:
    """Return what can stand about an organisation."""
    table = tomllib.loads((HERE / "letterhead.toml").read_text(encoding="utf-8"))
    return tuple(_column(name, each) for name, each in table.items())


def _schema(name: str, table: Mapping[str, Any]) -> Schema:
    columns = tuple(_column(key, each) for key, each in table.items() if isinstance(each, dict))
    return Schema(
        name=name,
        org=table["org"],
        titles=tuple(table["titles"]),
        columns=columns,
        lines=tuple(table.get("lines", ())),
        forms=tuple(table.get("forms", ())),
        pivot=tuple(table.get("pivot", ())),
        heading=tuple(table.get("heading", ())),
        total=table.get("total", ""),
        single=table.get("single", False),
    )


def _column(name: str, table: Mapping[str, str]) -> Column:
    headers = tuple(each.strip() for each in table["headers"].split("|"))
    asked = tuple(line.strip() for line in table["asked"].splitlines() if line.strip())
    return Column(name, headers, table["values"], asked)
