"""Read tables of delimited text: CSV and TSV."""

from __future__ import annotations

import csv
import io
import re

from qa.errors import UnreadableDocument
from qa.loaders.extracted import MAX_CHARACTERS, Extracted, TextBuilder
from qa.loaders.tables.records import add_records

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 20
_NUMBER = re.compile(r"[-+]?[\d.,]+%?")


def read_csv(text: str) -> Extracted:
    """Return each row as a record; without a header, as cells joined by " | "."""
    csv.field_size_limit(MAX_CHARACTERS)
    delimiter = _delimiter(text)
    spaced = re.search(rf'{re.escape(delimiter)} +"', text[:50_000]) is not None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=spaced)
    try:
        rows = [
            cells
            for row in reader
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
        add_records(
            [
                [
                    *zip(names, row, strict=False),
                    *(("", cell) for cell in row[len(names) :]),
                ]
                for row in rows[1:]
            ],
            builder,
        )
    else:
        for row in rows:
            builder.add(" | ".join(cell for cell in row if cell), "body")
    return builder.result()


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
