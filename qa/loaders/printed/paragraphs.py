"""Join printed lines into paragraphs and rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from statistics import median

from qa.loaders.printed.cards import split_cards
from qa.loaders.printed.cells import join_cells
from qa.loaders.printed.columns import split_columns
from qa.loaders.printed.forms import split_forms
from qa.loaders.printed.line import Line
from qa.loaders.printed.paragraph import Paragraph
from qa.loaders.printed.rows import ALIGNED, Column, column_of, first_column, is_figure, rows_of
from qa.loaders.printed.stacked import join_labels

_KEY = re.compile(r"[^\W\d_][^:.,;!?]{0,38}:\s")
_BULLET = re.compile(r"(?:[•‣◦▪●–—*-]|\(?(?:\d{1,3}|[a-z])[.)])\s")
_NUMBER = re.compile(r"\(?(\d{1,3})[.)]\s")
_ROW_CELLS = 3
# What is said of the things in rows: lines, the fewest, and after which share of the rows.
_MAX_SAID, _LEAST_SAID, _SAID = 2, 2, 0.6
# The lines of an address are so many heights wide, and have so many words.
_NARROW, _LISTED_WORDS = 12, 4
# A key with its value has so many words.
_MAX_FIELD = 6
# A paragraph begins so many heights left of the item of a list above it.
_OUTDENT = 0.9
_FAR = 6
_ENDS = tuple('.!?:;…"”’»)')


def paragraphs_of(lines: Sequence[Line]) -> list[Paragraph]:
    """Return the paragraphs and rows of lines; rows that the file marks are as they are."""
    found: list[Paragraph] = []
    for is_marked, group in groupby(lines, lambda line: line.tagged is not None):
        if is_marked:
            found += [Paragraph([line], is_row=True) for line in group]
        else:
            found += _unmarked(list(group))
    return found


def _unmarked(lines: Sequence[Line]) -> list[Paragraph]:
    steps = [
        above.bottom - below.bottom
        for above, below in pairwise(lines)
        if above.page == below.page and 0 < above.bottom - below.bottom < 3 * above.size
    ]
    pitch = median(steps) if steps else 0.0
    lines = split_forms(join_cells(join_labels(split_cards(split_columns(lines))), pitch))
    by_page: dict[int, list[Line]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line)
    rows = rows_of(lines)
    width = first_column(lines, rows.all)
    found: list[Paragraph] = []
    for line in lines:
        is_row, is_group = id(line) in rows.all, id(line) in rows.groups
        last = found[-1] if found and not found[-1].is_row else None
        if (
            last
            and is_row
            and id(line) not in rows.groups
            and _wraps(last.lines, line, pitch, width)
        ):
            last.lines.append(line)
            last.is_row = True
        elif (
            last
            and not is_row
            and _continues(last.lines, line, by_page[last.lines[-1].page], pitch)
        ):
            last.lines.append(line)
        else:
            number = id(line)
            found.append(
                Paragraph([line], is_row, is_group, number in rows.over, number in rows.merged)
            )
    _mark_said(found)
    return found


def _mark_said(paragraphs: Sequence[Paragraph]) -> None:
    """Mark the lines that follow most rows of a table, each below the first cell of its row."""
    run: list[Paragraph] = []
    said: list[Paragraph] = []
    for above, paragraph in pairwise([Paragraph([]), *paragraphs, Paragraph([])]):
        if above.is_row and paragraph.lines and _is_below(above, paragraph):
            said.append(paragraph)
            continue
        is_next = (
            bool(run) and paragraph.is_row and (above.is_row or (bool(said) and above is said[-1]))
        )
        if not is_next:
            if len(said) >= _LEAST_SAID and len(said) >= _SAID * len(run):
                for each in said:
                    each.is_row = each.is_said = True
            run, said = [], []
        if paragraph.is_row:
            run.append(paragraph)


def _is_below(row: Paragraph, paragraph: Paragraph) -> bool:
    last, line = row.lines[-1], paragraph.lines[0]
    return (
        not paragraph.is_row
        and len(paragraph.lines) <= _MAX_SAID
        and not (line.outline or line.entry or line.bold)
        and line.page == last.page
        and len(last.cells) > 1
        and is_figure(last.cells[-1])
        and -0.3 * line.size < line.left - row.lines[0].left < 2 * line.size
        and 0 < last.bottom - line.bottom < 1.6 * max(line.size, last.size)
    )


def _wraps(above: Sequence[Line], row: Line, pitch: float, width: Mapping[Column, float]) -> bool:
    """Return whether the lines above begin a row's first cell.

    A line that had room for the next word, in the ``width`` of its column, does not.
    """
    if len(row.cells) < 2:
        return False
    right = width.get(column_of(row), 0.0)
    words = row.cells[0].split()
    share = len(words[0]) / max(len(row.cells[0]), 1) if words else 0.0
    needed = share * (row.edges[0][1] - row.left) + 0.3 * row.size
    return (
        all(
            line.page == row.page
            and not line.outline
            and abs(line.left - row.left) < ALIGNED
            and line.right < row.edges[1][0]
            and abs(line.size - row.size) < 0.1 * row.size
            and line.bold == row.bold
            for line in above
        )
        and 0 < above[-1].bottom - row.bottom < 1.3 * max(pitch, row.size)
        and above[-1].right + needed > right
    )


def _continues(above: Sequence[Line], line: Line, page: Sequence[Line], pitch: float) -> bool:
    """Return whether a line continues the paragraph of the lines above, which are on ``page``."""
    last = above[-1]
    if last.outline or line.outline or last.entry or line.entry:
        return False
    if last.hyphenated:
        return True
    if abs(last.size - line.size) > 0.1 * last.size or last.bold != line.bold:
        return False
    step = last.bottom - line.bottom
    ended = last.text.endswith(_ENDS)
    right = max(other.right for other in page if abs(other.left - last.left) <= 3 * last.size)
    short = last.right < right - 0.2 * (right - last.left)
    if _BULLET.match(line.text) and (ended or short or _is_next_item(above[0], line)):
        return False
    if last.page != line.page or step < -0.5 * last.size or step > 5 * last.size:
        # A new column or page continues a sentence that has not ended, and no row of a table.
        if ended or len(last.cells) >= _ROW_CELLS or _are_listed([*above, line]):
            return False
        return line.text[:1].islower() or not (short or _is_field(above))
    if step > 1.3 * max(pitch, last.size) or _is_outdented(last, line):
        return False
    if line.left > last.left + 0.9 * line.size and not _BULLET.match(above[0].text):
        # A term with what is said of it, whose further lines are indented.
        return len(above) == 1 and not (short or ended) and line.text[:1].islower()
    very_short = last.right < right - 0.4 * (right - last.left)
    if (very_short and not line.text[:1].islower()) or (
        _KEY.match(line.text) and (short or _KEY.match(last.text))
    ):
        return False  # the lines of an address, of a list or of keys and values
    if _are_listed([*above, line]):
        return False
    if short and line.left < last.left - _OUTDENT * line.size and line.text[:1].isupper():
        return False  # below a list whose marks are drawn
    return not (short and ended)


def _is_outdented(above: Line, line: Line) -> bool:
    """Return whether a line begins far left of the one above, and is not centred below it."""
    is_centred = abs(above.left + above.right - line.left - line.right) < 2 * line.size
    return line.left < above.left - _FAR * line.size and not is_centred


def _are_listed(lines: Sequence[Line]) -> bool:
    """Return whether lines are those of an address, where nothing beside shows that they are short.

    They are narrow, of a few words, begin with capitals or figures, and none needs what follows.
    """
    return all(
        len(line.cells) == 1
        and not line.bold
        and line.right - line.left < _NARROW * line.size
        and len(line.text.split()) <= _LISTED_WORDS
        and (line.text[0].isupper() or line.text[0].isdecimal())
        and not (line.text.endswith(",") or line.text.rsplit(maxsplit=1)[-1].islower())
        for line in lines
    )


def _is_field(lines: Sequence[Line]) -> bool:
    """Return whether a paragraph is a key with its value, which do not go on elsewhere."""
    words = lines[0].text
    return len(lines) == 1 and _KEY.match(words) is not None and len(words.split()) <= _MAX_FIELD


def _is_next_item(item: Line, line: Line) -> bool:
    """Return whether a line begins the item of a list that follows an item above.

    Any other number at its start belongs to the sentence: "It costs" / "60. Children are free".
    """
    number, before = _NUMBER.match(line.text), _NUMBER.match(item.text)
    if number and before:
        return int(number[1]) == int(before[1]) + 1
    return not number and not before and _BULLET.match(item.text) is not None
