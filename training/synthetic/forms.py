"""The forms in which a sheet is laid out: table, matrix, records, lines, questions and answers."""

from __future__ import annotations

import random
from dataclasses import replace

from training.synthetic.marks import Mark
from training.synthetic.parts import Grid, Heading, Lines, Pairs, Part
from training.synthetic.schema import slots
from training.synthetic.sheet import Sheet

PAIR_STYLES = ("colon", "dotted", "aligned", "bold", "form")
_GENERAL = ("table", "table", "table", "nested", "merged", "blocks", "headings", "list", "faq")
_MATRIX = ("matrix", "matrix", "long", "long-merged", "groups")
# Names of forms in a schema that are a general one in a style of its own.
_ALIASES = {"keyvalue": "blocks", "dotted": "blocks", "bullets": "blocks", "form": "blocks"}


def forms_of(sheet: Sheet) -> tuple[str, ...]:
    """Return the forms that a sheet can have, likelier ones more often."""
    schema = sheet.schema
    if schema.forms:
        return schema.forms
    if schema.pivot:
        return _MATRIX
    return (*_GENERAL, "lines", "lines") if schema.lines else _GENERAL


def lay_out(sheet: Sheet, form: str, mark: Mark, rng: random.Random) -> list[Part]:
    """Return the parts of a document that says what the sheet says."""
    style = {"dotted": "dotted", "form": "form", "bullets": "bold"}.get(form)
    style = style or rng.choice(PAIR_STYLES)
    builders = {
        "table": _table,
        "invoice": _table,
        "nested": _nested,
        "merged": _merged,
        "headings": _headings,
        "list": _list,
        "lines": _lines,
        "chat": _chat,
        "faq": _faq,
        "matrix": _matrix,
        "long": _table,
        "long-merged": _merged,
        "groups": _groups,
        "table2": _upright,
    }
    form = _ALIASES.get(form, form)
    if form == "blocks":
        return _blocks(sheet, mark, rng, style)
    return builders[form](sheet, mark, rng)


def shown_in(sheet: Sheet, form: str, rng: random.Random) -> Sheet:
    """Return the sheet with the columns that the form will show."""
    if form in ("lines", "chat"):
        used = slots(_template(sheet, rng))
        return sheet.with_shown([*used])
    if form in ("merged", "long-merged"):
        return replace(sheet, merged=_mergeable(sheet, rng))
    return sheet


def _template(sheet: Sheet, rng: random.Random) -> str:
    fitting = [line for line in sheet.schema.lines if set(slots(line)) <= {*sheet.headers}]
    return rng.choice(fitting) if fitting else ""


def _cell(sheet: Sheet, row: int, column: str, mark: Mark) -> str:
    return mark(sheet.key(row, column), sheet.rows[row][column].text)


