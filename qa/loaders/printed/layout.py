"""Join printed lines into paragraphs, and leave out running headers and footers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise
from statistics import median

from qa.loaders.bold import states_value
from qa.loaders.extracted import Extracted, Range, TextBuilder
from qa.loaders.letter import subject_of
from qa.loaders.printed.columns import split_columns
from qa.loaders.printed.contents import mark_contents
from qa.loaders.printed.forms import split_forms
from qa.loaders.printed.line import LIGATURES, Line
from qa.loaders.printed.marked import add_marked, marked_tables
from qa.loaders.printed.rows import (
    ALIGNED,
    Column,
    column_of,
    first_column,
    is_figure,
    rows_of,
)
from qa.loaders.printed.stacked import join_labels
from qa.loaders.printed.tables import (
    PrintedRow,
    columns_of,
    header_rows,
    is_form,
    same_columns,
    widen_totals,
)
from qa.loaders.tables.pairs import pairs_of
from qa.types import BlockKind

# Headers and footers are within this share of the page's height from its edge.
_MARGIN = 0.12
_PAGE_NUMBER = re.compile(
    r"(?:page\s+)?[-–—]?\s*(?:\d{1,4}|[ivxlc]{1,7})\s*[-–—]?(?:\s*(?:of|/)\s*\d{1,4})?",
    re.IGNORECASE,
)
_COUNT = re.compile(r"[-–—]?\s?(\d{1,4})\s?[-–—]?")
# Rows so many heights of a line apart may be of two tables.
_APART = 2.5
# So many lines before or after one may stand beside it.
_NEAR = 6
# A row of another table is so much further below, where the first step is so many heights.
_FURTHER, _FIRST_STEP = 1.3, 1.7
_EDGE_NUMBER = re.compile(
    r"^\W*\d+\W+|(?<!\W)\W+(?:\d+(?:\s*(?:/|of)\s*\d+)?|[ivxlc]{1,7})\W*$", re.IGNORECASE
)
_KEY = re.compile(r"[^\W\d_][^:.,;!?]{0,38}:\s")
_BULLET = re.compile(r"(?:[•‣◦▪●–—*-]|\(?(?:\d{1,3}|[a-z])[.)])\s")
_NUMBER = re.compile(r"\(?(\d{1,3})[.)]\s")
_LAST_PART, _FIRST_PART = re.compile(r"(?<![\w-])[\w-]+\Z"), re.compile(r"\w+")
_MAX_WORD = 100
_LETTER_PARAGRAPHS = 40
# A line that much larger than one above it is the title; fonts of one size differ by less.
_LARGER = 1.08
_ROW_CELLS = 3
# What is said of the things in rows: lines, the fewest, and after which share of the rows.
_MAX_SAID, _LEAST_SAID, _SAID = 2, 2, 0.6
_ENDS = tuple('.!?:;…"”’»)')
# First parts of words that keep their hyphen at the end of a line.
_HYPHENATED = re.compile(
    r"(?:^|\W)(?:all|anti|cross|co|ex|half|high|long|low|mid|non|post|pre|pro|self|semi|short|so|"
    r"well|world|\w*[A-Z\d]\w*)$"
)


@dataclass(slots=True)
class _Paragraph:
    lines: list[Line]
    is_row: bool = False
    is_group: bool = False  # names the rows of a table that follow
    is_over: bool = False  # names columns of the next row, not aligned with them
    is_merged: bool = False  # a cell that is merged over the next rows
    is_said: bool = False  # says something of the row above, such as what is in a dish


def arrange(
    pages: Sequence[Sequence[Line]],
    *,
    title: str,
    author: str,
    saved: str,
) -> Extracted:
    """Return paragraphs, headings and rows in the order of the lines.

    Running headers, footers and page numbers are left out, so that a sentence continues on the
    next page. A word divided at the end of a line is joined, with its hyphen if the document
    spells it so elsewhere.
    """
    repeated = _repeated(pages)
    numbers = _page_numbers(pages)
    lines = [
        line
        for line in chain.from_iterable(pages)
        if line.outline
        or line.tagged
        or not (id(line) in numbers or _is_margin_line(line, repeated))
    ]
    lines = mark_contents(lines, len(pages))
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    body_size = sizes.most_common(1)[0][0] if sizes else 0.0
    bold_body = 2 * sum(len(line.text) for line in lines if line.bold) > sizes.total()
    words = Counter(re.findall(r"\w+(?:-\w+)*", " ".join(line.text for line in lines).lower()))

    paragraphs = _paragraphs(lines)
    large = sorted({round(p.lines[0].size, 1) for p in paragraphs}, reverse=True)
    deepest = max((line.outline for line in lines), default=0)
    builder = TextBuilder()
    begins: dict[int, int] = {}
    heading = ("", 0.0)
    subject = _subject(paragraphs, words, bold_body)
    tables = _table_ends(paragraphs)
    marked = marked_tables([each.lines[0] for each in paragraphs])
    for position, paragraph in enumerate(paragraphs):
        if paragraph.lines[0].tagged:
            for page, start in add_marked(marked.get(position, ()), builder):
                begins.setdefault(page, start)
            continue
        if paragraph.is_row:
            if position in tables:
                table = paragraphs[position : tables[position]]
                for page, start in _add_table(table, builder):
                    begins.setdefault(page, start)
            continue
        text, offsets = _joined(paragraph, words)
        size = round(paragraph.lines[0].size, 1)
        kind: BlockKind = "body"
        depth = paragraph.lines[0].outline
        is_largest = size > max(_LARGER * heading[1], 1.12 * body_size)
        may_be_title = paragraph.lines[0].page == 0 and is_largest
        if depth:
            kind = "heading"
            if may_be_title:
                heading = (text, size)
        elif position == subject:
            kind = "heading"
            title = title or text
        elif paragraph.lines[0].entry:
            kind = "furniture"
        elif _is_heading(paragraph, text, body_size, bold_body):
            kind = "heading"
            if may_be_title:
                heading = (text, size)
            if states_value(text):
                kind = "body"  # "Total due: 1,944.00 euro" in bold, a figure on a poster
        # What the outline lacks, such as the title and small headings, is not above what it has.
        level = depth or (min(deepest + large.index(size) + 1, 6) if kind == "heading" else 0)
        if position == subject:
            level = 1
        if kind == "body":
            start = builder.add_content(text)
        else:
            start = builder.add(text, kind, level=level)
        for page, offset in offsets:
            begins.setdefault(page, start + offset)
    starts = _page_starts(begins, len(pages), builder.length)
    return builder.result(title=title or heading[0], author=author, pages=starts, saved=saved)


def _subject(paragraphs: Sequence[_Paragraph], words: Counter[str], bold_body: bool) -> int | None:
    """Return the position of the paragraph that names the subject of a letter, None without."""
    top = paragraphs[:_LETTER_PARAGRAPHS]
    texts = ["" if each.is_row else _joined(each, words)[0] for each in top]
    bold = [not each.is_row and each.lines[0].bold and not bold_body for each in top]
    return subject_of(texts, bold, above=True)


def _page_starts(begins: dict[int, int], count: int, end: int) -> tuple[int, ...]:
    """Return the start of each page; a page without text starts where the next one does."""
    starts = []
    following = end
    for page in reversed(range(count)):
        following = begins.get(page, following)
        starts.append(following)
    starts.reverse()
    return (0, *starts[1:])


def _is_margin_line(line: Line, repeated: set[tuple[str, int]]) -> bool:
    """Return whether a line is a running header or footer, or a page number."""
    return _in_margin(line) and (
        _key(line) in repeated or _PAGE_NUMBER.fullmatch(line.text.strip()) is not None
    )


def _page_numbers(pages: Sequence[Sequence[Line]]) -> set[int]:
    """Return the ids of lines that number the pages: the lowest of two pages, counting with them.

    The margin of a page may be far larger than those of others.
    """
    counted: dict[int, list[int]] = {}
    for number, page in enumerate(pages):
        lowest = min(page, key=lambda line: line.bottom, default=None)
        if lowest is not None and (found := _COUNT.fullmatch(lowest.text.strip())):
            counted.setdefault(int(found[1]) - number, []).append(id(lowest))
    return {each for found in counted.values() if len(found) > 1 for each in found}


def _in_margin(line: Line) -> bool:
    edge = _MARGIN * line.page_height
    return line.bottom < edge or line.bottom > line.page_height - edge


def _key(line: Line) -> tuple[str, int]:
    """Return what repeats on every page: the text without a page number, and the height."""
    return _EDGE_NUMBER.sub("", line.text).lower(), round(line.bottom / 4)


def _repeated(pages: Iterable[Sequence[Line]]) -> set[tuple[str, int]]:
    seen = Counter(
        key for page in pages for key in {_key(line) for line in page if _in_margin(line)}
    )
    return {key for key, count in seen.items() if count > 1 and re.search(r"[^\W\d]{3}", key[0])}


def _paragraphs(lines: Sequence[Line]) -> list[_Paragraph]:
    """Return the paragraphs and rows of lines; rows that the file marks are as they are."""
    found: list[_Paragraph] = []
    for is_marked, group in groupby(lines, lambda line: line.tagged is not None):
        if is_marked:
            found += [_Paragraph([line], is_row=True) for line in group]
        else:
            found += _unmarked(list(group))
    return found


def _unmarked(lines: Sequence[Line]) -> list[_Paragraph]:
    steps = [
        above.bottom - below.bottom
        for above, below in pairwise(lines)
        if above.page == below.page and 0 < above.bottom - below.bottom < 3 * above.size
    ]
    pitch = median(steps) if steps else 0.0
    lines = split_forms(_join_cells(join_labels(split_columns(lines)), pitch))
    by_page: dict[int, list[Line]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line)
    rows = rows_of(lines)
    width = first_column(lines, rows.all)
    found: list[_Paragraph] = []
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
                _Paragraph([line], is_row, is_group, number in rows.over, number in rows.merged)
            )
    _mark_said(found)
    return found


def _mark_said(paragraphs: Sequence[_Paragraph]) -> None:
    """Mark the lines that follow most rows of a table, each below the first cell of its row."""
    run: list[_Paragraph] = []
    said: list[_Paragraph] = []
    for above, paragraph in pairwise([_Paragraph([]), *paragraphs, _Paragraph([])]):
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


def _is_below(row: _Paragraph, paragraph: _Paragraph) -> bool:
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


def _join_cells(lines: Sequence[Line], pitch: float) -> list[Line]:
    """Join the lines of a row whose cells were written one after the other."""
    joined: list[Line] = []
    previous: Line | None = None
    for position, line in enumerate(lines):
        row = joined[-1] if joined else None
        is_apart = previous is not None and _begins_block(lines, position, previous)
        if not is_apart and (upper := _upper(joined, line)) is not None:
            joined[upper:] = [_with_cells(_one_cell(joined[upper:]), line)]
            previous = line
            continue
        if (
            row is None
            or previous is None
            or previous.page != line.page
            or is_apart
            or row.led
            or line.led
            or row.outline
            or line.outline
            or row.entry
            or line.entry
        ):
            joined.append(line)
        elif line.left > row.right and -0.5 < (line.bottom - previous.bottom) / line.size < 4:
            joined[-1] = _with_cells(row, line)
        elif (
            len(row.cells) > 1
            and abs(line.left - row.edges[-1][0]) < ALIGNED
            and 0 < previous.bottom - line.bottom < 1.3 * max(pitch, line.size)
        ):
            joined[-1] = replace(
                row,
                cells=(*row.cells[:-1], f"{row.cells[-1]} {line.cells[0]}", *line.cells[1:]),
                edges=(
                    *row.edges[:-1],
                    (row.edges[-1][0], max(row.edges[-1][1], line.edges[0][1])),
                    *line.edges[1:],
                ),
                bottom=min(row.bottom, line.bottom),
            )
        elif (
            0 < previous.bottom - line.bottom < 1.3 * max(pitch, line.size)
            and (cell := _continued(row, line)) is not None
        ):
            joined[-1] = _with_more(row, line, cell)
        else:
            joined.append(line)
        previous = line
    return joined


def _continued(row: Line, line: Line) -> int | None:
    """Return which cell of a row a line goes on, neither the first one nor the last."""
    if len(line.cells) > 1:
        return None
    for cell in range(1, len(row.cells) - 1):
        if (
            abs(line.left - row.edges[cell][0]) < ALIGNED
            and line.right < row.edges[cell + 1][0]
            and line.bold == row.bold
        ):
            return cell
    return None


def _with_more(row: Line, line: Line, cell: int) -> Line:
    """Return a row with the text of a line in one of its cells."""
    cells, edges = list(row.cells), list(row.edges)
    cells[cell] = f"{cells[cell]} {line.text}"
    edges[cell] = edges[cell][0], max(edges[cell][1], line.right)
    bottom = min(row.bottom, line.bottom)
    return replace(row, cells=tuple(cells), edges=tuple(edges), bottom=bottom)


def _with_cells(row: Line, line: Line) -> Line:
    """Return a row with the cells of a line to its right."""
    return replace(
        row,
        cells=(*row.cells, *line.cells),
        edges=(*row.edges, *line.edges),
        bottom=min(row.bottom, line.bottom),
        bold=row.bold and line.bold,
    )


def _one_cell(lines: Sequence[Line]) -> Line:
    """Return lines below one another as a line of one cell."""
    edge = min(line.left for line in lines), max(line.right for line in lines)
    text = " ".join(line.text for line in lines)
    bottom = min(line.bottom for line in lines)
    return replace(lines[0], cells=(text,), edges=(edge,), bottom=bottom)


def _upper(joined: Sequence[Line], line: Line) -> int | None:
    """Return the position of the line beside which a line stands, if it is not the last one.

    Below it, in its cell, are lines in another type: what is said of a thing below its name.
    """
    for position in range(len(joined) - 2, max(len(joined) - 2 - _NEAR, -1), -1):
        upper, below = joined[position], joined[position + 1]
        if (
            upper.page != line.page
            or abs(upper.left - below.left) > ALIGNED
            or len(below.cells) > 1
            or not 0 < upper.bottom - below.bottom < 2 * upper.size
        ):
            return None
        if abs(upper.bottom - line.bottom) < 0.3 * line.size and upper.right < line.left:
            differs = upper.bold != below.bold or abs(upper.size - below.size) > 0.1 * upper.size
            is_free = not (upper.outline or line.outline or upper.entry or line.entry)
            beside = all(each.right < line.left for each in joined[position:])
            is_cell = differs and is_free and beside and len(upper.cells) == 1
            return position if is_cell else None
    return None


def _begins_block(lines: Sequence[Line], position: int, previous: Line) -> bool:
    """Return whether a line beside others, above the last of them, begins a block of its own.

    In that are rows, or lines of several types, beside the same lines; the cell of a table has one
    text.
    """
    line = lines[position]
    if line.bottom - previous.bottom < 0.7 * line.size:
        return False
    is_row = len(line.cells) > 1
    for below in lines[position + 1 : position + 1 + _NEAR]:
        if below.page != line.page or below.left < line.left - ALIGNED:
            return False
        is_row = is_row or (
            below.left > line.right and abs(below.bottom - line.bottom) < 0.3 * line.size
        )
        if (
            abs(below.left - line.left) < ALIGNED
            and line.bottom - below.bottom > 0.7 * line.size
            and below.bottom > previous.bottom - 0.5 * line.size
        ):
            differs = below.bold != line.bold or abs(below.size - line.size) > 0.1 * line.size
            return is_row or differs
    return False


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
        return len(last.cells) < _ROW_CELLS and not ended and (not short or line.text[:1].islower())
    if step > 1.3 * max(pitch, last.size):
        return False
    if line.left > last.left + 0.9 * line.size and not _BULLET.match(above[0].text):
        # A term with what is said of it, whose further lines are indented.
        return len(above) == 1 and not (short or ended) and line.text[:1].islower()
    very_short = last.right < right - 0.4 * (right - last.left)
    if (very_short and not line.text[:1].islower()) or (short and _KEY.match(line.text)):
        return False  # the lines of an address, of a list or of keys and values
    return not (short and ended)


def _is_next_item(item: Line, line: Line) -> bool:
    """Return whether a line begins the item of a list that follows an item above.

    Any other number at its start belongs to the sentence: "It costs" / "60. Children are free".
    """
    number, before = _NUMBER.match(line.text), _NUMBER.match(item.text)
    if number and before:
        return int(number[1]) == int(before[1]) + 1
    return not number and not before and _BULLET.match(item.text) is not None


def _joined(paragraph: _Paragraph, words: Counter[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return a paragraph's text, and each line's page and start in the text."""
    text = ""
    offsets = []
    previous: Line | None = None
    for line in paragraph.lines:
        if previous is not None:
            text += _seam(text, line.text, words) if previous.hyphenated else " "
        offsets.append((line.page, len(text)))
        text += line.text
        previous = line
    if previous is not None and previous.hyphenated:
        text += "-"
    return text, offsets


