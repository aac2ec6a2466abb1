"""Questions that leave out what the question before them said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.retrieval.conversation.phrases import (
    DETERMINERS,
    PREPOSITIONS,
    frame,
    is_name,
    is_quantity,
    is_time,
    phrases,
    split_topic,
    words,
)
from qa.retrieval.conversation.replacement import ADVERBS, PROPERTIES, instead
from qa.retrieval.conversation.turns import Turn, is_passive, person, subject, topic

_BE = ("is", "are", "was", "were", "")
# "when was that?", "why's that?": the question before, asked for something else.
_OF_WHAT_HAPPENED = re.compile(
    r"^(?P<asking>(?:when|why|how|where)(?=\b|['’]s))(?:['’]s| is| was| did| does| has)?"
    r" (?:that|this)(?: happen(?:ed)?| so| then)?\W*$",
    re.I,
)
# "who did it?", of something that was done.
_BY_WHOM = re.compile(r"^who (?:did|does|made) (?:it|that|this)\W*$", re.I)
# "what was it before April?": the value that was asked for, under other circumstances.
_OF_THE_VALUE = re.compile(
    r"^(?:what|how much|how many|how long)(?:['’]s| is| was| are| were) (?:it|that|they|this)"
    r"\s+(?P<what>.+?)\W*$",
    re.I,
)
_FILLERS = frozenset("not else exactly of them those now then it".split())


def is_bare(asked: str) -> bool:
    """Return whether a question is an asking phrase alone: "and when?", "at what price?"."""
    parts = frame(asked)
    if not parts.word or parts.auxiliary or any(map(is_name, words(asked)[1:])):
        return False
    return all(word.lower() in PREPOSITIONS | _FILLERS for word in words(parts.rest))


def asked_of_event(asked: str, last: Turn) -> list[str]:
    """Return the last question asked for the time or reason of what it says: "why's that?"."""
    if found := _OF_WHAT_HAPPENED.match(asked):
        return exchanged(found["asking"], last)
    if _BY_WHOM.match(asked) and is_passive(last.asked):
        return exchanged("by whom", last)
    return []


def asked_of_value(asked: str, last: Turn) -> list[str]:
    """Return the last question, which asked for a value, under other circumstances."""
    found = _OF_THE_VALUE.match(asked)
    is_value = is_quantity(last.answer) or is_time(last.answer)
    if not found or not (is_value or frame(last.asked).word == "how"):
        return []
    what = found["what"]
    is_circumstance = words(what)[0].lower() in PREPOSITIONS or what.lower() in ADVERBS
    return instead(what, last) if is_circumstance or is_time(what) else []


def exchanged(asked: str, last: Turn) -> list[str]:
    """Return the last question with the asking phrase of another."""
    clause, about = split_topic(last.asked)
    parts, asking = frame(clause), frame(asked).asking
    answer = person(last.answer) if last.is_short else ""
    is_noun = bool(answer) and not is_quantity(answer) and not is_time(answer)
    kept = [word for word in words(frame(asked).rest) if word.lower() not in _FILLERS - {"not"}]
    tail = "".join(f" {word}" for word in kept)
    ending = f"{tail}, {about}?" if about else f"{tail}?"
    plain = f"{parts.auxiliary} {parts.rest}".strip()
    made = []
    amount = asking.lower() in ("how much", "what price", "at what price")
    if amount and parts.word in ("where", "what", "which") and last.answer_is_thing:
        made.append(f"how much does {answer} cost?")
    if parts.word in ("who", "whom", "what", "which") and is_noun:
        if parts.word == "who" and not parts.auxiliary:
            made.append(f"{asking} {_cleft(answer, parts.rest)}{ending}")
        elif parts.auxiliary in _BE:
            made.append(f"{asking} {f'{parts.auxiliary} {answer} {parts.rest}'.strip()}{ending}")
        elif asking.lower() in ("how many", "how much"):
            made.append(f"{asking} {answer} {plain}{ending}")
        else:
            made.append(f"{asking} {plain}{tail}, {answer}?")
    if not parts.word:
        plain = plain[:1].lower() + plain[1:] if parts.auxiliary else f"is {topic(clause)}"
    elif parts.word == "who" and not parts.auxiliary:
        plain = _cleft("somebody", parts.rest)
    made.append(f"{asking} {plain}{ending}")
    if parts.noun and not set(parts.noun.lower().split()) & PROPERTIES:
        made.append(f"{asking} {plain}{tail}, {parts.noun}?")
    return made


def _cleft(who: str, did: str) -> str:
    """Return "was it that Ada sold the mill", which needs no other form of the verb."""
    verb = did.split()[0].lower()
    is_now = verb.endswith("s") and not verb.endswith("ss")
    return f"{'is' if is_now else 'was'} it that {who} {did}"


def taken_up(what: str, turns: Sequence[Turn]) -> Turn | None:
    """Return the last turn that mentions something, None if none does."""
    stems = _stems(what)
    for turn in reversed(turns):
        if stems & _stems(f"{turn.asked} {turn.answer}"):
            return turn
    return None


def named_in(what: str, turn: Turn) -> str:
    """Return the words of a turn that mention something, else what the turn was about."""
    stems = _stems(what)
    for phrase in phrases(turn.asked):
        if stems & _stems(phrase.text):
            return phrase.text
    return turn.answer if stems & _stems(turn.answer) else subject(turn.asked)


def _stems(text: str) -> set[str]:
    found = {word.lower().removesuffix("'s").removesuffix("’s") for word in words(text)}
    found -= DETERMINERS | PREPOSITIONS | {"one", "ones", "rules", "new", "old"}
    return {word[:5] if len(word) > 5 else word.removesuffix("s") for word in found}
