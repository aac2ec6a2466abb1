"""What OCR read on a page as the printed lines of a PDF's text layer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from math import log
from statistics import median

from qa.loaders.ocr.order import Box, in_order
from qa.loaders.printed.line import Line
from qa.networks.ocr import OcrPage

# The boxes of lines reach this far, in line heights, beyond the letters at both ends together.
_MARGIN = 0.6
_MARKER = re.compile(r"\W{1,2}|\(?\w{1,3}[.)]")  # of a list item
# The height of a box depends little on the size of its letters, so that their width decides.
# Within these shares of the usual width a line is of the usual size; other sizes are steps of a
# scale, so that equal headings have equal sizes.
_USUAL = (0.75, 1.22)
_STEP = 1.25
_HIGHER = 1.03
_NARROW, _WIDE = set("iljtfrI.,;:!|'’ ()[]1"), set("mwMW@%—")
# Edges this close, in line heights, are aligned.
_ALIGNED = 0.5


def printed_lines(page: OcrPage, number: int, width: float) -> list[Line]:
    """Return the lines of a page in reading order; ``width`` is that of the page in points."""
    rows = in_order(page)
    boxes = [box for row in rows for box in row]
    if not boxes:
        return []
    usual = median(box.height for box in boxes for _ in box.line.text)
    usual_width = median(_letter_width(box) for box in boxes for _ in box.line.text)
    lefts = _aligned((box.left for box in boxes), _ALIGNED * usual)
    rights = _aligned((box.right for box in boxes), _ALIGNED * usual)
    scale = width / page.width
    height = page.height * scale
    lines = []
    for row in rows:
        cells = _cells(row)
        texts = [" ".join(box.line.text for box in cell) for cell in cells]
        hyphenated = texts[-1].endswith("-") and texts[-1][-2:-1].isalpha()
        if hyphenated:
            texts[-1] = texts[-1][:-1]
        lines.append(
            Line(
                cells=tuple(texts),
                edges=tuple(
                    (scale * lefts[cell[0].left], scale * rights[cell[-1].right]) for cell in cells
                ),
                page=number,
                bottom=height - scale * median(box.bottom for box in row),
                size=scale * usual * _share(row, usual, usual_width),
                bold=False,
                hyphenated=hyphenated,
                page_height=height,
            )
        )
    return lines


def _cells(row: list[Box]) -> list[list[Box]]:
    cells = [[row[0]]]
    for before, box in pairwise(row):
        marker = len(cells) == 1 and _MARKER.fullmatch(cells[0][0].line.text)
        if box.left > before.right and not marker:
            cells.append([])
        cells[-1].append(box)
    return cells


def _share(row: Iterable[Box], usual: float, usual_width: float) -> float:
    """Return the size of a row's letters as a share of the usual size."""
    longest = max(row, key=lambda box: len(box.line.text))
    share = _letter_width(longest) / usual_width
    higher = longest.height / usual > _HIGHER
    if _USUAL[0] <= share <= _USUAL[1] or higher != (share > 1):
        return 1.0
    return float(_STEP ** round(log(share, _STEP)))


def _letter_width(box: Box) -> float:
    """Return the width of an average letter of a line."""
    units = sum(
        0.5 if letter in _NARROW else 1.5 if letter in _WIDE else 1.2 if letter.isupper() else 1.0
        for letter in box.line.text
    )
    return max(box.right - box.left - _MARGIN * box.height, 1.0) / units


def _aligned(edges: Iterable[float], tolerance: float) -> dict[float, float]:
    """Return for each edge the middle of the edges that are close to one another."""
    groups: list[list[float]] = []
    for edge in sorted(edges):
        if not groups or edge - groups[-1][0] > tolerance:
            groups.append([])
        groups[-1].append(edge)
    return {edge: median(group) for group in groups for edge in group}
