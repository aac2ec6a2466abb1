"""From a turn of a conversation to the stand-alone questions that it may mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.retrieval.conversation.ellipsis import (
    corrected,
    exchanged,
    instead,
    is_bare,
    named_in,
    taken_up,
)
from qa.retrieval.conversation.phrases import frame, is_foreign, is_name, names, words
from qa.retrieval.conversation.references import (
    antecedents,
    references,
    substitute,
    with_topic,
)
from qa.retrieval.conversation.turns import Turn, subject
from qa.types import Prediction

# Earlier turns that are looked at.
MAX_TURNS = 12
# Each is asked of the documents until one is answered.
MAX_READINGS = 2
MAX_FRAGMENT = 7
# A longer turn stands alone, and of an earlier one no more is looked at: to find what its words
# refer to would take minutes for some ten thousand characters.
MAX_CHARACTERS = 600
# A longer question without a word that refers to others stands alone.
MAX_OPEN = 9
_LEAD = re.compile(
    r"^(?:(?:and|ok|okay|so|but|also|yes|thanks|thank you|great|hm+|oh|now|(?:right|well)(?=[.,]))"
    r"\b(?!\?)[\s,.:;–-]*)+(?=\w)",
    re.I,
)
_CORRECTION = re.compile(
    r"^(?:(?:no|nope|sorry|not that)\b[\s,.:;–-]*(?:i (?:meant|mean|want|wanted)\b)?|i meant\b)"
    r"\s*(?P<what>.+)$",
    re.I,
)
_BACK = re.compile(
    r"^(?:ok(?:ay)?[\s,]+)?(?:going |coming )?(?:back|returning) to (?P<what>[^:,]+?)\s*"
    r"(?:[:,]|\s[–-])\s*(?P<rest>.+)$",
    re.I,
)
_ABOUT = re.compile(r"^(?:(?:what|how) about|what of)\s+(?P<what>.+)$", re.I)
_THEN_ASKED = re.compile(
    r"^(?P<what>[^,–?]+?)\s*(?:,|\s[–-])\s*"
    r"(?P<clause>(?:(?:in|on|at|to|for|from|by)\s+)?(?:what|which|who|when|where|why|how)\b.+)$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A stand-alone question that a turn may mean.

    ``is_marked`` is False for one of which nothing in the turn says that it continues the
    conversation: the words as typed, and these with what the last turn was about. ``continues``
    is False for the words as typed. ``is_about_same`` is False for these and for corrections,
    which often mean another document than the last answer's: both are asked of all alike.
    """

    question: str
    is_marked: bool
    continues: bool = False
    is_about_same: bool = False


def stand_alone(question: str, history: Sequence[Prediction]) -> list[Reading]:
    """Return what a question may mean after earlier ones, oldest first; likeliest first.

    One reading, the question itself, if it stands alone.
    """
    turns = [Turn.of(prediction) for prediction in history[-MAX_TURNS:]]
    return readings(
        question,
        [
            Turn(*(text[:MAX_CHARACTERS] for text in (turn.asked, turn.answer, turn.title)))
            for turn in turns
        ],
    )


def readings(question: str, turns: Sequence[Turn]) -> list[Reading]:
    """Return what a question may mean after some turns, the likeliest first."""
    if not turns or len(question) > MAX_CHARACTERS:
        return [Reading(question, is_marked=False)]
    if is_foreign(question) or is_foreign(turns[-1].asked):
        return [Reading(question, is_marked=False)]
    found = list(_marked(question, turns))
    is_marked = bool(found)
    if not found:
        found = [question, *_open(question, turns)]
    unique: dict[str, str] = {}
    for each in found:
        unique.setdefault(each.lower().rstrip(" ?"), each)
    is_correction = bool(_CORRECTION.match(question))
    return [
        Reading(each, is_marked, continues, continues and not is_correction)
        for each in list(unique.values())[:MAX_READINGS]
        for continues in (is_marked or each != question,)
    ]


def _marked(question: str, turns: Sequence[Turn]) -> Iterator[str]:
    """Yield the readings of a question that says that it continues the conversation."""
    last = turns[-1]
    lead = _LEAD.match(question)
    body = question[lead.end() :] if lead else question
    if found := _BACK.match(question):
        about = named_in(found["what"], taken_up(found["what"], turns))
        if references(found["rest"]):
            yield substitute(found["rest"], about, turns)
        yield with_topic(found["rest"], about)
        yield with_topic(found["rest"], found["what"])
    elif found := _CORRECTION.match(question):
        yield from corrected(found["what"].rstrip(" ?.!"), last)
    elif found := _ABOUT.match(body):
        yield from _about(found["what"].rstrip(" ?.!"), turns)
    elif is_bare(body):
        yield from exchanged(body, last)
        yield with_topic(body, last.asked.rstrip(" ?.!"))
    elif _is_fragment(body, has_lead=bool(lead)):
        yield from _about(body.rstrip(" ?.!"), turns)
    elif references(body):
        for meant in antecedents(body, turns):
            yield substitute(body, meant, turns)
        yield with_topic(body, subject(last.asked))
    elif lead:
        yield body
        yield from _open(body, turns)


def _about(what: str, turns: Sequence[Turn]) -> Iterator[str]:
    """Yield the readings of "what about …"."""
    last = turns[-1]
    if found := _THEN_ASKED.match(what):
        clause = found["clause"]
        if references(clause):
            yield substitute(f"{clause}?", found["what"], turns)
        yield with_topic(clause, f"{found['what']}, {subject(last.asked)}")
        return
    refers = references(what)
    if refers and refers[-1].word not in ("one", "ones"):
        for meant in antecedents(what, turns)[:2]:
            yield f"What is {substitute(what, meant, turns).rstrip('?')}?"
    yield from instead(what, last)


def _is_fragment(body: str, *, has_lead: bool) -> bool:
    """Return whether words are no question of their own: "and the bow?", "salary?"."""
    parts, count = frame(body), len(words(body))
    if parts.word or parts.auxiliary or not 0 < count <= MAX_FRAGMENT:
        return False
    if has_lead or references(body):
        return True
    return count <= 2 and not re.search(r"[\d_'’]|\w[A-Z]|(?<=\s)[A-Z]", body)


def _open(question: str, turns: Sequence[Turn]) -> Iterator[str]:
    """Yield a question with what the last turn was about, unless it names its own subject."""
    spoken, last = words(question), turns[-1]
    if len(spoken) > MAX_OPEN or any(map(is_name, spoken[1:])) or not frame(question).word:
        return
    if last.people:
        yield with_topic(question, last.people[0])
    elif last.answer_is_thing:
        yield with_topic(question, last.answer)
    yield with_topic(question, subject(last.asked))
    for turn in reversed(turns[:-1]):
        if names(turn.asked):
            yield with_topic(question, subject(turn.asked))
            return
