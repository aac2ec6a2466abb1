"""What an answer is: a date, an amount, a duration, a name; and whether two of them differ."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.answers.question_words import content_stems

# Of long answers each has its own way of saying something.
_MAX_WORDS, _MAX_NAME = 8, 6
_NUMBER = re.compile(r"\d[\d.,:]*\d|\d")
_NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
).split()
_FIGURES = [*map(str, range(1, 21)), *map(str, range(30, 100, 10))]
_WRITTEN = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b")
_MONTH = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b(?=\.?\s*\d|\s*$)|"
    r"(?<=\d )(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b"
)
_DAY = re.compile(
    r"\b(mon|tues|wednes|thurs|fri|satur|sun)days?\b|(?-i:\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b)",
    re.IGNORECASE,
)
_WHICH_DAY = re.compile(
    r"\b(first|second|third|fourth|last|"
    r"january|february|march|april|may|june|july|august|september|october|november|december)\b"
)
_MONEY = re.compile(r"[£$€]|\b(?:eur(?:os?)?|usd|gbp|dollars?|pounds?|chf|francs?)\b")
_CLOCK = re.compile(r"\d[:.]\d\d(?!\d)\s*(?:[ap]\.?m\.?)?|\d\s*[ap]\.?m\.?|o'clock")
_UNIT = re.compile(r"[\d)\]]\s*[-–]?\s*(%|[a-z°]+)|(?:\b[a-z]+)\s+(per cent)")
_SPAN = re.compile(
    r"(?P<count>\d[\d.,]*)[\s-]+(?:(?:working|calendar|full|whole|consecutive)\s+)?"
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
# A span so many times as long is one of something else.
_FAR = 60
# What is asked with these has no name for an answer.
_NO_NAME = re.compile(r"\W*(?:why|how|is|are|was|were|do|does|did|can|may|must|will)\b")


@dataclass(frozen=True, slots=True)
class Value:
    """What an answer is: its kind, with the unit of a number, and the parts that tell it."""

    kind: str
    parts: frozenset[str]


def value_of(question: str, answer: str) -> Value | None:
    """Return what an answer to a question is; None for one that is not compared."""
    count = len(answer.split())
    if count > _MAX_WORDS:
        return None
    text = answer.casefold()
    if (days := _DAY.findall(answer)) and not re.search(r"\d", text):
        named = {(long or short).casefold()[:3] for long, short in days}
        return Value("day", frozenset(named | set(_WHICH_DAY.findall(text))))
    figures = _WRITTEN.sub(lambda found: _FIGURES[_NUMBER_WORDS.index(found[0])], text)
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
    if months := [found[:3] for found in _MONTH.findall(text)]:
        return Value("date", frozenset([*numbers, *months]))
    if _MONEY.search(text):
        return Value("money", frozenset(numbers[:1]))
    if _CLOCK.search(text):
        return Value("time", frozenset(numbers))
    if len(numbers) == 1 and re.fullmatch(r"\W*(?:1[5-9]|20)\d\d\W*", text):
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
    if first is None or second is None or not _of_one_kind(first.kind, second.kind):
        return False
    if first.kind == "name":
        return not first.parts & second.parts
    if first.kind == "duration" and not _are_near(*first.parts, *second.parts):
        return False
    return not (first.parts <= second.parts or second.parts <= first.parts)


def _are_near(one: str, other: str) -> bool:
    """Return whether two durations, in minutes, may be of one thing."""
    shorter, longer = sorted((float(one), float(other)))
    return longer <= _FAR * shorter


def is_name(question: str, answer: str) -> bool:
    """Return whether an answer is compared as a name."""
    found = value_of(question, answer)
    return found is not None and found.kind == "name"


def _of_one_kind(one: str, other: str) -> bool:
    """Return whether two kinds are one; a number without a unit is of any unit."""
    if one == other:
        return True
    is_number = one.startswith("number") and other.startswith("number")
    return is_number and "number " in (one, other)


def _plain(number: str) -> str:
    number = re.sub(r"[,.](?=\d{3}(?!\d))", "", number).replace(",", ".").rstrip(".:")
    return number.removesuffix(".00")
