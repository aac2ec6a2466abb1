"""Lines of labels and values, and of terms with what is said of them beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from qa.builder.views.boxes import Range
from qa.loaders.lines.rules import unboxed

# "Key ..... value"; and "Key:", perhaps the item of a list, with its value or before it.
_ITEM = r"[ \t]*(?:[-*•·][ \t]+)?"
_KEY = r"(?P<key>[^\W_][^\n:|;?!]{0,39}?)"
_LED = re.compile(rf"{_ITEM}{_KEY}[ \t]*\.{{3,}}[ \t]*(?P<value>\S.{{0,119}}?)[ \t]*")
_DOTS = "..."
# One of several in a line: "Soup ..... 6.50    Pie ..... 9.00".
_LED_PART = re.compile(
    r"[ \t]*(?P<key>[^\W_][^\n:|;?!.]{0,39}?)[ \t]*\.{3,}[ \t]*"
    r"(?P<value>[^\s.]\S*+(?: [^\s.]\S*+)*+)(?=[ \t]{2}|$)"
)
_LABEL = re.compile(rf"{_ITEM}{_KEY}[ \t]*:{{1,2}}(?:[ \t]+(?P<value>\S.*?)[ \t]*)?")
# A setting, "port = 4177", and no line of a program, which has other signs too.
_SETTING = re.compile(
    r"[ \t]*(?P<key>[^\W\d][\w.-]*(?: [\w.-]+){0,3})[ \t]*=[ \t]*(?P<value>[^\s=].*?)"
    r"(?:[ \t]+[;#][ \t]*(?P<remark>\S.*?))?[ \t]*"
)
_CODE = re.compile(r"\w[(\[]|[<>\\|&$]|[({,;\[]$")
# What separates the labels of a line, and a term from what is said of it.
_GAP = re.compile(r"(?:[ \xa0]*+\t[ \t\xa0]*+|[ \xa0]{2,}+)(?!:)|[ \t]+\|[ \t]+")
_TERM = re.compile(r"[^\W_](?:[^\n:|;?!.,]|[.,](?=\S)){0,39}")
# With the dots or spaces between its key and its value; a longer one is not searched.
_MAX_LINE = 400
_MAX_KEY_WORDS = 5
_MAX_TERM_WORDS = 4
_MAX_DATE_WORDS = 7
# Of an item: "A1  Keep off", "IV  Fees", "V.2  Delay".
_MARK = re.compile(r"[^\W\d_]\d{0,2}|[IVX]{1,4}|\w{1,3}(?:\.\w{1,3})+")
_MAX_VALUE_WORDS = 12
# One that is aligned with others, or goes on in lines that begin below it, may be longer.
_MAX_HANGING_WORDS = 80
# A longer value that ends like a sentence is one, as in talk: "Ana: I will bring the key."
_SENTENCE_WORDS = 4
# A line may begin so many places beside the column that it is in.
_BESIDE = 1
_LEAST_TERMS = 2
_MAX_TERM = 80  # with the gap behind it
_INDENTED = 2

# A label, none for a value without one, and the place of its value.
Field = tuple[tuple[Range, ...], Range]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text: its place without the spaces around it, and in which column it begins.

    ``is_first`` tells that it is the first one of its block.
    """

    start: int
    end: int
    column: int
    is_first: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """Fields that are read together, none or some, and the place of the lines they stand in."""

    start: int
    end: int
    fields: tuple[Field, ...]


def lines_of(text: str, start: int, end: int) -> list[Line]:
    """Return the lines between two offsets that are not empty."""
    lines: list[Line] = []
    begin = text.rfind("\n", 0, start) + 1
    for line in text[start:end].splitlines(keepends=True):
        if words := unboxed(line).strip():
            at = start + line.index(words)
            column = 0 if text[begin:at].strip() else at - begin
            lines.append(Line(at, at + len(words), column, not lines))
        start += len(line)
        begin = start
    return lines


def labelled(text: str, lines: Sequence[Line]) -> Iterator[Entry]:
    """Yield the lines of labels and values, and those of none as entries without fields.

    A value goes on in the lines that begin below it.
    """
    number = 0
    while number < len(lines):
        line, taken = lines[number], 1
        fields = _fields(text, line)
        if len(fields) == 1:
            key, (start, end) = fields[0]
            taken += _hanging(lines[number:], line.column + start - line.start)
            fields = ((key, (start, lines[number + taken - 1].end if taken > 1 else end)),)
        hangs = taken > 1 or any(_is_apart(text, field) for field in fields)
        if not all(_is_value(text[slice(*value)], hangs=hangs) for _, value in fields):
            fields, taken = (), 1
        after = lines[number + taken] if number + taken < len(lines) else None
        if fields and after and text[after.start].islower() and not _fields(text, after):
            fields = ()  # a sentence that goes on
        yield Entry(line.start, lines[number + taken - 1].end, fields)
        number += taken


def _hanging(lines: Sequence[Line], column: int) -> int:
    """Return how many lines after the first one of some begin in a column of it."""
    if column < lines[0].column + _INDENTED:
        return 0
    below = takewhile(lambda each: abs(each.column - column) <= _BESIDE, lines[1:])
    return sum(1 for _ in below)


def _is_apart(text: str, field: Field) -> bool:
    """Return whether a gap is between a label and its value, as where values are aligned."""
    label, (start, _) = field
    return bool(label) and _GAP.search(text, label[0][1], start) is not None


