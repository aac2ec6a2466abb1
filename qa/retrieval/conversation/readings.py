"""From a turn of a conversation to the stand-alone questions that it may mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qa.retrieval.conversation.antecedents import antecedents
from qa.retrieval.conversation.ellipsis import (
    asked_of_event,
    asked_of_value,
    exchanged,
    is_bare,
    named_in,
    taken_up,
)
from qa.retrieval.conversation.phrases import (
    DETERMINERS,
    frame,
    is_foreign,
    is_name,
    is_verb,
    names,
    words,
)
from qa.retrieval.conversation.references import references
from qa.retrieval.conversation.replacement import corrected, instead
from qa.retrieval.conversation.substitution import possessive, substitute, with_topic
from qa.retrieval.conversation.turns import Turn, subject
from qa.types import Prediction

# Earlier turns that are looked at.
MAX_TURNS = 12
# The second is tried where the first has no likely answer.
MAX_READINGS = 2
MAX_FRAGMENT = 7
# A noun with its article, of so many words, is no question either.
MAX_NAMED = 4
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
_ABOUT = re.compile(
    r"^(?:(?:what|how) about|what of|(?:the )?same(?: question| thing)? (?:for|with|about|of))\s+"
    r"(?P<what>.+)$",
    re.I,
)
_THEN_ASKED = re.compile(
    r"^(?P<what>[^,–?]+?)\s*(?:,|\s[–-])\s*"
    r"(?P<clause>(?:(?:in|on|at|to|for|from|by)\s+)?(?:what|which|who|when|where|why|how)\b.+)$",
    re.I,
)


# "how much of that is for the roof?"
_OF_AN_AMOUNT = re.compile(r"(?<=much|many) of (?:that|it|this|those|them)\b", re.I)
_CONDITION = re.compile(r"^(?:if|when|unless|once)\b", re.I)
_DONE = re.compile(r"\b(?:do|does|did|doing|done) (?:that|it|so)\b", re.I)
_WOMEN = frozenset("mother sister aunt wife daughter niece grandmother widow girlfriend".split())
_MEN = frozenset("father brother uncle husband son nephew grandfather widower boyfriend".split())


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
    if marked := _unique(_marked(question, turns)):
        is_about_same = not _CORRECTION.match(question)
        return [Reading(each, True, True, is_about_same) for each in marked[:MAX_READINGS]]
    _, *others = _unique([question, *_open(question, turns)])
    found = [Reading(each, False, True, True) for each in others]
    return [Reading(question, is_marked=False), *found][:MAX_READINGS]


def _unique(found: Iterable[str]) -> list[str]:
    """Return questions without those that differ in capitals and signs at the end alone."""
    unique: dict[str, str] = {}
    for each in found:
        unique.setdefault(each.lower().rstrip(" ?"), each)
    return list(unique.values())


def _marked(question: str, turns: Sequence[Turn]) -> Iterator[str]:
    """Yield the readings of a question that says that it continues the conversation."""
    last = turns[-1]
    lead = _LEAD.match(question)
    body = question[lead.end() :] if lead else question
    if found := _BACK.match(question):
        about = _taken_up(found["what"], turns)
        if references(found["rest"]):
            yield substitute(found["rest"], about, turns)
        yield with_topic(found["rest"], about)
        yield with_topic(found["rest"], found["what"])
    elif found := _CORRECTION.match(question):
        yield from corrected(found["what"].rstrip(" ?.!"), last)
    elif found := _ABOUT.match(body):
        yield from _about(found["what"].rstrip(" ?.!"), turns)
    elif is_bare(body) or asked_of_event(body, last):
        yield from asked_of_event(body, last) or exchanged(body, last)
        yield with_topic(body, last.asked.rstrip(" ?.!"))
    elif made := asked_of_value(body, last):
        yield from made[:1]
        for meant in antecedents(body, turns):
            yield substitute(body, meant, turns)
    elif _is_fragment(body, has_lead=bool(lead)) or (lead and _names_first(body)):
        yield from _about(body.rstrip(" ?.!"), turns)
    elif references(body):
        if (part := _OF_AN_AMOUNT.sub("", body)) != body:
            yield part
        for meant in antecedents(body, turns):
            yield substitute(body, meant, turns)
        yield with_topic(body, subject(last.asked))
        yield body  # "What do they charge?": people in general
    elif lead:
        yield body
        yield from _open(body, turns)


def _about(what: str, turns: Sequence[Turn]) -> Iterator[str]:
    """Yield the readings of "what about …"."""
    last = turns[-1]
    if found := _THEN_ASKED.match(what):
        yield from _named_first(found["what"], found["clause"], turns)
        return
    refers = references(what)
    if _CONDITION.match(what):
        meant = next(iter(antecedents(what, turns)), "") if refers else ""
        condition = substitute(what, meant, turns).rstrip("?") if meant else what
        yield f"{last.asked.rstrip(' ?.!')} {condition}?"
        yield f"what happens {condition}?"
        return
    if refers and refers[-1].word not in ("one", "ones"):
        for meant in antecedents(what, turns)[:2]:
            yield f"What is {substitute(what, meant, turns).rstrip('?')}?"
    yield from instead(what, last)


def _taken_up(what: str, turns: Sequence[Turn]) -> str:
    """Return what is taken up again, in the words of the turn that mentions it."""
    if turn := taken_up(what, turns):
        return named_in(what, turn)
    if references(what):
        return subject(turns[0].asked)
    return what if names(what) else f"{what}, {subject(turns[0].asked)}"


def _named_first(what: str, clause: str, turns: Sequence[Turn]) -> Iterator[str]:
    """Yield the readings of "and his aunt, how old is she?"."""
    last = turns[-1]
    is_owned = any(each.is_possessive for each in references(what))
    owner = next(iter(antecedents(what, turns)), "") if is_owned else ""
    named = substitute(what, owner, turns) if owner else what
    if _DONE.search(clause):
        yield from instead(named, last)
    found = references(clause)
    if found:
        # "his sister, what did he say to her?": he is the owner.
        wanted = _kin_gender(what)
        kept = [each for each in found if wanted and owner and _is_of(each.word, not_of=wanted)]
        for each in reversed(kept):
            new = possessive(owner) if each.is_possessive else owner
            clause = clause[: each.start] + new + clause[each.end :]
        yield substitute(f"{clause}?", named, turns[-1:] if owner else turns)
    yield with_topic(clause, f"{named}, {subject(last.asked)}")


def _names_first(body: str) -> bool:
    """Return whether a question begins with what it is about: "the swan, who came for it?"."""
    found = _THEN_ASKED.match(body)
    if not found:
        return False
    parts = frame(found["what"])
    return not parts.word and not parts.auxiliary and len(words(found["what"])) <= MAX_FRAGMENT


def _kin_gender(what: str) -> str:
    """Return "f" for a sister, "m" for a brother, else an empty text."""
    last = what.lower().split()[-1:]
    return "f" if last and last[0] in _WOMEN else "m" if last and last[0] in _MEN else ""


def _is_of(pronoun: str, *, not_of: str) -> bool:
    return pronoun in (("he", "him", "his") if not_of == "f" else ("she", "her", "hers"))


def _is_fragment(body: str, *, has_lead: bool) -> bool:
    """Return whether words are no question of their own: "and the bow?", "salary?"."""
    parts, count = frame(body), len(words(body))
    if parts.word or parts.auxiliary or not 0 < count <= MAX_FRAGMENT:
        return False
    if has_lead or references(body):
        return True
    spoken = words(body.lower())
    if count <= MAX_NAMED and spoken[0] in DETERMINERS and not any(map(is_verb, spoken)):
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
