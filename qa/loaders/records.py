"""Read tables and records: CSV, TSV, JSON and JSON Lines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Extracted, TextBuilder

# Columns of running text, and columns that name a record.
_TEXT = "text content body paragraphs paragraph article abstract description summary".split()
_TITLE = "title headline subject heading name".split()
_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 20
_NUMBER = re.compile(r"[-+]?[\d.,]+%?")


def read_csv(text: str) -> Extracted:
    """Return each row as a record; without a header, as cells joined by " | "."""
    try:
        rows = [
            cells
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
            if any(
                cells := [" ".join(cell.split()) if "\n\n" not in cell else cell for cell in row]
            )
        ]
    except csv.Error as error:
        raise UnreadableDocument(
            f"CSV that cannot be read ({error})", "save it as JSON Lines"
        ) from error
    builder = TextBuilder()
    if len(rows) > 1 and _is_header(rows[0]):
        names = rows[0]
        for row in rows[1:]:
            extra = [("", cell) for cell in row[len(names) :]]
            _add_record([*zip(names, row, strict=False), *extra], builder)
    else:
        for row in rows:
            builder.add(" | ".join(cell for cell in row if cell), "body")
    return builder.result()


def looks_like_json_lines(text: str) -> bool:
    """Return whether the first line of a text is a complete JSON object, as in JSON Lines."""
    first = text.lstrip().split("\n", 1)[0]
    if not first.startswith("{") or not first.rstrip().endswith("}"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def read_json(text: str) -> Extracted:
    """Return the records of JSON Lines, of a list of objects, or of one object."""
    builder = TextBuilder()
    for record in _records(text):
        _add_record(list(_fields(record)), builder)
    return builder.result()


def _records(text: str) -> Iterable[Mapping[str, Any]]:
    whole: Any = None
    try:
        whole = json.loads(text)
    except ValueError:
        return list(_lines(text))
    records = whole if isinstance(whole, list) else [whole]
    if not all(isinstance(record, dict) for record in records):
        raise UnreadableDocument("JSON that is not a list of objects", "save it as CSV")
    return records


def _lines(text: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise UnreadableDocument(f"line {number} is not a JSON object", "fix or remove it")
        yield record


def _fields(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _fields(value, f"{name}.")
        elif isinstance(value, list):
            parts = [str(part) for part in value if isinstance(part, str | int | float)]
            yield name, ("\n\n" if key.lower() in _TEXT else ", ").join(parts)
        elif value is not None:
            yield name, str(value)


def _add_record(fields: list[tuple[str, str]], builder: TextBuilder) -> None:
    """Append a record: its title as a heading, its text, then the other columns in one line."""
    names = [name.strip().lower() for name, _ in fields]
    text = next((names.index(name) for name in _TEXT if name in names), None)
    title = next((names.index(name) for name in _TITLE if name in names), None)
    if text is None:
        title = None  # in a table of short cells the name may be the answer
    if title is not None:
        builder.add(" ".join(fields[title][1].split()), "heading", level=1)
    if text is not None:
        for paragraph in re.split(r"\r?\n[ \t]*\r?\n", fields[text][1]):
            builder.add(paragraph, "body")
    others = [
        f"{name.strip()}: {' '.join(value.split())}" if name.strip() else value.strip()
        for number, (name, value) in enumerate(fields)
        if number not in (text, title) and value.strip()
    ]
    builder.add(" | ".join(others), "body")


def _is_header(row: list[str]) -> bool:
    filled = [cell for cell in row if cell]
    return (
        len(filled) >= max(1, len(row) - 1)
        and len(set(filled)) == len(filled)
        and all(len(cell) <= 60 and not _NUMBER.fullmatch(cell) for cell in filled)
    )


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first rows most evenly, and into the most cells."""
    sample = text[:50_000]

    def fitness(sign: str) -> tuple[float, int]:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=sign)
        counts = [len(row) for row, _ in zip(rows, range(_SAMPLE_ROWS), strict=False) if row]
        usual = max(set(counts), key=counts.count) if counts else 1
        return (counts.count(usual) / len(counts) if usual > 1 else 0.0), usual

    return max(_DELIMITERS, key=fitness)
