"""Questions on the cells of made documents, and questions that none of them answers."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from training.synthetic.document import FACTS, TOTAL
from training.synthetic.made import Made
from training.synthetic.schema import Column, slots
from training.synthetic.sheet import WITHOUT_FACTS, Sheet
from training.synthetic.values import Cell, draw_cells

_ATTEMPTS = 30
# Shares of the questions that are keywords, that name the organisation unasked, on the letterhead.
_KEYWORDS = 0.08
_ORGANISATION = 0.25
_LETTERHEAD = 0.2
_ASKING = re.compile(
    r"(?:how|what|when|where|who|whose|which|why|is|are|was|were|do|does|did|has|have|can|could|will"
    r"|would|should|must|may|on|in|by|to|from|at|until|since|for|as|under|between)\b",
    re.IGNORECASE,
)
_TOTALS = (
    "what does it all come to at {org}",
    "what's the total from {org}",
    "how much do we owe {org} altogether",
    "what's the sum at the bottom of the paper from {org}",
    "{org} grand total",
)
# Facts of which one nearly answers for the other.
_NEAR = (
    {"phone", "emergency"},
    {"contact", "manager", "prepared"},
    {"hours", "closed"},
    {"email", "web"},
    {"dated", "until"},
)
Conditions = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on a corpus: the text of the answer, its document and its places in it.

    Without places none of the documents answers; ``kind`` says why, or how it is asked.
    ``conditions`` are the places of each cell that the question names.
    """

    question: str
    answer: str
    document: str
    places: tuple[tuple[int, int], ...]
    kind: str
    conditions: tuple[tuple[tuple[int, int], ...], ...] = ()


