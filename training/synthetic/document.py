"""A sheet composed as a document: title, letterhead, what stands before and after the table."""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import replace
from pathlib import Path

from training.synthetic.forms import PAIR_STYLES, lay_out
from training.synthetic.marks import Mark
from training.synthetic.parts import Grid, Heading, Lines, Pairs, Part
from training.synthetic.sheet import Sheet

_NOTES = tomllib.loads(Path(__file__).with_name("notes.toml").read_text(encoding="utf-8"))
# Facts that a letterhead shows without a label, and the row that the facts of a sheet have.
_UNLABELLED = ("address", "email", "web")
FACTS = -1
TOTAL = -2
_TOTALS = ("Total", "TOTAL", "Total due", "Sum", "Grand total", "Amount due", "Altogether")
_AMOUNT = re.compile(r"[\d.,]*\d")


def compose(sheet: Sheet, form: str, mark: Mark, seed: int) -> list[Part]:
    """Return the parts of a document; the same arguments give the same document."""
    rng = random.Random(seed)
    body = lay_out(sheet, form, mark, rng)
    letterhead = _letterhead(sheet, mark, rng) if sheet.facts else []
    on_top = rng.random() < 0.6
    note = rng.choice(_NOTES["before"])
    before = [Lines((note,))] if note else []
    note = rng.choice(_NOTES["after"])
    after = [Lines((note,))] if note else []
    title: list[Part] = [Heading(sheet.title, 1)]
    total = _total(sheet, mark, rng)
    if len(body) == 1 and isinstance(body[0], Grid) and total and rng.random() < 0.5:
        body, total = [_with_total(body[0], total[0])], []
    head = title + letterhead if rng.random() < 0.7 or not sheet.named else letterhead + title
    top = head if on_top else title
    end = [] if on_top else letterhead
    return [*top, *before, *body, *total, *after, *end]


def _letterhead(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    if rng.random() < 0.5:
        pairs = [
            (label, mark((FACTS, name), cell.text)) for name, (label, cell) in sheet.facts.items()
        ]
        return [Pairs(tuple(pairs), rng.choice(PAIR_STYLES))]
    lines = [sheet.org] if rng.random() < 0.8 else []
    for name, (label, cell) in sheet.facts.items():
        text = mark((FACTS, name), cell.text)
        lines.append(text if name in _UNLABELLED else f"{label.rstrip(':')}: {text}")
    if rng.random() < 0.3:
        return [Lines((rng.choice((" · ", " | ", ", ")).join(lines),))]
    return [Lines(tuple(lines))]


def _total(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Pairs]:
    """Return the sum of the column that is added up, written as its cells are."""
    column = sheet.schema.total
    if column not in sheet.shown:
        return []
    cells = [row[column].text for row in sheet.rows if row[column].text]
    amounts = [float(_AMOUNT.search(text)[0].replace(",", "")) for text in cells]  # type: ignore[index]
    decimals = 2 if any("." in text for text in cells) else 0
    digits = f"{sum(amounts):,.{decimals}f}"
    if not sheet.style.thousands:
        digits = digits.replace(",", "")
    text = _AMOUNT.sub(digits, cells[0], count=1)
    return [Pairs(((rng.choice(_TOTALS), mark((TOTAL, column), text)),), rng.choice(PAIR_STYLES))]


def _with_total(grid: Grid, total: Pairs) -> Grid:
    width = len(grid.header[-1])
    label, text = total.pairs[0]
    return replace(grid, rows=(*grid.rows, (label, *[""] * (width - 2), text)))
