"""Join the lines of a row whose cells were written one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from qa.loaders.printed.line import Line
from qa.loaders.printed.rows import ALIGNED, LABELLED

# So many lines before or after one may stand beside it.
_NEAR = 6
_LEAST_LABELS = 2
# So many lines of an address are beside those of another, each with so many words.
_LEAST_PAIRS = 3
_MAX_WORDS = 5


def join_cells(lines: Sequence[Line], pitch: float) -> list[Line]:
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

    Below it, in its cell, are lines in another type: what is said of a thing below its name. It
    may be beside the middle of all of them.
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
        middle = (upper.bottom + joined[-1].bottom) / 2
        is_beside = min(abs(at - line.bottom) for at in (upper.bottom, middle)) < 0.3 * line.size
        if is_beside and upper.right < line.left:
            differs = upper.bold != below.bold or abs(upper.size - below.size) > 0.1 * upper.size
            is_free = not (upper.outline or line.outline or upper.entry or line.entry)
            beside = all(each.right < line.left for each in joined[position:])
            is_cell = differs and is_free and beside and len(upper.cells) == 1
            return position if is_cell else None
    return None


def _begins_block(lines: Sequence[Line], position: int, previous: Line) -> bool:
    """Return whether a line beside others, above the last of them, begins a block of its own.

    In that are rows, lines of several types, labels with their values or the lines of an address,
    beside the same lines; the cell of a table has one text.
    """
    line = lines[position]
    if line.bottom - previous.bottom < 0.7 * line.size:
        return False
    own = _in_column(lines[position : position + 1 + _NEAR])
    labels = [found["label"] for each in own if (found := LABELLED.match(each.text))]
    if len(set(labels)) >= _LEAST_LABELS and LABELLED.match(line.text):
        return True
    left = _in_column(lines[max(position - 1 - _NEAR, 0) : position][::-1])
    if left and left[0].right < line.left and _are_beside(left, own):
        return True
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


def _in_column(lines: Sequence[Line]) -> list[Line]:
    """Return the first lines, those that begin below one another and are no rows."""
    first = lines[0]
    return list(
        takewhile(
            lambda each: abs(each.left - first.left) < ALIGNED and len(each.cells) == 1, lines
        )
    )


def _are_beside(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Return whether lines like those of addresses stand beside others, line by line."""
    pairs = [
        (line, other)
        for line in right
        for other in left
        if abs(line.bottom - other.bottom) < 0.3 * line.size and line.page == other.page
    ]
    return len(pairs) >= _LEAST_PAIRS and all(
        _is_of_address(line) for pair in pairs for line in pair
    )


def _is_of_address(line: Line) -> bool:
    """Return whether a line has few words, and is not part of a longer text."""
    words = line.text.split()
    return (
        len(words) <= _MAX_WORDS
        and (line.text[0].isupper() or not line.text[0].isalpha())
        and not words[-1].endswith((",", "-"))
    )