def _table_ends(paragraphs: Sequence[_Paragraph]) -> dict[int, int]:
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


def _is_apart(above: _Paragraph, paragraph: _Paragraph, steps: Sequence[float]) -> bool:
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


def _add_table(table: Sequence[_Paragraph], builder: TextBuilder) -> Iterator[tuple[int, int]]:
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
    table: Sequence[_Paragraph], rows: Sequence[Sequence[str | None]], builder: TextBuilder
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


def _continues_table(above: _Paragraph, paragraph: _Paragraph) -> bool:
    if not above.is_row or not paragraph.is_row or above.lines[0].tagged:
        return False
    if above.is_over or above.is_group or paragraph.is_group or above.is_merged:
        return True
    if above.lines[-1].led and paragraph.lines[0].led:
        return True
    if _names_columns(above, paragraph):
        return False
    return same_columns(_printed(above), _printed(paragraph))


def _names_columns(above: _Paragraph, paragraph: _Paragraph) -> bool:
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


def _printed(paragraph: _Paragraph) -> PrintedRow:
    """Return a row's cells; lines above the last one begin its first cell."""
    *above, line = paragraph.lines
    first = " ".join([*(each.text for each in above), line.cells[0]])
    cells = tuple(cell.translate(LIGATURES) for cell in (first, *line.cells[1:]))
    return PrintedRow(cells, line.edges, line.bold)


def _seam(before: str, after: str, words: Counter[str]) -> str:
    """Return what joins two parts of a word, a hyphen or nothing."""
    left, right = _LAST_PART.search(before[-_MAX_WORD:]), _FIRST_PART.match(after)
    part, rest = (left.group() if left else ""), (right.group() if right else "")
    whole, hyphened = words[(part + rest).lower()], words[f"{part}-{rest}".lower()]
    if whole != hyphened:
        return "" if whole > hyphened else "-"
    return "-" if not rest[:1].islower() or _HYPHENATED.search(part) else ""


def _is_heading(paragraph: _Paragraph, text: str, body_size: float, bold_body: bool) -> bool:
    first = paragraph.lines[0]
    return (
        len(paragraph.lines) <= 3
        and len(text) <= 200
        and any(character.isalpha() for character in text)
        and not text.endswith((".", ";", ","))
        and text[0] not in "•‣◦▪●"
        and (first.size > 1.12 * body_size or (first.bold and not bold_body))
    )
