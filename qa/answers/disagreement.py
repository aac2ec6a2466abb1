"""Whether documents disagree: the same question answered differently, each with its own words.

Answers compete for one probability, so the second of two that contradict each other is seldom
likely by itself. What tells a contradiction is that both are of one kind and unit, and that it is
likely nevertheless (see also :mod:`qa.answers.rivals`), or that the two sentences say the same but
for the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from qa.answers.question_words import content_stems, stems
from qa.answers.values import differ, is_name
from qa.text import normalize
from qa.types import Answer, Disagreement, Document, Place

# Chosen on the fit part of the natural corpora. The least probability of the other answer, and
# the one from which its sentence need not say the same: for figures, and for names, of which any
# two differ. The share of the words of the shorter sentence that the other has too, and how many
# of them at least; the share of the question's words that the first's sentence has and the
# other's too.
LEAST = 0.05
_LIKELY, _LIKELY_NAME = 0.1, 0.25
_SAME, _LEAST_SAME, _COVERED = 0.5, 2, 0.75
# A line of a text may end in mid-sentence, a row of a table is a line.
_SENTENCE_END = re.compile(r"\n\s*\n|(?<=[.!?])\s+")
_ROW_END = re.compile(r"\n+|(?<=[.!?])\s+")
_NEAR = 250
_DIGITS = re.compile(r"\d+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# What a document says of another that it takes the place of, within so many characters.
_REPLACES = re.compile(
    r"\b(?:replac(?:es|ed|ing)|supersed(?:es|ed|ing)|amend(?:s|ed|ing|ment)|correct(?:s|ed|ion)"
    r"|in place of|cancels|corrigendum|no longer appl(?:y|ies))\b",
    re.IGNORECASE,
)
_TOP = 3_000


def disagreement(
    question: str,
    answers: Sequence[Answer],
    *,
    rivals: Sequence[Answer] = (),
    threshold: float,
    document: Callable[[str], Document],
    apart: bool = False,
) -> Disagreement | None:
    """Return the first of the answers with those that contradict it, the newest first.

    ``rivals`` are answers of other documents that differ from it and are likely by themselves
    (:mod:`qa.answers.rivals`); others are those of :func:`disagreeing`, with ``apart`` too.
    ``document`` finds a document by its id.
    """
    positions = disagreeing(question, answers, threshold=threshold, apart=apart)
    others = [answers[at] for at in positions]
    seen = {place.document_id for each in (*answers[:1], *others) for place in _places(each)}
    for rival in rivals if answers else ():
        if rival.document_id not in seen and _is_of_what_is_asked(question, answers[0], rival):
            others.append(rival)
            seen.add(rival.document_id)
    if not others:
        return None
    found = [answers[0], *others]
    found.sort(key=lambda answer: _age(answer.place), reverse=True)  # equals stay in order
    for one in found:
        text = document(one.document_id).text
        if any(_replaces(text, other.place) for other in found if other is not one):
            found.remove(one)
            return Disagreement((one, *found), "replaces")
    titles = {_DIGITS.sub("", normalize(answer.place.title)) for answer in found}
    dates = {_age(answer.place) for answer in found}
    is_same = len(titles) == 1 and len(dates) == len(found) > 1 and all(dates)
    return Disagreement(tuple(found), "same title" if is_same else "")


def told(found: Disagreement) -> str:
    """Return in words what documents tell of one another, to follow "Your documents disagree"."""
    return {
        "replaces": "; the first says that it replaces or amends another",
        "same title": "; they have the same title and different dates",
        "": "",
    }[found.relation]


def are_dated(found: Disagreement) -> bool:
    """Return whether it is known of all documents how old they are, so that one is the newest."""
    return all(_age(answer.place) for answer in found.answers)


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


def disagreeing(
    question: str, answers: Sequence[Answer], *, threshold: float, apart: bool = False
) -> tuple[int, ...]:
    """Return the positions of the answers that contradict the first, of other documents.

    Empty unless the first, together with one of them, is as likely as ``threshold``. Of each
    document the likeliest is taken. Where answers were found ``apart``, each the best of its own
    index, being likely says little: they contradict each other only in sentences that are alike.
    """
    found: list[int] = []
    for position, other in enumerate(answers[1:], start=1):
        first = answers[0]
        seen = {place.document_id for at in (0, *found) for place in _places(answers[at])}
        if (
            other.probability >= LEAST
            and first.probability + other.probability >= threshold
            and not seen & {place.document_id for place in _places(other)}
            and differ(question, first.text, other.text)
            and (_says_the_same if apart else _is_contradicting)(question, first, other)
        ):
            found.append(position)
    return tuple(found)


def _places(answer: Answer) -> list[Place]:
    return [answer.place, *answer.also_at]


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
    if not _is_of_what_is_asked(question, one, other):
        return False
    return bool(covered) and len(covered & told) >= _COVERED * len(covered)


def _is_contradicting(question: str, one: Answer, other: Answer) -> bool:
    """Return whether an answer that differs is likely, or in a sentence that says the same."""
    likely = _LIKELY_NAME if is_name(question, other.text) else _LIKELY
    is_likely = other.probability >= likely and _is_of_what_is_asked(question, one, other)
    return is_likely or _says_the_same(question, one, other)


def _is_of_what_is_asked(question: str, one: Answer, other: Answer) -> bool:
    """Return whether the years in a question that are near one answer are near the other too.

    What is asked of a year is asked of the document that has it.
    """
    ours, others = (
        set(_YEAR.findall(f"{each.passage.heading} {each.passage.text} {each.place.title}"))
        for each in (one, other)
    )
    return set(_YEAR.findall(question)) & ours <= others


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