def _table(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    gap = rng.choice(("", "", "–", "-"))
    rows = [
        tuple(_cell(sheet, i, name, mark) or gap for name in sheet.shown)
        for i in range(len(sheet.rows))
    ]
    header = tuple(sheet.headers[name] for name in sheet.shown)
    return [Grid((header,), tuple(rows), rng.choice(("", "", sheet.title)))]


def _nested(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    (grid,) = _table(sheet, mark, rng)
    if not isinstance(grid, Grid) or len(sheet.shown) < 4:
        return [grid]
    cut = rng.randint(2, len(sheet.shown) - 2)
    above = rng.choice((("", "Details"), ("General", "More"), ("", str(sheet.style.year))))
    return [Grid((above, *grid.header), grid.rows, grid.caption, (cut, len(sheet.shown) - cut))]


def _mergeable(sheet: Sheet, rng: random.Random) -> str:
    """Return a column in which cells repeat, empty if there is none."""
    if sheet.schema.pivot:
        return sheet.schema.pivot[0]
    texts = {name: [row[name].text for row in sheet.rows] for name in sheet.shown}
    names = [n for n in sheet.shown if 1 < len(set(texts[n])) < len(texts[n]) and all(texts[n])]
    return rng.choice(names) if names else ""


def _merged(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    """Sort by the column in which cells repeat, and put it first, equal cells as one."""
    first = sheet.merged
    if not first:
        return _table(sheet, mark, rng)
    cells = [row[first].text for row in sheet.rows]
    order = sorted(range(len(cells)), key=lambda i: cells.index(cells[i]))
    columns = [first, *(name for name in sheet.shown if name != first)]
    rows = [tuple(_cell(sheet, i, name, mark) for name in columns) for i in order]
    header = tuple(sheet.headers[name] for name in columns)
    return [Grid((header,), tuple(rows), rng.choice(("", "", sheet.title)), merged=True)]


def _matrix(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    down, across, inner = sheet.schema.pivot
    seconds = list(dict.fromkeys(row[across].text for row in sheet.rows))
    width = len(seconds)
    header = (
        rng.choice((sheet.headers[down], "")),
        *(_cell(sheet, i, across, mark) for i in range(width)),
    )
    rows = []
    for begin in range(0, len(sheet.rows) - width + 1, width):
        cells = [_cell(sheet, begin + i, inner, mark) or "–" for i in range(width)]
        rows.append((_cell(sheet, begin, down, mark), *cells))
    if rng.random() < 0.3:
        above = ("", f"{sheet.headers[inner]} by {sheet.headers[across].lower()}")
        return [Grid((above, header), tuple(rows), "", (1, width))]
    caption = rng.choice((sheet.headers[inner], sheet.title, ""))
    return [Grid((header,), tuple(rows), caption)]


def _groups(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    """Return a heading for each row of a matrix, and its cells with their column below."""
    down, across, inner = sheet.schema.pivot
    style = rng.choice(PAIR_STYLES)
    parts: list[Part] = []
    for first in dict.fromkeys(row[down].text for row in sheet.rows):
        numbers = [i for i, row in enumerate(sheet.rows) if row[down].text == first]
        parts.append(Heading(_cell(sheet, numbers[0], down, mark)))
        pairs = [
            (_cell(sheet, i, across, mark), _cell(sheet, i, inner, mark) or "–") for i in numbers
        ]
        parts.append(Pairs(tuple(pairs), style))
    return parts


def _blocks(sheet: Sheet, mark: Mark, rng: random.Random, style: str) -> list[Part]:
    kept = rng.random() < 0.5  # labels without a value
    return [
        Pairs(
            tuple(
                (sheet.headers[name], _cell(sheet, i, name, mark))
                for name in sheet.shown
                if kept or sheet.rows[i][name].text
            ),
            style,
        )
        for i in range(len(sheet.rows))
    ]


def _upright(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    rows = [
        (sheet.headers[name], _cell(sheet, i, name, mark))
        for i in range(len(sheet.rows))
        for name in sheet.shown
    ]
    return [Grid((), tuple(rows))]


def _headings(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    """Return a heading for each row, with its name and another of its cells."""
    name = sheet.shown[0]
    second = [each for each in sheet.schema.heading[1:] if each in sheet.shown]
    if not second:
        plain = _plain_alone(sheet)
        second = rng.sample(plain, min(len(plain), rng.randint(0, 1)))
    sign = rng.choice((" – ", ": ", ", ", " (", " - "))
    style = rng.choice(("colon", "bold", "list", "list"))
    parts: list[Part] = []
    for i in range(len(sheet.rows)):
        heading = _cell(sheet, i, name, mark)
        for other in second:
            if sheet.rows[i][other].text:
                heading += sign + _cell(sheet, i, other, mark) + (")" if sign == " (" else "")
        parts.append(Heading(heading))
        rest = [each for each in sheet.shown if each not in (name, *second)]
        pairs = [
            (sheet.headers[each], _cell(sheet, i, each, mark))
            for each in rest
            if sheet.rows[i][each].text
        ]
        if style == "list":
            parts.append(Lines(tuple(f"{label}: {value}" for label, value in pairs), bullets=True))
        else:
            parts.append(Pairs(tuple(pairs), style))
    return parts


def _plain_alone(sheet: Sheet) -> list[str]:
    """Return the columns of which a cell needs no header: the only date, the only price."""
    specs = {c.name: c.values.split()[0] for c in sheet.schema.columns if c.name in sheet.shown}
    kinds = list(specs.values())
    return [
        name
        for name in sheet.shown[1:]
        if specs[name] in ("@date", "@money") and kinds.count(specs[name]) == 1
    ]


def _list(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    """Return a line for each row: its name, then each cell after or before its header."""
    dash = rng.choice((" – ", ": ", " - ", ", "))
    comma = rng.choice((", ", "; ", " / "))
    before = rng.random() < 0.7
    lines = []
    for i in range(len(sheet.rows)):
        cells = []
        for name in sheet.shown[1:]:
            if text := _cell(sheet, i, name, mark):
                label = sheet.headers[name]
                cells.append(f"{label} {text}" if before else f"{text} ({label.lower()})")
        lines.append(_cell(sheet, i, sheet.shown[0], mark) + dash + comma.join(cells))
    return [Lines(tuple(lines), bullets=rng.random() < 0.7)]


def _lines(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    lines = _sentences(sheet, mark, rng)
    if rng.random() < 0.3:
        return [Lines((" ".join(lines),))]
    return [Lines(tuple(lines), bullets=rng.random() < 0.6)]


def _chat(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    return [Lines(tuple(_sentences(sheet, mark, rng)))]


def _sentences(sheet: Sheet, mark: Mark, rng: random.Random) -> list[str]:
    """Return the rows in the words of a template; only full rows can be said in words."""
    fitting = [line for line in sheet.schema.lines if set(slots(line)) == {*sheet.shown}]
    template = rng.choice(fitting)
    lines = []
    for i, row in enumerate(sheet.rows):
        if all(row[name].text for name in sheet.shown):
            words = {name: _within(sheet, i, name, mark) for name in sheet.shown}
            lines.append(template.format(**words))
    return lines


def _within(sheet: Sheet, row: int, column: str, mark: Mark) -> str:
    """Return a cell as it is written within a sentence, where words have no capital."""
    cell = sheet.rows[row][column]
    named = cell.mentions[0] if cell.mentions[0].lower() == cell.text.lower() else cell.text
    return mark(sheet.key(row, column), named)


def _faq(sheet: Sheet, mark: Mark, rng: random.Random) -> list[Part]:
    """Return some cells as answers to questions that name their row."""
    columns = {c.name: c for c in sheet.schema.columns if c.name in sheet.shown}
    name = sheet.shown[0]
    bold = rng.random() < 0.5
    parts: list[Part] = []
    for i, row in enumerate(sheet.rows):
        for column in rng.sample(sheet.shown[1:], min(2, len(sheet.shown) - 1)):
            fitting = [t for t in columns[column].asked if slots(t) == (name,)]
            if not fitting or not row[column].text:
                continue
            question = fitting[0].replace(f"{{{name}}}", row[name].mentions[0])
            question = f"{question[0].upper()}{question[1:]}?"
            answer = _cell(sheet, i, column, mark)
            if bold:
                parts += [Heading(question, 3), Lines((f"{answer}.",))]
            else:
                parts.append(Lines((f"Q: {question}", f"A: {answer}")))
    return parts
