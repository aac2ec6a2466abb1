"""Whether documents disagree: the same question answered differently, each with its own words.

Answers compete for one probability, so the second of two that contradict each other is seldom
likely by itself. What tells a contradiction is that both are of one kind and unit, and that the
two sentences say the same but for the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from qa.answers.question_words import content_stems, stems
from qa.text import normalize
from qa.types import Answer, Disagreement, Document, Place

# Chosen on the fit part of the natural corpora. The least probability of the other answer; the
# share of the words of the shorter sentence that the other has too, and how many of them at least;
# and the share of the question's words that the first's sentence has and the other's too.
LEAST = 0.05
_SAME, _LEAST_SAME, _COVERED = 0.5, 2, 0.75
# Of long answers each has its own way of saying something.
_MAX_WORDS = 8
_NUMBER = re.compile(r"\d[\d.,:]*\d|\d")
_NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
).split()
_WRITTEN = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b")
_MONTH = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b(?=\.?\s*\d|\s*$)|"
    r"(?<=\d )(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b"
)
_MONEY = re.compile(r"[£$€]|\b(?:eur(?:os?)?|usd|gbp|dollars?|pounds?|chf|francs?)\b")
_CLOCK = re.compile(r"\d[:.]\d\d(?!\d)\s*(?:[ap]\.?m\.?)?|\d\s*[ap]\.?m\.?|o'clock")
_UNIT = re.compile(r"[\d)\]]\s*[-–]?\s*(%|[a-z°]+)|(?:\b[a-z]+)\s+(per cent)")
# A line of a text may end in mid-sentence, a row of a table is a line.
_SENTENCE_END = re.compile(r"\n\s*\n|(?<=[.!?])\s+")
_ROW_END = re.compile(r"\n+|(?<=[.!?])\s+")
_NEAR = 250
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# What a document says of another that it takes the place of, within so many characters.
_REPLACES = re.compile(
    r"\b(?:replac(?:es|ed|ing)|supersed(?:es|ed|ing)|amend(?:s|ed|ing|ment)|correct(?:s|ed|ion)"
    r"|in place of|cancels|corrigendum|no longer appl(?:y|ies))\b",
    re.IGNORECASE,
)
_TOP = 3_000


@dataclass(frozen=True, slots=True)
class _Value:
    """What an answer is: its kind, with the unit of a number, and the numbers in it."""

    kind: str
    numbers: tuple[str, ...]


def disagreement(
    question: str,
    answers: Sequence[Answer],
    *,
    threshold: float,
    document: Callable[[str], Document],
) -> Disagreement | None:
    """Return the first of the answers with those that contradict it, the newest first.

    ``document`` finds a document by its id. See :func:`disagreeing`.
    """
    others = disagreeing(question, answers, threshold=threshold)
    if not others:
        return None
    found = [answers[position] for position in (0, *others)]
    found.sort(key=lambda answer: _age(answer.place), reverse=True)  # equals stay in order
    for one in found:
        text = document(one.document_id).text
        if any(_replaces(text, other.place) for other in found if other is not one):
            found.remove(one)
            return Disagreement((one, *found), "replaces")
    titles = {_NUMBER.sub("", normalize(answer.place.title)) for answer in found}
    dates = {_age(answer.place) for answer in found}
    is_same = len(titles) == 1 and len(dates) == len(found) > 1
    return Disagreement(tuple(found), "same title" if is_same else "")


def told(found: Disagreement) -> str:
    """Return in words what documents tell of one another, to follow "Your documents disagree"."""
    return {
        "replaces": "; the first says that it replaces or amends another",
        "same title": "; they have the same title and different dates",
        "": "",
    }[found.relation]


def _age(place: Place) -> str:
    """Return the date of a document, or the last year in its title or name; empty if unknown."""
    if place.date:
        return place.date[:10]
    years = _YEAR.findall(f"{place.title} {place.document_id}")
    return max(years, default="")


def _replaces(text: str, other: Place) -> bool:
    """Return whether a text says, near its beginning, that it replaces another document."""
    name = PurePosixPath(other.document_id).stem
    wanted = {stem for stem in content_stems(f"{other.title} {name}") if len(stem) > 2}
    for match in _REPLACES.finditer(text, 0, _TOP):
        near = content_stems(text[max(match.start() - _NEAR, 0) : match.end() + _NEAR])
        if len(wanted & set(near)) >= min(len(wanted), 2):
            return bool(wanted)
    return False


def disagreeing(question: str, answers: Sequence[Answer], *, threshold: float) -> tuple[int, ...]:
    """Return the positions of the answers that contradict the first, of other documents.

    Empty unless the first, together with one of them, is as likely as ``threshold``. Of each
    document the likeliest is taken.
    """
    found: list[int] = []
    for position, other in enumerate(answers[1:], start=1):
        first = answers[0]
        seen = {place.document_id for at in (0, *found) for place in _places(answers[at])}
        if (
            other.probability >= LEAST
            and first.probability + other.probability >= threshold
            and not seen & {place.document_id for place in _places(other)}
            and _differs(first.text, other.text)
            and _says_the_same(question, first, other)
        ):
            found.append(position)
    return tuple(found)


def _places(answer: Answer) -> list[Place]:
    return [answer.place, *answer.also_at]


def _differs(one: str, other: str) -> bool:
    """Return whether two answers are of one kind, and different, neither inside the other."""
    first, second = _value(one), _value(other)
    if first is None or second is None or first.kind != second.kind:
        return False
    ours, others = set(first.numbers), set(second.numbers)
    return not (ours <= others or others <= ours)


def _value(text: str) -> _Value | None:
    """Return what an answer with a number or a date is; None for any other."""
    text = text.casefold()
    if len(text.split()) > _MAX_WORDS:
        return None
    written = [str(_NUMBER_WORDS.index(word) + 1) for word in _WRITTEN.findall(text)]
    numbers = [_plain(number) for number in _NUMBER.findall(text)] or written
    if not numbers:
        return None
    months = [found[:3] for found in _MONTH.findall(text)]
    if months:
        return _Value("date", (" ".join([*numbers, *months]),))
    if _MONEY.search(text):
        return _Value("money", (numbers[0],))
    if _CLOCK.search(text):
        return _Value("time", tuple(numbers))
    if len(numbers) == 1 and re.fullmatch(r"\W*(?:1[5-9]|20)\d\d\W*", text):
        return _Value("year", tuple(numbers))
    unit = _UNIT.search(_WRITTEN.sub("1", text))
    name = (unit[1] or unit[2]) if unit else ""
    name = "%" if name in ("%", "per", "percent", "per cent") else name[:4].rstrip("s")
    return _Value(f"number {name}", tuple(numbers[:1]))


def _plain(number: str) -> str:
    number = re.sub(r"[,.](?=\d{3}(?!\d))", "", number).replace(",", ".")
    return number.removesuffix(".00").rstrip(".:,")


def _says_the_same(question: str, one: Answer, other: Answer) -> bool:
    """Return whether the sentences of two answers are alike, and the question is on both."""
    first, second = _sentence(one), _sentence(other)
    asked = set(content_stems(question))
    own, others = (
        {stem for stem in content_stems(sentence) if not stem[0].isdigit()} - stems(answer.text)
        for sentence, answer in ((first, one), (second, other))
    )
    common = own & others
    least = min(len(own), len(others))
    if len(common) < _LEAST_SAME or len(common) < _SAME * least:
        return False
    covered = asked & stems(f"{first} {one.passage.heading} {one.place.title}")
    told = stems(f"{second} {other.passage.heading} {other.place.title}")
    # What is asked by its year or another number is asked of the document that has it.
    if any(stem[0].isdigit() and stem not in told for stem in covered):
        return False
    return bool(covered) and len(covered & told) >= _COVERED * len(covered)


def _sentence(answer: Answer) -> str:
    """Return the sentence, or the row of a table as it is read, that an answer is in."""
    passage = answer.passage
    try:
        at, _ = passage.in_read_text(answer.start, answer.end)
    except ValueError:
        return answer.text
    text = passage.read_text
    ends = _ROW_END if passage.view else _SENTENCE_END
    begin = max((each.end() for each in ends.finditer(text, 0, at)), default=0)
    end = next((each.start() for each in ends.finditer(text, at)), len(text))
    return text[max(begin, at - _NEAR) : min(end, at + _NEAR)]
