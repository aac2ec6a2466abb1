"""Find tables in plain text whose rows are a name and figures, with single spaces between some."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qa.loaders.extracted import Range

# A name and at least so many figures.
LEAST_FIGURES = 3
_LEAST_ROWS = 3
_MAX_NAME = 60
_MAX_LINE = 400
_MAX_WORD = 12
_WORD = re.compile(r"\S+")
_FIGURE = re.compile(r"[-+−–]?[£$€]?\d[\d.,:]*%?|[-–—]")
# "8.00 - 17.00" is one value.
_SPAN = re.compile(r"\d%? [-–—] [£$€]?\d")
# Names and columns that are aligned have a gap between them.
_RULE = re.compile(r"[\s|+=_–—─-]+")
_GAP = re.compile(r"[ \t\xa0]{2,}$")

Row = tuple[int, tuple[Range, ...]]


def tables_of_figures(
    lines: Sequence[tuple[int, str]], group: Sequence[int]
) -> Iterator[tuple[list[Row], bool]]:
    """Yield tables among adjacent lines, and whether their first row names the columns.

    ``lines`` have their start in the text. A row is a line's number and the places of its cells.
    """
    run: list[int] = []
    count = 0

    def found() -> Iterator[tuple[list[Row], bool]]:
        if len(run) >= _LEAST_ROWS and _is_gapped([lines[n][1] for n in run], count):
            rows = [(n, _cells(lines[n], count)) for n in run]
            above = run[0] - 1
            above -= _RULE.fullmatch(lines[above][1]) is not None
            if above >= group[0] and (names := _names(lines[above], count)):
                yield [(above, names), *rows], True
            else:
                yield rows, False

    for number in group:
        own = _figures_in(lines[number][1])
        if own and own == count:
            run.append(number)
            continue
        yield from found()
        run, count = ([number], own) if own else ([], 0)
    yield from found()


def _figures_in(text: str) -> int:
    """Return how many figures end a line that begins with a name, 0 if these are no row."""
    words = _WORD.findall(text) if len(text) <= _MAX_LINE else []
    count = 0
    while count < len(words) and _FIGURE.fullmatch(words[-1 - count]):
        count += 1
    is_row = (
        LEAST_FIGURES <= count < len(words)
        and any(map(str.isalpha, " ".join(words)))
        and not _SPAN.search(text)
    )
    return count if is_row else 0


def _is_gapped(texts: Sequence[str], count: int) -> bool:
    """Return whether figures are apart from the names before them, as columns are."""
    before = [text[: [*_WORD.finditer(text)][-count].start()] for text in texts]
    return all(len(each.strip()) <= _MAX_NAME for each in before) and 2 * sum(
        _GAP.search(each) is not None for each in before
    ) > len(texts)


def _cells(line: tuple[int, str], count: int) -> tuple[Range, ...]:
    start, text = line
    words = [*_WORD.finditer(text)]
    name = (start + words[0].start(), start + words[-count - 1].end())
    return name, *((start + word.start(), start + word.end()) for word in words[-count:])


def _names(line: tuple[int, str], count: int) -> tuple[Range, ...]:
    """Return the cells of the line above figures if it names each column; else none."""
    start, text = line
    words = [*_WORD.finditer(text)] if len(text) <= _MAX_LINE else []
    if len(words) < count or any(len(w.group()) > _MAX_WORD for w in words[-count:]):
        return ()
    if _FIGURE.fullmatch(words[-1].group()) or not any(map(str.isalpha, words[-1].group())):
        return ()
    if len(words) > count + 1:
        return ()
    if len(words) == count:
        return (start, start), *((start + w.start(), start + w.end()) for w in words)
    return _cells(line, count)
