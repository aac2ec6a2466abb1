"""Questions that leave out what the question before them said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.retrieval.conversation.phrases import (
    DETERMINERS,
    PREPOSITIONS,
    Phrase,
    frame,
    is_name,
    is_quantity,
    is_time,
    names,
    phrases,
    split_topic,
    words,
)
from qa.retrieval.conversation.turns import Turn, person, subject, topic

MOST_REPLACED = 3
_BE = ("is", "are", "was", "were", "")
# Nouns that name a property: "salary?" asks for that of the thing talked about.
_PROPERTIES = frozenset(
    "price cost costs salary deadline phone number telephone email address date time age name fee "
    "rent height weight width length size colour color author title job reason duration capacity "
    "population budget turnout location".split()
)
_ADVERBS = frozenset(["now", "then", "today", "online", "before", "before that", "later"])
_FILLERS = frozenset("not else exactly of them those now then it".split())
_VERSION = re.compile(
    r"\b(?:new|newer|newest|latest|current|updated|amended|corrected|old|older|former|previous|"
    r"other|first|second|third|original|\d{4}|draft|edition|version|report|notice|leaflet)\b",
    re.I,
)
_PARTICIPLE = re.compile(r"^[a-z]\w+ed$")
# Where a question names the edition or document that it asks.
_SOURCE = re.compile(r"\s+(?:according to|in|under|from|by|on|as of)\s", re.I)


def is_bare(asked: str) -> bool:
    """Return whether a question is an asking phrase alone: "and when?", "at what price?"."""
    parts = frame(asked)
    if not parts.word or parts.auxiliary or any(map(is_name, words(asked)[1:])):
        return False
    return all(word.lower() in PREPOSITIONS | _FILLERS for word in words(parts.rest))


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
    if parts.noun and not set(parts.noun.lower().split()) & _PROPERTIES:
        made.append(f"{asking} {plain}{tail}, {parts.noun}?")
    return made


def _cleft(who: str, did: str) -> str:
    """Return "was it that Ada sold the mill", which needs no other form of the verb."""
    verb = did.split()[0].lower()
    is_now = verb.endswith("s") and not verb.endswith("ss")
    return f"{'is' if is_now else 'was'} it that {who} {did}"


def instead(what: str, last: Turn) -> list[str]:
    """Return the last question with one of its phrases replaced, or asked of the same topic."""
    bare = [word.lower() for word in words(what)]
    if not bare:
        return []
    if what.lower() in _ADVERBS:
        return [f"{split_topic(last.asked)[0].rstrip(' ?.!')}, {what}?"]
    head = re.sub(r"^the ", "", what, flags=re.I)
    of_topic = f"What is the {head} of {subject(last.asked)}?"
    clause = _clause(last.asked)
    is_property = len(bare) <= 3 and bare[-1] in _PROPERTIES and not names(what)
    made = [of_topic] if is_property else []
    made += [replaced(clause, phrase, what) for phrase in _ordered(clause, what)[:MOST_REPLACED]]
    made.insert(min(len(made), 2), f"{clause}, {what}?")
    made.append(f"{what}, {subject(last.asked)}?")
    return made


def corrected(what: str, last: Turn) -> list[str]:
    """Return the last question with the phrase replaced that a correction corrects."""
    if frame(what).auxiliary:
        return [f"{what}?"]
    clause = _clause(last.asked)
    if not words(what):
        return [last.asked]
    made = [replaced(clause, phrase, what) for phrase in _ordered(clause, what)[:1]]
    if kept := _without_version(clause) if _VERSION.search(what) else "":
        made.insert(0, f"{kept}, {what}?")
    return [f"{clause}, {what}?", *made] if not kept else made


def _without_version(clause: str) -> str:
    """Return a question without "in the 2019 lease" or "according to the draft"; empty if none."""
    for found in reversed(list(_SOURCE.finditer(clause))):
        named = clause[found.start() :]
        source, of, owner = named.partition(" of ")
        if not (_VERSION.search(source) or is_time(named)):
            continue
        is_kept = of and is_name(owner) and not is_time(owner)
        return f"{clause[: found.start()]}{f' of {owner}' if is_kept else ''}".strip()
    return ""


def _clause(asked: str) -> str:
    """Return a question without its topic at the end, which may be a time of its own."""
    clause, about = split_topic(asked)
    return asked.rstrip(" ?.!") if about and is_time(about) else clause.rstrip(" ?.!")


def replaced(clause: str, phrase: Phrase, what: str) -> str:
    """Return a question with other words in place of one of its phrases."""
    spoken = words(clause)
    begin = phrase.start
    if words(what)[0].lower() in PREPOSITIONS and phrase.preposition:
        begin -= 1
    if spoken[begin].lower() in ("many", "much"):
        begin += 1
        what = re.sub(r"^(?:the|an?) ", "", what)
    noun = phrase.text.split()[-1]
    # "How long is the pump guaranteed?": what is said of it stays.
    kept = [noun] if phrase.end - begin > 2 and _PARTICIPLE.search(noun) else []
    if re.search(r"\bones?$", what) and not is_name(noun):
        what = re.sub(r"\bones?$", noun, what)
    return f"{' '.join([*spoken[:begin], what, *kept, *spoken[phrase.end :]])}?"


def _ordered(clause: str, what: str) -> list[Phrase]:
    """Return the phrases of a question, those most like what replaces one first."""
    found = [each for each in phrases(clause) if each.text.lower() not in ("many", "much", "long")]
    return sorted(found, key=lambda phrase: -_likeness(what, phrase))


def _likeness(what: str, phrase: Phrase) -> float:
    """Return how alike two phrases are in kind."""
    spoken, other = words(what), words(phrase.text)
    first, its_first = spoken[0].lower(), other[0].lower()
    score = float(first in PREPOSITIONS and first == phrase.preposition)
    if is_time(what) != is_time(phrase.text):
        score -= 2
    elif is_time(what):
        score += 2
    score += bool(re.search(r"\d", what)) and bool(re.search(r"\d", phrase.text))
    score += bool(names(what)) and bool(names(phrase.text))
    score -= 0.5 * (not names(what) and bool(names(phrase.text)))
    score += 2 * (bool(_VERSION.search(what)) and bool(_VERSION.search(phrase.text)))
    common = {word.lower() for word in spoken} & {word.lower() for word in other}
    score += 2 * bool(common - DETERMINERS - PREPOSITIONS)
    score += first in DETERMINERS and its_first in DETERMINERS
    score += 0.5 * (what.endswith("s") and phrase.text.endswith("s"))
    return score


def taken_up(what: str, turns: Sequence[Turn]) -> Turn:
    """Return the last turn that mentions something, the first turn if none does."""
    stems = _stems(what)
    for turn in reversed(turns):
        if stems & _stems(f"{turn.asked} {turn.answer}"):
            return turn
    return turns[0]


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
