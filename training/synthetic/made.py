"""Made documents, written, read by the loaders, and with the places of their cells."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qa.errors import QAError
from qa.loaders import load
from training.synthetic.document import compose
from training.synthetic.formats import formats_of, write
from training.synthetic.forms import forms_of, shown_in
from training.synthetic.marks import Marks, unmarked
from training.synthetic.schema import Column, Schema
from training.synthetic.sheet import Key, Sheet, make_sheet

_ATTEMPTS = 12


@dataclass(frozen=True, slots=True)
class Made:
    """A document in a corpus: its sheet, and where in its text each cell stands.

    ``stated`` are the columns of its sheet before a form left some of them out.
    """

    name: str
    sheet: Sheet
    form: str
    suffix: str
    text: str
    places: dict[Key, list[tuple[int, int]]]

    def shows(self, row: int, column: str) -> bool:
        """Return whether a cell stands in the text."""
        return bool(self.places_of(row, column))

    def places_of(self, row: int, column: str) -> list[tuple[int, int]]:
        """Return where a cell stands in the text."""
        if column not in self.sheet.rows[row] or not self.sheet.rows[row][column].text:
            return []
        return self.places.get(self.sheet.key(row, column), [])


def make_document(
    schema: Schema, letterhead: Sequence[Column], folder: Path, rng: random.Random
) -> Made | None:
    """Write a document of a schema into a folder; None where no form of it could be read."""
    for _ in range(_ATTEMPTS):
        sheet = make_sheet(schema, letterhead, rng)
        form = rng.choice(forms_of(sheet))
        seed = rng.getrandbits(32)
        sheet = shown_in(sheet, form, random.Random(seed))
        if len(sheet.shown) < 2 or (form in ("lines", "chat") and not _says_a_row(sheet)):
            continue
        suffix = rng.choice(formats_of(compose(sheet, form, unmarked, seed)))
        if suffix in ("csv", "tsv", "json", "xlsx"):
            sheet = replace(sheet, facts={})
        stem = re.sub(r"[^a-z0-9]+", "-", sheet.title.lower()).strip("-")[:60]
        path = folder / f"{stem}.{suffix}"
        if path.exists():
            continue
        if made := _written(sheet, form, suffix, path, seed):
            return made
    return None


def _says_a_row(sheet: Sheet) -> bool:
    return any(all(row[name].text for name in sheet.shown) for row in sheet.rows)


def _written(sheet: Sheet, form: str, suffix: str, path: Path, seed: int) -> Made | None:
    """Write a document, and return where its cells are; None where that is not certain."""
    marks = Marks()
    try:
        path.write_bytes(write(compose(sheet, form, marks.mark, seed), suffix, seed))
        marked = load(path, folder=path.parent).text
        path.write_bytes(write(compose(sheet, form, unmarked, seed), suffix, seed))
        text = load(path, folder=path.parent).text
    except QAError:
        path.unlink(missing_ok=True)
        return None
    found, places = marks.places(marked)
    if found != text:
        path.unlink()
        return None
    return Made(path.name, sheet, form, suffix, text, places)
