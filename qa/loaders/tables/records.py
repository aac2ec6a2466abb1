"""Read records: JSON and JSON Lines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.papers.notebook import is_notebook, read_notebook
from qa.loaders.talk import find_messages, read_messages

# Columns of running text, and columns that name a record.
_TEXT = "text content body paragraphs paragraph article abstract description summary".split()
_TITLE = "title headline subject heading name".split()
# Shorter texts are cells like any other.
_MIN_TEXT_CHARACTERS = 200
# A list within a record that is longer becomes records of its own.
_MAX_INLINE_CHARACTERS = 600
_PARAGRAPH_END = re.compile(r"\r?\n[ \t]*\r?\n")
_Fields = list[tuple[str, str]]


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
    """Return every value of JSON or JSON Lines, each with its name.

    An object is a record; a list of objects, wherever it occurs, is one record per object.
    Numbers are kept as they are written. Notebooks and chats have loaders of their own.
    """
    try:
        value = _parse(text)
    except ValueError:
        value = list(_lines(text))
    if is_notebook(value):
        return read_notebook(value)
    if chats := find_messages(value):
        return read_messages(chats)
    builder = TextBuilder()
    title = ""
    if isinstance(value, dict):
        title = next((str(value[key]) for key in value if key.lower() in _TITLE), "")
        _add_object(value, builder, level=1)
    else:
        _add_list(value if isinstance(value, list) else [value], builder)
    return builder.result(title=" ".join(title.split()))


def _parse(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)


def _lines(text: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = _parse(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise UnreadableDocument(f"line {number} is not a JSON object", "fix or remove it")
        yield record


def _add_object(value: Mapping[str, Any], builder: TextBuilder, *, level: int) -> None:
    """Append an object: its own values as one record, then each of its tables."""
    fields, tables = _split(value, is_table=_has_objects if level == 1 else _is_long)
    _add_records([fields], builder)
    for name, items in tables:
        builder.add(name, "heading", level=level)
        _add_list(items, builder)


def _split(
    value: Mapping[str, Any], *, is_table: Callable[[Any], bool], name: str = ""
) -> tuple[_Fields, list[tuple[str, list[Any]]]]:
    """Return the fields of an object, and its lists that are tables, each with its name."""
    fields: _Fields = []
    tables: list[tuple[str, list[Any]]] = []
    for key, inner in value.items():
        full = f"{name}.{key}" if name else key
        if isinstance(inner, dict):
            below, inner_tables = _split(inner, is_table=is_table, name=full)
            fields += below
            tables += inner_tables
        elif is_table(inner):
            tables.append((full, inner))
        else:
            fields += _fields(inner, full)
    return fields, tables


def _add_list(items: Sequence[Any], builder: TextBuilder) -> None:
    """Append the items of a list: objects as records, lists as rows, values as paragraphs."""
    if items and all(isinstance(item, dict) for item in items):
        records = [_split(item, is_table=_is_long) for item in items]
        if not any(tables for _, tables in records):
            _add_records([fields for fields, _ in records], builder)
            return
    for item in items:
        if isinstance(item, dict):
            _add_object(item, builder, level=2)
        elif _has_objects(item):
            _add_list(item, builder)
        elif isinstance(item, list):
            builder.add(" | ".join(_values(item)), "body")
        else:
            for paragraph in _PARAGRAPH_END.split(_written(item)):
                builder.add(paragraph, "body")


def _fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the names and texts of all values in an object, inner names after a dot."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and _has_objects(value):
        for inner in value:
            yield from _fields(inner, name)
    elif isinstance(value, list):
        sign = "\n\n" if name.lower() in _TEXT else ", "
        yield name, sign.join(_values(value))
    else:
        yield name, _written(value)


def _values(value: Any) -> Iterator[str]:
    """Yield the texts of all values in a list."""
    for item in value:
        if isinstance(item, list):
            yield from _values(item)
        elif item is not None:
            yield _written(item)


def _written(value: Any) -> str:
    """Return a value as JSON writes it; null is no value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _has_objects(value: Any) -> bool:
    return isinstance(value, list) and any(
        isinstance(item, dict) or _has_objects(item) for item in value
    )


def _is_long(value: Any) -> bool:
    """Return whether a value is a list of objects too long for one record."""
    return (
        _has_objects(value)
        and sum(len(text) for _, text in _fields(value)) > _MAX_INLINE_CHARACTERS
    )


def _add_records(records: Sequence[_Fields], builder: TextBuilder) -> None:
    """Append records: those with the same fields as a table, others each in one line."""
    names = [name for name, _ in records[0]] if records else []
    if (
        len(records) > 1
        and len(set(names)) == len(names)
        and all(len(each) == len(names) for each in records)
        and all([name for name, _ in each] == names for each in records)
    ):
        add_table(names, [[value for _, value in each] for each in records], builder)
    else:
        _add_lines(records, builder)


def add_table(names: Sequence[str], rows: Sequence[Sequence[str]], builder: TextBuilder) -> None:
    """Append rows under the names of their columns.

    Where the table has a column of running text, that text becomes paragraphs, after the
    record's title as a heading and before the other columns.
    """
    if has_running_text(names, rows):
        _add_lines(_records(names, rows), builder)
        return
    builder.begin_table()
    builder.add_row(names, header=True)
    for row in rows:
        builder.add_row(row)


def has_running_text(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether one of the columns with these names has running text."""
    is_named = any(name.strip().lower() in _TEXT for name in names)
    return is_named and bool(_text_column(_records(names, rows)))


def _records(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[_Fields]:
    return [
        [*zip(names, row, strict=False), *(("", value) for value in row[len(names) :])]
        for row in rows
    ]


def _add_lines(records: Sequence[_Fields], builder: TextBuilder) -> None:
    """Append records each in one line, and running text as paragraphs."""
    running = _text_column(records)
    for fields in records:
        names = [name.strip().lower() for name, _ in fields]
        text = names.index(running) if running in names else None
        title = next((names.index(name) for name in _TITLE if name in names), None)
        if text is None:
            title = None  # in a table of short cells the name may be the answer
        if title is not None:
            builder.add(" ".join(fields[title][1].split()), "heading", level=1)
        if text is not None:
            for paragraph in _PARAGRAPH_END.split(fields[text][1]):
                builder.add(paragraph, "body")
        others = [
            f"{name.strip()}: {' '.join(value.split())}" if name.strip() else value.strip()
            for number, (name, value) in enumerate(fields)
            if number not in (text, title) and value.strip()
        ]
        builder.add(" | ".join(others), "body")


def _text_column(records: Sequence[_Fields]) -> str:
    """Return the name of the column that has running text, empty if there is none.

    Its texts are long or of several paragraphs, or it is the only column.
    """
    columns: dict[str, list[str]] = {}
    only = {name.strip().lower() for fields in records for name, _ in fields}
    if len(only) == 1 and only <= set(_TEXT):
        return only.pop()
    for fields in records:
        for name, value in fields:
            if (name := name.strip().lower()) in _TEXT and value.strip():
                columns.setdefault(name, []).append(value)
    for name in _TEXT:
        values = columns.get(name, [])
        if values and (
            median(map(len, values)) >= _MIN_TEXT_CHARACTERS
            or any(_PARAGRAPH_END.search(value.strip()) for value in values)
        ):
            return name
    return ""
