"""What an answer is: a date, an amount, a duration, a name; and whether two of them differ."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from qa.answers.question_words import content_stems
from qa.text import mentions

# Of long answers each has its own way of saying something.
_MAX_WORDS, _MAX_NAME = 8, 6
_NUMBER = re.compile(r"\d[\d.,:]*\d|\d")
_NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "twice"
).split()
_FIGURES = [*map(str, range(1, 21)), *map(str, range(30, 100, 10)), "2 times"]
_WRITTEN = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b")
_MONTH_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_MONTH = re.compile(rf"\b{_MONTH_NAME}\b(?=\.?,?\s*\d|\s*$)|(?<=\d )(?:of )?{_MONTH_NAME}\b")
_DAY = re.compile(
    r"\b(mon|tues|wednes|thurs|fri|satur|sun)days?\b|(?-i:\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b)",
    re.IGNORECASE,
)
_WHICH_DAY = re.compile(
    r"\b(first|second|third|fourth|last|"
    r"january|february|march|april|may|june|july|august|september|october|november|december)\b"
)
_MONEY = re.compile(r"[£$€]|\b(?:eur(?:os?)?|usd|gbp|dollars?|pounds?|chf|francs?)\b")
_CLOCK = re.compile(
    r"(?<![\d.,])(?:[01]?\d|2[0-4])[:.][0-5]\d(?!\d)\s*(?:[ap]\.?m\.?)?|\d\s*[ap]\.?m\.?|o'clock"
)
_YEAR = re.compile(
    r"\W*(?:(?:in|by|about|around|since|before|after|until|circa|c)\W+)*(?:1[5-9]|20)\d\d\W*"
)
_UNIT = re.compile(
    r"[\d)\]]\s*+(?:[-–]\s*+)?(?!(?:to|and|or)\b)(%|[a-z°]+)|(?:\b[a-z]+)\s+(per cent)"
)
_SPAN = re.compile(
    r"(?P<count>\d[\d.,]{0,30})[\s-]+(?:(?:working|calendar|full|whole|consecutive)\s+)?"
    r"(?P<unit>minute|hour|day|week|month|year)s?\b"
)
_MINUTES = {
    **{"minute": 1.0, "hour": 60.0, "day": 1440.0, "week": 7 * 1440.0},
    **{"month": 365.25 / 12 * 1440, "year": 365.25 * 1440},
}
_OFTEN = re.compile(
    r"\b(?:(?:every|each|once (?:a|every|in)|per)\s+(?:(?P<count>\d[\d.,]*)\s+)?"
    r"(?P<unit>minute|hour|day|week|month|year)s?|(?P<adverb>hour|dai|week|month|year)ly)\b"
)
_ASKED_SPAN = re.compile(r"\bhow many (?:\w+ ){0,2}?(minute|hour|day|week|month|year)s\b")
_SOME_NUMBER = re.compile(rf"\d|{_WRITTEN.pattern}")
_UNIT_OF_TIME = re.compile(r"\b(?:minute|hour|day|week|month|year)|\b(?:dai|hour)ly\b")
# What a text with a value of a kind has, in lower case.
_SIGNS = {
    "day": re.compile(r"\b(?:mon|tue|wed|thu|fri|sat|sun)"),
    "date": re.compile(rf"\b{_MONTH_NAME}\b"),
    "money": _MONEY,
    "time": _CLOCK,
    "year": _SOME_NUMBER,
    "duration": _UNIT_OF_TIME,
    "frequency": _UNIT_OF_TIME,
}
# A span so many times as long is one of something else.
_FAR = 60
# What is asked with these has no name for an answer.
_NO_NAME = re.compile(r"\W*(?:why|how|is|are|was|were|do|does|did|can|may|must|will)\b")


@dataclass(frozen=True, slots=True)
class Value:
    """What an answer is: its kind, with the unit of a number, and the parts that tell it."""

    kind: str
    parts: frozenset[str]


@lru_cache(maxsize=256)  # the same words are compared with many others
def value_of(question: str, answer: str) -> Value | None:
    """Return what an answer to a question is; None for one that is not compared."""
    count = len(answer.split())
    if count > _MAX_WORDS:
        return None
    text = answer.casefold()
    if (days := _DAY.findall(answer)) and not re.search(r"\d", _CLOCK.sub("", text)):
        named = {(long or short).casefold()[:3] for long, short in days}
        clock = map(_plain, _NUMBER.findall(text))
        return Value("day", frozenset([*named, *_WHICH_DAY.findall(text), *clock]))
    figures = _in_figures(text)
    if often := _OFTEN.search(figures):
        unit = "day" if often["adverb"] == "dai" else often["unit"] or often["adverb"]
        every = float(_plain(often["count"] or "1")) * _MINUTES[unit]
        return Value("frequency", frozenset([f"{every:.0f}"]))
    numbers = [_plain(number) for number in _NUMBER.findall(figures)]
    if not numbers:
        return _name(question, answer) if count <= _MAX_NAME else None
    return _figure(question.casefold(), text, figures, numbers)


def _figure(question: str, text: str, figures: str, numbers: list[str]) -> Value:
    """Return what an answer with numbers is: ``figures`` has those in words as figures."""
    if months := [found.removeprefix("of ")[:3] for found in _MONTH.findall(text)]:
        return Value("date", frozenset([*numbers, *months]))
    if _MONEY.search(text):
        return Value("money", frozenset(numbers[:1]))
    if _CLOCK.search(text):
        return Value("time", frozenset(numbers))
    if len(numbers) == 1 and _YEAR.fullmatch(text):
        return Value("year", frozenset(numbers))
    spans = [(found["count"], found["unit"]) for found in _SPAN.finditer(figures)]
    if not spans and len(numbers) == 1 and (asked := _ASKED_SPAN.search(question)):
        spans = [(numbers[0], asked[1])]
    if spans:
        minutes = sum(_MINUTES[unit] * float(_plain(number)) for number, unit in spans)
        return Value("duration", frozenset([f"{minutes:.0f}"]))
    unit = _UNIT.search(figures)
    name = (unit[1] or unit[2]) if unit else ""
    name = "%" if name in ("%", "per", "percent", "per cent") else name[:4].rstrip("s")
    return Value(f"number {name}", frozenset(numbers))


def _name(question: str, answer: str) -> Value | None:
    """Return what an answer in words alone is: a name, or what something is called."""
    asked = question.casefold()
    if _NO_NAME.match(asked):
        return None
    is_who = re.search(r"\b(?:who|whom|whose)\b", asked)
    if is_who and not re.search(r"\b[^\W\d_a-z]", answer):
        return None
    parts = frozenset(content_stems(answer))
    return Value("name", parts) if parts else None


def differ(question: str, one: str, other: str) -> bool:
    """Return whether two answers are of one kind, and different, neither inside the other."""
    first, second = value_of(question, one), value_of(question, other)
    return first is not None and second is not None and are_different(first, second)


def are_different(one: Value, other: Value) -> bool:
    """Return whether two values are of one kind, and different, neither inside the other."""
    if not are_alike(one, other):
        return False
    if one.kind == "name":
        return _are_other_names(one.parts, other.parts)
    if one.kind == "duration" and not _are_near(*one.parts, *other.parts):
        return False
    return not (one.parts <= other.parts or other.parts <= one.parts)


def _are_other_names(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether two names have no word in common, or differ in one: not "J" and "John"."""
    own, others = one - other, other - one
    if not one & other:
        return True
    return len(own) == len(others) == 1 and min(own)[0] != min(others)[0]


