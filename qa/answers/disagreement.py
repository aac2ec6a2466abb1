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

from qa.answers.question_words import content_stems
from qa.answers.sentences import say_the_same
from qa.answers.values import differ, is_name
from qa.text import normalize
from qa.types import Answer, Disagreement, Document, Place

# Chosen on the fit part of the natural corpora. The least probability of the other answer, and
# the one from which its sentence need not say the same: for figures, and for names, of which any
# two differ. How likely both are together, as a share of the threshold of answers.
LEAST = 0.05
_LIKELY, _LIKELY_NAME = 0.15, 0.25
TOGETHER = 0.9
_NEAR = 250
_DIGITS = re.compile(r"\d+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# What a document says of another that it takes the place of, within so many characters.
_REPLACES = re.compile(
    r"\b(?:(?:replac(?:es?|ing)|supersed(?:es?|ing)|amend(?:s|ing|ment)?|cancels?|corrigendum"
    r"|correct(?:s|ion)|in place of|no longer appl(?:y|ies))\b"
    r"|(?:replaced|superseded|amended|corrected)\b(?!\s+by\b))",  # or it tells of itself
    re.IGNORECASE,
)
_TOP = 3_000


def disagreement(
    question: str,
    answers: Sequence[Answer],
    *,
    rivals: Sequence[Answer] = (),
    changed: Sequence[Answer] = (),
    threshold: float,
    document: Callable[[str], Document],
    apart: bool = False,
) -> Disagreement | None:
    """Return the first of the answers with those that contradict it, the newest first.

    ``rivals`` are answers of other documents that differ from it and are likely by themselves
    (:mod:`qa.answers.rivals`); others are those of :func:`disagreeing`, with ``apart`` too.
    ``changed``, if not empty, are two that stand first: what a document says, and what another
    says in its place (:mod:`qa.answers.changes`). ``document`` finds a document by its id.
    """
    positions = disagreeing(question, answers, threshold=threshold, apart=apart)
    others = [answers[at] for at in positions]
    first = answers[:1]
    if changed and _is_of_what_is_asked(question, *changed):
        first = changed[:1]
        own = {each.document_id for each in changed}
        others = [*changed[1:], *(each for each in others if each.document_id not in own)]
    seen = {place.document_id for each in (*first, *others) for place in _places(each)}
    for rival in rivals if answers else ():
        if rival.document_id not in seen and _is_of_what_is_asked(question, answers[0], rival):
            others.append(rival)
            seen.add(rival.document_id)
    if not others:
        return None
    found = [*first, *others]
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

    Empty unless the first, together with one of them, is about as likely as ``threshold``. Of each
    document the likeliest is taken. Where answers were found ``apart``, each the best of its own
    index, being likely says little: they contradict each other only in sentences that are alike.
    """
    found: list[int] = []
    for position, other in enumerate(answers[1:], start=1):
        first = answers[0]
        seen = {place.document_id for at in (0, *found) for place in _places(answers[at])}
        if (
            other.probability >= LEAST
            and first.probability + other.probability >= TOGETHER * threshold
            and not seen & {place.document_id for place in _places(other)}
            and differ(question, first.text, other.text)
            and (_says_the_same if apart else _is_contradicting)(question, first, other)
        ):
            found.append(position)
    return tuple(found)


def _places(answer: Answer) -> list[Place]:
    return [answer.place, *answer.also_at]


def _says_the_same(question: str, one: Answer, other: Answer) -> bool:
    return say_the_same(question, one, other) and _is_of_what_is_asked(question, one, other)


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