class Asker:
    """Asks about the documents of one corpus."""

    def __init__(
        self, documents: Sequence[Made], letterhead: Sequence[Column], rng: random.Random
    ) -> None:
        self._documents = documents
        self._letterhead = {column.name: column for column in letterhead}
        self._rng = rng

    def ask(self, document: Made, *, present: int, absent: int) -> Iterator[Asked]:
        """Yield questions on a document, fewer where it does not allow for more."""
        seen: set[str] = set()
        for count, ways in (
            (present, {self._present: 1}),
            (
                absent,
                {
                    self._no_row: 3,
                    self._hidden: 4,
                    self._crossed: 2,
                    self._elsewhere: 2,
                    self._no_fact: 1,
                },
            ),
        ):
            left = count
            for _ in range(4 * count):
                way = self._rng.choices(list(ways), list(ways.values()))[0]
                tries = (way(document) for _ in range(_ATTEMPTS))
                asked = next((each for each in tries if each), None)
                if left and asked and asked.question.lower() not in seen:
                    seen.add(asked.question.lower())
                    left -= 1
                    yield asked

    def _present(self, document: Made) -> Asked | None:
        rng, sheet = self._rng, document.sheet
        if rng.random() < _LETTERHEAD and sheet.named and (sheet.facts or sheet.schema.total):
            return self._fact(document)
        column, template = self._template(sheet)
        row = rng.randrange(len(sheet.rows))
        needed = slots(template)
        places = document.places_of(row, column.name)
        if not places or not all(document.shows(row, name) for name in needed):
            return None
        conditions = {name: self._mention(sheet.rows[row][name]) for name in needed}
        if self._is_vague(document, column.name, conditions):
            return None
        matches = self._matches(document, conditions)
        everywhere = [m for each in self._alike(document) for m in self._matches(each, conditions)]
        if len(set(self._answers(document, matches, column.name))) != 1:
            return None
        named = len(everywhere) > len(matches)
        if named and not sheet.named:
            return None
        text = self._filled(template, conditions)
        if named or (sheet.named and rng.random() < _ORGANISATION):
            text = self._at(text, sheet.org)
        kind = "two" if len(needed) > 1 else "forward"
        kind = "backward" if column.name in sheet.schema.keys else kind
        answer = document.text[slice(*places[0])]
        named_at = tuple(tuple(document.places_of(row, name)) for name in needed)
        return Asked(self._typed(text), answer, document.name, tuple(places), kind, named_at)

    def _fact(self, document: Made) -> Asked | None:
        rng, sheet = self._rng, document.sheet
        if (TOTAL, sheet.schema.total) in document.places and rng.random() < 0.5:
            name, places = "", document.places[TOTAL, sheet.schema.total]
            templates: Sequence[str] = _TOTALS
        else:
            name = rng.choice([*sheet.facts, ""])
            places = document.places.get((FACTS, name), [])
            templates = self._letterhead[name].asked if name else ()
        if not places or not templates or self._shares_name(document):
            return None
        if name == "dated" and _is_dated(document):
            return None
        text = rng.choice(templates).replace("{org}", sheet.org)
        answer = document.text[slice(*places[0])]
        return Asked(self._typed(text), answer, document.name, tuple(places), "letterhead")

    def _no_row(self, document: Made) -> Asked | None:
        """Ask for a row that is in no document."""
        rng, sheet = self._rng, document.sheet
        column, template = self._template(sheet)
        needed = [name for name in slots(template) if name in sheet.schema.keys]
        if column.name not in sheet.shown or not needed or len(needed) < len(slots(template)):
            return None
        changed = rng.choice(needed)
        spec = next(c for c in sheet.schema.columns if c.name == changed).values
        cell = draw_cells(spec, 1, sheet.style, rng, distinct=False)[0]
        row = rng.choice(sheet.rows)
        cells = {name: cell if name == changed else row[name] for name in needed}
        conditions = {name: self._mention(each) for name, each in cells.items()}
        if self._anywhere(document, conditions):
            return None
        return self._absent(document, template, conditions, "no-row")

    def _hidden(self, document: Made) -> Asked | None:
        """Ask for a cell that is empty, or whose column the document does not have."""
        rng, sheet = self._rng, document.sheet
        column, template = self._template(sheet, hidden=True)
        row = rng.randrange(len(sheet.rows))
        if document.places_of(row, column.name):
            return None
        needed = slots(template)
        if not all(document.shows(row, name) for name in needed):
            return None
        conditions = {name: self._mention(sheet.rows[row][name]) for name in needed}
        if self._says(document, column.name, conditions):
            return None
        kind = "empty-cell" if column.name in sheet.shown else "no-column"
        return self._absent(document, template, conditions, kind)

    def _crossed(self, document: Made) -> Asked | None:
        """Ask with conditions of two rows that no row fulfils together."""
        rng, sheet = self._rng, document.sheet
        _, template = self._template(sheet)
        needed = slots(template)
        if len(needed) < 2 or len(sheet.rows) < 2 or sheet.schema.pivot:
            return None
        one, other = rng.sample(range(len(sheet.rows)), 2)
        rows = {name: (one if i else other) for i, name in enumerate(needed)}
        if not all(document.shows(row, name) for name, row in rows.items()):
            return None
        conditions = {name: self._mention(sheet.rows[row][name]) for name, row in rows.items()}
        if self._anywhere(document, conditions):
            return None
        return self._absent(document, template, conditions, "crossed")

    def _elsewhere(self, document: Made) -> Asked | None:
        """Ask another organisation's table for a row of this one."""
        rng, sheet = self._rng, document.sheet
        others = [each for each in self._alike(document) if each is not document]
        column, template = self._template(sheet)
        row = rng.randrange(len(sheet.rows))
        needed = slots(template)
        if not others or not document.places_of(row, column.name):
            return None
        if not all(document.shows(row, name) for name in needed):
            return None
        other = rng.choice(others)
        conditions = {name: self._mention(sheet.rows[row][name]) for name in needed}
        if not other.sheet.named or self._shares_name(other) or self._matches(other, conditions):
            return None
        text = self._at(self._filled(template, conditions), other.sheet.org)
        return Asked(self._typed(text), "", other.name, (), "elsewhere")

    def _no_fact(self, document: Made) -> Asked | None:
        """Ask for what the letterhead does not say."""
        sheet = document.sheet
        name = self._rng.choice(list(self._letterhead))
        near = next((each for each in _NEAR if name in each), {name})
        if near & {*sheet.facts} or not sheet.named or self._shares_name(document):
            return None
        if sheet.schema.org in WITHOUT_FACTS or (near == _NEAR[-1] and _is_dated(document)):
            return None
        text = self._rng.choice(self._letterhead[name].asked).replace("{org}", sheet.org)
        return Asked(self._typed(text), "", document.name, (), "no-fact")

    def _absent(self, document: Made, template: str, conditions: Conditions, kind: str) -> Asked:
        text = self._filled(template, conditions)
        if document.sheet.named and self._rng.random() < 2 * _ORGANISATION:
            text = self._at(text, document.sheet.org)
        return Asked(self._typed(text), "", document.name, (), kind)

    def _template(self, sheet: Sheet, *, hidden: bool = False) -> tuple[Column, str]:
        """Return a column and a question on it, sometimes as keywords."""
        columns = [c for c in sheet.schema.columns if c.asked and (hidden or c.name in sheet.shown)]
        column = self._rng.choice(columns)
        template = self._rng.choice(column.asked)
        if column.name not in sheet.schema.keys and self._rng.random() < _KEYWORDS:
            names = " ".join(f"{{{name}}}" for name in sheet.schema.keys)
            header = self._rng.choice(column.headers).lower()
            template = self._rng.choice((f"{names} {header}", f"{header} {names}"))
        return column, template

    def _alike(self, document: Made) -> list[Made]:
        return [d for d in self._documents if d.sheet.schema is document.sheet.schema]

    def _shares_name(self, document: Made) -> bool:
        return sum(each.sheet.org == document.sheet.org for each in self._documents) > 1

    def _matches(self, document: Made, conditions: Conditions) -> list[int]:
        """Return the rows of a document that fulfil conditions, whatever it shows of them."""
        rows = []
        for i, row in enumerate(document.sheet.rows):
            if all(
                name not in row or _is_called(row[name], said) for name, said in conditions.items()
            ):
                rows.append(i)
        return rows

    def _anywhere(self, document: Made, conditions: Conditions) -> bool:
        return any(self._matches(each, conditions) for each in self._alike(document))

    def _says(self, document: Made, column: str, conditions: Conditions) -> bool:
        """Return whether any document shows the column of a row that fulfils conditions."""
        return any(
            each.shows(row, column)
            for each in self._alike(document)
            for row in self._matches(each, conditions)
        )

    def _answers(self, document: Made, rows: Sequence[int], column: str) -> list[object]:
        return [document.sheet.key(row, column) for row in rows]

    def _is_vague(self, document: Made, column: str, conditions: Conditions) -> bool:
        """Return whether the only condition is a value that other columns have too."""
        sheet = document.sheet
        if len(conditions) != 1 or next(iter(conditions)) in sheet.schema.keys:
            return False
        ((name, said),) = conditions.items()
        return any(
            other not in (name, column) and _is_called(cell, said)
            for row in sheet.rows
            for other, cell in row.items()
        )

    def _mention(self, cell: Cell) -> str:
        return self._rng.choice((cell.mentions[0], *cell.mentions))

    def _filled(self, template: str, conditions: Conditions) -> str:
        return re.sub(r"\{(\w+)\}", lambda slot: conditions[slot[1]], template)

    def _at(self, text: str, org: str) -> str:
        patterns = ("{t} at {o}", "{t} at {o}", "{t} ({o})", "{o}: {t}", "{t}, {o}")
        return self._rng.choice(patterns).format(t=text, o=org)

    def _typed(self, text: str) -> str:
        """Return a question as people type it: with or without capitals and question mark."""
        rng = self._rng
        asks = _ASKING.match(text.split(": ", 1)[-1]) is not None and len(text.split()) > 4
        way = rng.random()
        if way < 0.5:
            return f"{text[0].upper()}{text[1:]}{'?' if asks else ''}"
        if way < 0.65:
            return text.lower()
        return f"{text}?" if asks and way < 0.8 else text


def _is_dated(document: Made) -> bool:
    """Return whether a date or year stands in a document's title, or a mail's head."""
    return document.suffix == "eml" or any(sign.isdigit() for sign in document.sheet.title)


def _is_called(cell: Cell, said: str) -> bool:
    return said.lower() in {each.lower() for each in (cell.text, *cell.mentions)}