def _is_value(value: str, *, hangs: bool) -> bool:
    words = len(value.split())
    if hangs:
        return words <= _MAX_HANGING_WORDS
    is_sentence = words > _SENTENCE_WORDS and value.endswith((".", "?", "!"))
    return words <= _MAX_VALUE_WORDS and not is_sentence


def _fields(text: str, line: Line) -> tuple[Field, ...]:
    """Return the labels of a line with their values, none unless it begins with a label."""
    words = text[line.start : line.end]
    if len(words) > _MAX_LINE:
        return ()
    if _DOTS in words:  # else the search, which takes most of the time, finds nothing
        if fields := list(_led(line.start, words)):
            return tuple(fields)
        if found := _LED.fullmatch(words):
            return (_field(line.start, found),) if _is_key(found["key"]) else ()
    fields = []
    if found := _SETTING.fullmatch(words):
        return () if _CODE.search(found["value"]) else (*_setting(line.start, found),)
    label: Range | None = None
    named = 0
    for start, end in _parts(words):
        found = _LABEL.fullmatch(words, start, end)
        found = found if found and _is_key(found["key"]) else None
        place = (line.start + start, line.start + end)
        if found is None:
            fields.append(((label,) if label else (), place))
            label = None
        elif label is not None:
            return ()  # the form is not filled in
        elif found["value"] is None:
            label = (line.start + found.start("key"), line.start + found.end("key"))
            named += 1
        else:
            fields.append(_field(line.start, found))
            named += 1
    if label is not None or not fields or not fields[0][0]:
        return ()
    if named == 1:  # what follows its value belongs to it
        key, (start, _) = fields[0]
        return ((key, (start, line.end)),)
    return tuple(fields) if len(fields) < 2 * named else ()


def field_of(text: str, place: Range) -> Field | None:
    """Return the label of a part of a line with its value, None without one."""
    start, end = place
    fields = _fields(text, Line(start, end, 0, False))
    return fields[0] if len(fields) == 1 and fields[0][0] else None


def _led(offset: int, words: str) -> Iterator[Field]:
    """Yield the keys of a line of several with their values, to which dots lead."""
    found = list(_LED_PART.finditer(words))
    if len(found) > 1 and not _LED_PART.sub("", words).strip():
        yield from (_field(offset, each) for each in found if _is_key(each["key"]))


def _parts(words: str) -> Iterator[Range]:
    """Yield the parts of a line that gaps separate."""
    edges = [(0, 0), *(found.span() for found in _GAP.finditer(words)), (len(words), len(words))]
    for (_, start), (end, _) in pairwise(edges):
        if start < end:
            yield start, end


def _field(offset: int, found: re.Match[str]) -> Field:
    (start, end), (left, right) = found.span("key"), found.span("value")
    return ((offset + start, offset + end),), (offset + left, offset + right)


def _setting(offset: int, found: re.Match[str]) -> Iterator[Field]:
    """Yield a setting, and what is remarked on it."""
    yield _field(offset, found)
    if found["remark"]:
        yield (), (offset + found.start("remark"), offset + found.end("remark"))


def _is_key(key: str) -> bool:
    return len(key.split()) <= _MAX_KEY_WORDS


def terms(text: str, lines: Sequence[Line]) -> Iterator[Entry]:
    """Yield terms, each with what is said of it beside it, of which there are several in a row.

    The terms begin in one column and what is said of them in another, or a tab separates them;
    it goes on in lines that begin in its column::

        PARKING    Free for two hours behind the library; after
                   that £1.20 an hour.
        BRING      A pound coin for the locker.
    """
    number = 0
    while number < len(lines):
        found: list[tuple[Range, Range]] = []
        columns = (-1, -1)
        while number < len(lines) and (split := _term(text, lines[number])) is not None:
            line, (term, start) = lines[number], split
            tabbed = "\t" in text[term[1] : start]
            own = (line.column, -1 if tabbed else line.column + start - line.start)
            if found and own != columns:
                break
            columns = own
            taken = 1
            while number + taken < len(lines) and _goes_on(lines[number + taken], columns[1]):
                taken += 1
            found.append((term, (start, lines[number + taken - 1].end)))
            number += taken
        if len(found) >= _LEAST_TERMS and _are_said([text[slice(*said)] for _, said in found]):
            yield from (Entry(term[0], said[1], (((term,), said),)) for term, said in found)
        if not found:
            number += 1


def _goes_on(line: Line, column: int) -> bool:
    return not line.is_first and column > 0 and abs(line.column - column) <= _BESIDE


def _term(text: str, line: Line) -> tuple[Range, int] | None:
    """Return the place of a term that a gap follows, and where the rest of its line begins."""
    words = text[line.start : line.end]
    gap = _GAP.search(words, 0, _MAX_TERM)
    if gap is None or gap.start() == 0 or words[0].isdecimal():
        return None
    if not _TERM.fullmatch(words, 0, gap.start()):
        return None
    term, rest = words[: gap.start()], words[gap.end() :]
    most = _MAX_TERM_WORDS if not any(map(str.isdecimal, term)) else _MAX_DATE_WORDS
    if rest.startswith(":"):
        return None
    is_mark = _MARK.fullmatch(term) and words[gap.start() : gap.end()] == "  "
    if is_mark or len(term.split()) > most or _GAP.search(rest):
        return None
    is_said = any(map(str.isalpha, rest))
    return ((line.start, line.start + gap.start()), line.start + gap.end()) if is_said else None


def _are_said(values: Sequence[str]) -> bool:
    """Return whether the values of terms do not go on where the line before them ended."""
    return 2 * sum(value[:1].islower() for value in values) <= len(values)
