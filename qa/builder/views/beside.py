"""Two blocks of lines side by side, as in a letterhead, as they are read: one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qa.builder.views.boxes import Range
from qa.builder.views.labels import Entry, Field, Line, field_of

# What separates the blocks is so wide, and a line so long.
_GAP = re.compile(r"[ \xa0]{2,}")
_CELL = re.compile(r"\S+(?:[ \xa0]\S+)*")
# What may be a label with its value.
_LABEL = re.compile(r"[^:]{1,40}:(?=[ \xa0]+\S)")
_LEAST_GAP = 2
_MAX_LINE = 200
# So many lines have something in both blocks, and so many labels are in one of them.
_LEAST_LINES = 2
_LEAST_LABELS = 2
# So many lines of an address have a word.
_ADDRESSED = 0.6
_MAX_LINES = 12
# So many of the widest gaps of a line are tried.
_MAX_GAPS = 3
# A line of an address, and a label with its value, is short.
_MAX_WORDS = 12
# "Flat 2", "3 Mill Lane", and not "instead of", "E2" or "//".
_ADDRESS = re.compile(r"[^\W_a-z].*?[^\W\d_]{3}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Split:
    """A line, and what of it stands left and right of a gap; one of these may be empty."""

    line: Line
    left: Range | None
    right: Range | None


def beside(text: str, lines: Sequence[Line]) -> Iterator[Entry]:
    """Yield the lines of an address beside labels with their values, each block in its order.

    As in::

        Fernhill Dental Practice        Telephone: 01743 555 0182
        14 Castle Foregate              Our reference: FD/25/0417
        Shrewsbury SY1 2DN              Date: 9 June 2025

    There are no labels in one of the blocks and several in the other, all different.
    """
    number = 0
    cells = [_cells(text, line) for line in lines]
    labels = [":" in text[line.start : line.end] for line in lines]
    while number < len(lines):
        near = slice(number, number + _MAX_LINES)
        is_likely = len(cells[number]) > 1 and sum(labels[near]) >= _LEAST_LABELS
        found = _stretch(text, lines[near], cells[near]) if is_likely else None
        if found:
            count, fields = found
            yield Entry(lines[number].start, lines[number + count - 1].end, tuple(fields))
            number += count
        else:
            number += 1


def _cells(text: str, line: Line) -> list[Range]:
    """Return where the parts of a line are that gaps separate; none of a long one."""
    words = text[line.start : line.end]
    return [found.span() for found in _CELL.finditer(words)] if len(words) <= _MAX_LINE else []


def _stretch(
    text: str, lines: Sequence[Line], cells: Sequence[Sequence[Range]]
) -> tuple[int, list[Field]] | None:
    """Return how many lines from the first one on are of two blocks, and the fields of these."""
    first = lines[0]
    gaps = [(first.column + a, first.column + b) for (_, a), (b, _) in pairwise(cells[0])]
    for gap in sorted(gaps, key=lambda gap: gap[0] - gap[1])[:_MAX_GAPS]:
        splits = _beside_gap(text, lines, cells, gap)
        if sum(each.left is not None and each.right is not None for each in splits) < _LEAST_LINES:
            continue
        left = [each.left for each in splits if each.left]
        right = [each.right for each in splits if each.right]
        sides = _may_be(text, left), _may_be(text, right)
        if sides in ((False, True), (True, False)):
            fields = (
                [_field(text, place) for place in left],
                [_field(text, place) for place in right],
            )
            plain, labelled = fields if sides[1] else fields[::-1]
            if _is_plain(text, plain) and _is_labelled(text, labelled):
                return len(splits), [*fields[0], *fields[1]]
    return None


def _beside_gap(
    text: str, lines: Sequence[Line], cells_of: Sequence[Sequence[Range]], gap: Range
) -> list[_Split]:
    """Return the lines from the first one on that leave a part of a gap free."""
    low, high = gap
    splits: list[_Split] = []
    for line, cells in zip(lines, cells_of, strict=True):
        if splits and line.is_first:
            break
        ends = [line.column + end for _, end in cells if line.column + end <= high]
        starts = [line.column + start for start, _ in cells if line.column + start >= low]
        if not cells or len(ends) + len(starts) != len(cells):
            break
        narrowed = max([low, *ends]), min([high, *starts])
        if narrowed[1] - narrowed[0] < _LEAST_GAP:
            break
        low, high = narrowed
        count = len(ends)
        splits.append(
            _Split(
                line,
                (line.start + cells[0][0], line.start + cells[count - 1][1]) if count else None,
                (line.start + cells[count][0], line.end) if count < len(cells) else None,
            )
        )
    while splits and not splits[-1].right and not _is_short(_words(text, splits[-1])):
        splits.pop()
    return splits


def _words(text: str, split: _Split) -> str:
    return text[slice(*split.left)] if split.left else ""


def _may_be(text: str, places: Sequence[Range]) -> bool | None:
    """Return whether the lines of a block may be labels, all different; None if of neither kind."""
    found = [_LABEL.match(text, *place) for place in places]
    keys = [match[0].lower() for match in found if match]
    if not keys:
        return False
    return True if _LEAST_LABELS <= len(keys) == len(set(keys)) else None


def _field(text: str, place: Range) -> Field:
    """Return a label with its value, or a line without one."""
    return (":" in text[slice(*place)] and field_of(text, place)) or ((), place)


def _is_plain(text: str, fields: Sequence[Field]) -> bool:
    """Return whether the lines of a block are those of an address: no labels, no gaps."""
    words = [text[slice(*value)] for _, value in fields]
    named = sum(_ADDRESS.match(each) is not None for each in words)
    return (
        not any(label for label, _ in fields)
        and not any(map(_GAP.search, words))
        and all(len(each.split()) <= _MAX_WORDS and not each[0].islower() for each in words)
        and named > _ADDRESSED * len(words)
    )


def _is_labelled(text: str, fields: Sequence[Field]) -> bool:
    """Return whether most lines of a block are labels with their values, all different."""
    keys = [text[slice(*label[0])].lower() for label, _ in fields if label]
    return (
        len(keys) >= _LEAST_LABELS
        and 2 * len(keys) >= len(fields)
        and len(set(keys)) == len(keys)
        and all(_is_short(text[slice(*value)]) for _, value in fields)
    )


def _is_short(words: str) -> bool:
    return len(words.split()) <= _MAX_WORDS and not words.endswith((",", ";"))
