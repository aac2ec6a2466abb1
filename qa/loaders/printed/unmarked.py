"""Append the tables that only the places of their cells show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qa.loaders.extracted import Range, TextBuilder
from qa.loaders.printed.line import LIGATURES
from qa.loaders.printed.paragraph import Paragraph
from qa.loaders.printed.rows import ALIGNED, is_figure
from qa.loaders.printed.tables import (
    PrintedRow,
    columns_of,
    header_rows,
    is_form,
    same_columns,
    widen_totals,
)
from qa.loaders.tables.pairs import pairs_of

# Rows so many heights of a line apart may be of two tables.
_APART = 2.5
# A row of another table is so much further below, where the first step is so many heights.
_FURTHER, _FIRST_STEP = 1.3, 1.7


def table_ends(paragraphs: Sequence[Paragraph]) -> dict[int, int]:
    """Return the positions at which tables begin, each with the one after its last row."""
    ends: dict[int, int] = {}
    start = 0
    steps: list[float] = []  # between the rows of the table
    for position, paragraph in enumerate(paragraphs):
        if not paragraph.is_row or paragraph.lines[0].tagged:
            continue
        if paragraph.is_said:
            ends[start] = position + 1
            continue
        above = paragraphs[position - 1] if position else None
        if above is not None and above.is_said:
            above = paragraphs[position - 2]
        if (
            above is None
            or not _continues_table(above, paragraph)
            or _is_apart(above, paragraph, steps)
        ):
            start, steps = position, []
        elif above.lines[-1].page == paragraph.lines[0].page:
            steps.append(above.lines[-1].bottom - paragraph.lines[0].bottom)
        ends[start] = position + 1
    return ends


def _is_apart(above: Paragraph, paragraph: Paragraph, steps: Sequence[float]) -> bool:
    """Return whether a row is further below the last one than others, and in other columns."""
    before, line = above.lines[-1], paragraph.lines[0]
    if before.page != line.page or above.is_over or above.is_group or paragraph.is_group:
        return False
    if above.is_merged or paragraph.is_merged:
        return False
    usual = max(steps, default=_FIRST_STEP * line.size)
    if before.bottom - line.bottom < _FURTHER * usual:
        return False
    fewer, more = sorted((_printed(above), _printed(paragraph)), key=lambda row: len(row.cells))
    aligned = sum(
        any(
            min(abs(left - other_left), abs(right - other_right)) < ALIGNED
            or abs(left + right - other_left - other_right) < 2 * ALIGNED
            for other_left, other_right in more.edges
        )
        for left, right in fewer.edges
    )
    return 2 * aligned <= len(fewer.edges)


def _continues_table(above: Paragraph, paragraph: Paragraph) -> bool:
    if not above.is_row or not paragraph.is_row or above.lines[0].tagged:
        return False
    if above.is_over or above.is_group or paragraph.is_group or above.is_merged:
        return True
    if above.lines[-1].led and paragraph.lines[0].led:
        return True
    if _names_columns(above, paragraph):
        return False
    return same_columns(_printed(above), _printed(paragraph))


def _names_columns(above: Paragraph, paragraph: Paragraph) -> bool:
    """Return whether a row names the columns of another table, or again of the same.

    It is far below figures, or in bold below a row that is not. A table that goes on where
    another one has stood would have its headers.
    """
    before, line = above.lines[-1], paragraph.lines[-1]
    if line.bold and not before.bold and len(line.cells) > 1 and before.page == line.page:
        return all(cell[:1].isalpha() and not any(map(str.isdigit, cell)) for cell in line.cells)
    figures = sum(map(is_figure, before.cells))
    return (
        (before.page != line.page or before.bottom - line.bottom > _APART * line.size)
        and 2 * figures >= len(before.cells)
        and all(cell[:1].isalpha() and not any(map(str.isdigit, cell)) for cell in line.cells)
    )


def add_table(table: Sequence[Paragraph], builder: TextBuilder) -> Iterator[tuple[int, int]]:
    """Append the rows of a table; yield the page and start of each."""
    rows = [_printed(each) for each in table if not (each.is_group or each.is_said)]
    headers = header_rows(rows)
    columns = columns_of(rows, headers)
    if not headers and len(rows) == len(table) and is_form(columns):
        yield from _add_form(table, columns, builder)
        return
    widen_totals(columns, headers)
    cells = iter(enumerate(columns))
    groups = any(paragraph.is_group for paragraph in table)
    group: Range | None = None
    first: Range | None = None
    name: Range = (0, 0)
    builder.begin_table()
    for paragraph in table:
        if paragraph.is_said:
            text = " ".join(line.text for line in paragraph.lines)
            places = builder.add_row([name, *[""] * (len(columns[0]) - 1), text])
        elif paragraph.is_group:
            places = builder.add_row([paragraph.lines[0].text])
            group, first = places[0] if places else None, None
        else:
            number, row = next(cells)
            texts: list[str | Range | None] = list(row)
            if first and number not in headers and _is_under(row):
                texts[0] = first
            if groups:
                texts.insert(0, "" if number in headers or group is None else group)
            places = builder.add_row(texts, header=number in headers)
            own = places[int(groups)] if places else (0, 0)
            name = own
            first = own if own[0] < own[1] and number not in headers else None
        if places:
            yield paragraph.lines[0].page, builder.blocks[-1].start


def _add_form(
    table: Sequence[Paragraph], rows: Sequence[Sequence[str | None]], builder: TextBuilder
) -> Iterator[tuple[int, int]]:
    """Append each name of a form with its value; yield the page and start of each row."""
    builder.begin_table()
    for paragraph, row in zip(table, rows, strict=True):
        first = len(builder.blocks)
        for pair in pairs_of(row[: len(row) - len(row) % 2]):
            builder.add_row(pair)
        if len(builder.blocks) > first:
            yield paragraph.lines[0].page, builder.blocks[first].start


def _is_under(row: Sequence[str | None]) -> bool:
    """Return whether a row has the name of the row above, as where that one's cell is merged."""
    return row[0] == "" and len(row) > 2 and all(row[1:]) and not is_figure(row[1] or "")


def _printed(paragraph: Paragraph) -> PrintedRow:
    """Return a row's cells; lines above the last one begin its first cell."""
    *above, line = paragraph.lines
    first = " ".join([*(each.text for each in above), line.cells[0]])
    cells = tuple(cell.translate(LIGATURES) for cell in (first, *line.cells[1:]))
    return PrintedRow(cells, line.edges, line.bold)
