"""Put the lines found on a page in the order in which they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, sin
from statistics import mean, median

from qa.networks.ocr import OcrLine, OcrPage

# What separates columns of text from the cells of a table: enough lines on either side, wide
# in line heights and in words (medians), of which enough span their column and begin in
# mid-sentence.
_MIN_LINES = 4
_MIN_WIDTH = 7.0
_MIN_WORDS = 3
_MIN_FULL_SHARE = 0.5
_MIN_CONTINUED_SHARE = 0.25
# Of the lines, so many may cross the space between two columns, as headlines do.
_MAX_CROSSING_SHARE = 0.3
# The lines by which a page is set straight are this many times as long as high.
_LONG = 4.0


@dataclass(frozen=True, slots=True)
class Box:
    """A line on the straightened page, in pixels from the page's upper left corner."""

    line: OcrLine
    left: float
    right: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        """The height of the line."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """The height at which the line runs."""
        return (self.top + self.bottom) / 2


def in_order(page: OcrPage) -> list[list[Box]]:
    """Return the rows of a page in reading order, the boxes of a row from left to right.

    A tilted page is straightened. Columns of running text come one after the other, each with
    the rows of its own; the cells of a table stay in their row.
    """
    return _ordered(_straightened(page))


def _straightened(page: OcrPage) -> list[Box]:
    angle = _tilt(page.lines)
    turn_x, turn_y = cos(angle), sin(angle)
    boxes = []
    for line in page.lines:
        points = [(x * turn_x + y * turn_y, y * turn_x - x * turn_y) for x, y in line.corners]
        (left_1, top_1), (right_1, top_2), (right_2, bottom_1), (left_2, bottom_2) = points
        boxes.append(
            Box(
                line,
                (left_1 + left_2) / 2,
                (right_1 + right_2) / 2,
                (top_1 + top_2) / 2,
                (bottom_1 + bottom_2) / 2,
            )
        )
    return boxes


def _tilt(lines: Sequence[OcrLine]) -> float:
    """Return the angle of the long lines, in radians, clockwise."""
    angles = []
    for line in lines:
        (left, top), (right, other), _, (_, bottom) = line.corners
        if right - left > _LONG * abs(bottom - top):
            angles.append(atan2(other - top, right - left))
    return median(angles) if angles else 0.0


def _ordered(boxes: Sequence[Box]) -> list[list[Box]]:
    gutter = _gutter(boxes)
    if gutter is None:
        return _rows(boxes)
    crossing = sorted(
        (box for box in boxes if box.left < gutter < box.right), key=lambda box: box.middle
    )
    rows: list[list[Box]] = []
    bands: list[list[Box]] = [[] for _ in range(len(crossing) + 1)]
    for box in boxes:
        if not box.left < gutter < box.right:
            bands[sum(each.middle < box.middle for each in crossing)].append(box)
    for number, band in enumerate(bands):
        sides = (
            [box for box in band if box.right <= gutter],
            [box for box in band if box.left >= gutter],
        )
        if min(map(len, sides)) < 2:
            rows += _rows(band)
        else:
            rows += [row for side in sides for row in _ordered(side)]
        if number < len(crossing):
            rows.append([crossing[number]])
    return rows


def _gutter(boxes: Sequence[Box]) -> float | None:
    """Return where the space between two columns of text is, None if there is none."""
    best: tuple[int, float] | None = None
    for place in sorted({box.left - 1 for box in boxes}):
        left = [box for box in boxes if box.right <= place]
        right = [box for box in boxes if box.left >= place]
        if min(len(left), len(right)) < _MIN_LINES:
            continue
        crossing = len(boxes) - len(left) - len(right)
        if crossing > _MAX_CROSSING_SHARE * len(boxes) or (best and best[0] <= crossing):
            continue
        if _beside(left, right) and _is_prose(left) and _is_prose(right):
            middle = (max(box.right for box in left) + min(box.left for box in right)) / 2
            best = crossing, middle
    return best[1] if best else None


def _beside(left: Sequence[Box], right: Sequence[Box]) -> bool:
    """Return whether two columns stand side by side for most of the shorter one."""
    tops, bottoms = (
        [min(box.top for box in side) for side in (left, right)],
        [max(box.bottom for box in side) for side in (left, right)],
    )
    shorter = min(bottom - top for top, bottom in zip(tops, bottoms, strict=True))
    return min(bottoms) - max(tops) > shorter / 2


def _is_prose(column: Sequence[Box]) -> bool:
    height = median(box.height for box in column)
    left = min(box.left for box in column)
    width = max(box.right for box in column) - left
    return (
        median(box.right - box.left for box in column) >= _MIN_WIDTH * height
        and median(len(box.line.text.split()) for box in column) >= _MIN_WORDS
        and mean(box.right - left > 0.8 * width for box in column) >= _MIN_FULL_SHARE
        and mean(box.line.text[0].islower() for box in column) >= _MIN_CONTINUED_SHARE
    )


def _rows(boxes: Sequence[Box]) -> list[list[Box]]:
    """Return the boxes that stand beside one another as rows, from the top."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: (box.middle, box.left)):
        row = rows[-1] if rows else []
        if row and abs(mean(each.middle for each in row) - box.middle) < box.height / 2:
            row.append(box)
        else:
            rows.append([box])
    return [part for row in rows for part in _apart(sorted(row, key=lambda box: box.left))]


def _apart(row: list[Box]) -> list[list[Box]]:
    """Return a row, as two or more where boxes are above one another."""
    overlaps = any(after.left < before.right - before.height / 2 for before, after in pairwise(row))
    return [[box] for box in sorted(row, key=lambda box: box.middle)] if overlaps else [row]
