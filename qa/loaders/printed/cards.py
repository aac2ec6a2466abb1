"""Separate cards that stand side by side, each with a title and the same labels."""

from __future__ import annotations

from collections.abc import Sequence

from qa.loaders.printed.line import Line
from qa.loaders.printed.rows import ALIGNED, LABELLED

# So many lines have the same label in each card.
_LEAST_SHARED = 2
# Lines of one card are so many heights apart; no more of them stand above the labels.
_STEP = 2.5
_MAX_TITLE = 3


def split_cards(lines: Sequence[Line]) -> list[Line]:
    """Return the lines, each card whole before the one beside it.

    Written line by line, they are across the page::

        Kestrel               Osprey
        Berths: 4             Berths: 6
        Per day: €180         Per day: €260
    """
    found: list[Line] = []
    position = 0
    while position < len(lines):
        stretch = _stretch(lines, position)
        if not stretch:
            found.append(lines[position])
            position += 1
            continue
        position += len(stretch)
        columns = _columns(stretch)
        found += [
            line.part(cell, cell + 1)
            for column in columns
            for line in stretch
            for cell, (left, _) in enumerate(line.edges)
            if abs(left - column) < ALIGNED
        ]
    return found


def _stretch(lines: Sequence[Line], start: int) -> Sequence[Line]:
    """Return the lines from ``start`` on that are those of cards; none if they are not."""
    end = start + 1
    while end < len(lines) and _is_next(lines[end - 1], lines[end]):
        end += 1
    stretch = lines[start:end]
    columns = _columns(stretch)
    while stretch and not all(_column(left, columns) for left, _ in stretch[-1].edges):
        stretch = stretch[:-1]
    for count in range(len(stretch), 1, -1):  # the next cards may follow closely
        cards = stretch[:count]
        if count == len(stretch) or _begins_card(stretch[count]):
            shared = [_shared(line) for line in cards]
            if _are_cards(cards, shared, columns):
                return cards
    return []


def _are_cards(lines: Sequence[Line], shared: Sequence[str], columns: Sequence[float]) -> bool:
    """Return whether lines are those of one row of cards, with the ``shared`` label of each."""
    labels = [label for label in shared if label]
    first = next((number for number, label in enumerate(shared) if label), len(shared))
    return (
        len(labels) >= _LEAST_SHARED
        and len(set(labels)) == len(labels)
        and first <= _MAX_TITLE
        and all(len(line.cells) == len(columns) for line in lines[:first])
        and all(LABELLED.match(cell) for line in lines[first:] for cell in line.cells)
        and all(_column(left, columns) for line in lines for left, _ in line.edges)
    )


def _begins_card(line: Line) -> bool:
    """Return whether a line has the titles of cards, without labels."""
    return len(line.cells) > 1 and not any(map(LABELLED.match, line.cells))


def _is_next(above: Line, line: Line) -> bool:
    return (
        line.page == above.page
        and 0 < above.bottom - line.bottom < _STEP * max(line.size, above.size)
        and not (line.outline or line.entry or line.led)
    )


def _columns(lines: Sequence[Line]) -> list[float]:
    """Return where the cells of the first line begin."""
    return [left for left, _ in lines[0].edges] if lines else []


def _column(left: float, columns: Sequence[float]) -> bool:
    return any(abs(left - column) < ALIGNED for column in columns)


def _shared(line: Line) -> str:
    """Return the label that all cells of a line have, empty without one."""
    found = [LABELLED.match(cell) for cell in line.cells]
    labels = {match["label"] for match in found if match}
    return labels.pop() if len(found) > 1 and all(found) and len(labels) == 1 else ""
