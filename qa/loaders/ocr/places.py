"""Find where on the picture of its page each word of a text stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from qa.loaders.extracted import Extracted
from qa.loaders.ocr.order import in_order
from qa.networks.ocr import OcrLine, OcrPage
from qa.text import type_width
from qa.types import ScannedLine

# In corners, the width and the height of a picture.
UNIT = 10_000
_WORD = re.compile(r"[^\s|]\S*")
# Lines that were moved are found by searching again in what is left, so many times.
_PASSES = 3


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a line; ``first`` is the place of its first letter in the line's text.

    ``edges`` are where it begins and ends, as shares of the line's length.
    """

    text: str
    line: OcrLine
    first: int
    confidence: float
    edges: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Match:
    """Letters of one word and where they are in the document's text."""

    word: _Word
    first: int
    start: int
    end: int


def located(extracted: Extracted, scanned: Mapping[int, OcrPage]) -> Extracted:
    """Return a text with the places of the words on its ``scanned`` pages, by page from 0.

    The words read on a page are aligned with those in its part of the text, from which running
    headers are missing and where words divided at the end of a line are joined.
    """
    bounds = [*extracted.pages, len(extracted.text)]
    found: list[ScannedLine] = []
    for number, page in sorted(scanned.items()):
        start, end = bounds[number : number + 2]
        lines = [box.line for row in in_order(page) for box in row]
        found += aligned(extracted.text, start, end, page, number + 1, lines)
    return replace(extracted, scanned=tuple(found))


def aligned(
    text: str, start: int, end: int, page: OcrPage, number: int, lines: Sequence[OcrLine]
) -> Iterator[ScannedLine]:
    """Yield the places of the words between two offsets, on the page with a number from 1.

    ``lines`` are those of the page in the order in which they are read.
    """
    words = [word for line in lines for word in _words(line)]
    matches = sorted(_matches(text, start, end, words), key=lambda each: each.start)
    yield from _lines(text, matches, page, number)


def _matches(text: str, start: int, end: int, words: list[_Word]) -> Iterator[_Match]:
    places = [(each.start(), each.end()) for each in _WORD.finditer(text, start, end)]
    for _ in range(_PASSES):
        aligned = SequenceMatcher(
            None, [word.text for word in words], [text[a:b] for a, b in places], autojunk=False
        )
        words_left: list[_Word] = []
        places_left: list[tuple[int, int]] = []
        for kind, first, last, begin, stop in aligned.get_opcodes():
            if kind == "equal":
                for word, (a, b) in zip(words[first:last], places[begin:stop], strict=True):
                    yield _Match(word, 0, a, b)
            elif joined := list(_joined(text, words[first:last], places[begin:stop])):
                yield from joined
            else:
                words_left += words[first:last]
                places_left += places[begin:stop]
        if not words_left or not places_left or len(words_left) == len(words):
            return
        words, places = words_left, places_left


def _words(line: OcrLine) -> Iterator[_Word]:
    width = type_width(line.text)
    for number, part in enumerate(re.finditer(r"\S+", line.text)):
        begin, end = (type_width(line.text[:place]) / width for place in part.span())
        left, right = line.edges[number] if line.edges else (begin, end)
        for each in _WORD.finditer(part.group()):
            # Without the bar before it, if there is one.
            first = type_width(part.group()[: each.start()]) / type_width(part.group())
            edges = left + first * (right - left), right
            start = part.start() + each.start()
            yield _Word(each.group(), line, start, line.confidences[number], edges)


def _joined(
    text: str, words: Sequence[_Word], places: Sequence[tuple[int, int]]
) -> Iterator[_Match]:
    """Yield the matches of words that differ from the text in hyphens alone, else nothing."""
    letters = [place for start, end in places for place in range(start, end)]
    matches = []
    for word in words:
        count = len(word.text)
        if "".join(text[place] for place in letters[:count]) != word.text:
            count -= 1  # without the hyphen at its end
            if not (word.text.endswith("-") and count):
                return
            if "".join(text[place] for place in letters[:count]) != word.text[:count]:
                return
        matches.append(_Match(word, 0, letters[0], letters[count - 1] + 1))
        del letters[:count]
    if not letters:
        yield from matches


def _lines(
    text: str, matches: Sequence[_Match], page: OcrPage, number: int
) -> Iterator[ScannedLine]:
    """Join the matches of one line that follow one another in the text."""
    groups: list[list[_Match]] = []
    for match in matches:
        last = groups[-1][-1] if groups else None
        if (
            last is None
            or last.word.line is not match.word.line
            or last.word.first >= match.word.first
            or text[last.end : match.start].strip()
        ):
            groups.append([])
        groups[-1].append(match)
    for group in groups:
        line = group[0].word.line
        begin, end = group[0].word.edges[0], group[-1].word.edges[1]
        edges = [
            tuple(round(UNIT * (edge - begin) / (end - begin or 1.0)) for edge in each.word.edges)
            for each in group
        ]
        yield ScannedLine(
            start=group[0].start,
            end=group[-1].end,
            page=number,
            corners=tuple(_on_picture(page, x, y) for x, y in _part(line, begin, end)),
            confidences=tuple(round(100 * each.word.confidence) for each in group),
            edges=tuple((left, right) for left, right in edges) if line.edges else (),
        )


def _part(line: OcrLine, first: float, last: float) -> list[tuple[float, float]]:
    """Return the corners of a part of a line, given as shares of its length."""
    upper_left, upper_right, lower_right, lower_left = line.corners
    return [
        _between(upper_left, upper_right, first),
        _between(upper_left, upper_right, last),
        _between(lower_left, lower_right, last),
        _between(lower_left, lower_right, first),
    ]


def _between(
    left: tuple[float, float], right: tuple[float, float], share: float
) -> tuple[float, float]:
    return left[0] + share * (right[0] - left[0]), left[1] + share * (right[1] - left[1])


def _on_picture(page: OcrPage, x: float, y: float) -> tuple[int, int]:
    """Return a point of the upright page as a point of the picture, in its units."""
    across, down = x / page.width, y / page.height
    turned = [
        (across, down),
        (1 - down, across),
        (1 - across, 1 - down),
        (down, 1 - across),
    ][page.turns % 4]
    right, below = (round(UNIT * min(max(each, 0.0), 1.0)) for each in turned)
    return right, below