def equal(one: Value | None, other: Value | None) -> bool:
    """Return whether two values are the same; nothing is none of them."""
    if one is None or other is None:
        return False
    return are_alike(one, other) and one.parts == other.parts


def states(text: str, answer: str, value: Value) -> bool:
    """Return whether a text has the words of an answer, or its value in others."""
    if mentions(text, answer):
        return True
    pattern = {"duration": _SPAN, "frequency": _OFTEN}.get(value.kind)
    return pattern is not None and any(
        value_of("", each[0]) == value for each in pattern.finditer(_in_figures(text.casefold()))
    )


def may_hold(value: Value, text: str) -> bool:
    """Return whether a text may have a value of the kind of another: a quick look."""
    if value.kind == "name":
        return True
    folded = text.casefold()
    if sign := _SIGNS.get(value.kind):
        return sign.search(folded) is not None
    return value.kind.removeprefix("number ") in folded and bool(_SOME_NUMBER.search(folded))


def _are_near(one: str, other: str) -> bool:
    """Return whether two durations, in minutes, may be of one thing."""
    shorter, longer = sorted((float(one), float(other)))
    return longer <= _FAR * shorter


def is_name(question: str, answer: str) -> bool:
    """Return whether an answer is compared as a name."""
    found = value_of(question, answer)
    return found is not None and found.kind == "name"


def are_alike(one: Value, other: Value) -> bool:
    """Return whether two values are of one kind.

    A number without a unit is of any unit, or an amount of money.
    """
    if one.kind == other.kind:
        return True
    kinds = (one.kind, other.kind)
    is_number = all(kind.startswith("number") or kind == "money" for kind in kinds)
    return is_number and "number " in kinds


def _in_figures(text: str) -> str:
    """Return a text in lower case with its numbers in figures."""
    return _WRITTEN.sub(lambda found: _FIGURES[_NUMBER_WORDS.index(found[0])], text)


def _plain(number: str) -> str:
    number = re.sub(r"[,.](?=\d{3}(?!\d))", "", number).replace(",", ".").rstrip(".:")
    return number.removesuffix(".00")
