"""The last question asked of something else: "and the spelt loaf?", "no, in 2023"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.retrieval.conversation.phrases import (
    DETERMINERS,
    PREPOSITIONS,
    Phrase,
    frame,
    is_name,
    is_time,
    names,
    phrases,
    split_topic,
    words,
)
from qa.retrieval.conversation.turns import Turn, subject

# Nouns that name a property: "salary?" asks for that of the thing talked about.
PROPERTIES = frozenset(
    "price cost costs salary deadline phone number telephone email address date time age name fee "
    "rent height weight width depth length size colour color author title job reason duration "
    "capacity population budget turnout location".split()
)
ADVERBS = frozenset(["now", "then", "today", "online", "before", "before that", "later"])
MOST_REPLACED = 3
_NO_PHRASES = frozenset(["many", "much", "long", "according"])
_LAST_WORDS = re.compile(r",?\s+(?:now|then|today|too|though|instead|please)$", re.I)
# Prepositions of what a question mentions by the way, and seldom asks about.
_BY_THE_WAY = frozenset("in at on by from during since until till under after before with".split())
_OPPOSITES = ({"with", "without"}, {"before", "after"})
# "the other", "the second": which of several, without the noun.
_WITHOUT_NOUN = re.compile(
    r"^(?:the |an? )?(?:other|others|first|second|third|fourth|last|next|former|latter|new|newer|"
    r"old|older|big|bigger|small|smaller|cheaper|dearer|cheapest|dearest)$",
    re.I,
)
_VERSION = re.compile(
    r"\b(?:new|newer|newest|latest|current|updated|amended|corrected|old|older|former|previous|"
    r"other|first|second|third|original|\d{4}|draft|edition|version|report|notice|leaflet)\b",
    re.I,
)
_PARTICIPLE = re.compile(r"^[a-z]\w+ed$")
# Where a question names the edition or document that it asks.
_SOURCE = re.compile(r"\s+(?:according to|in|under|from|by|on|as of)\s", re.I)


def instead(what: str, last: Turn) -> list[str]:
    """Return the last question with one of its phrases replaced, or asked of the same topic."""
    clause = _clause(last.asked)
    if now := _LAST_WORDS.search(what):
        what = what[: now.start()]
        clause = _without_time(clause)
    bare = [word.lower() for word in words(what)]
    if not bare:
        return []
    if what.lower() in ADVERBS:
        return [f"{split_topic(last.asked)[0].rstrip(' ?.!')}, {what}?"]
    head = re.sub(r"^the ", "", what, flags=re.I)
    of_topic = f"What is the {head} of {subject(last.asked)}?"
    is_property = len(bare) <= 3 and bare[-1] in PROPERTIES and not names(what)
    made = [of_topic] if is_property else []
    found = _ordered(clause, what)[:MOST_REPLACED]
    if _is_added(what, found):
        made.append(f"{clause} {what}?")
    for phrase in found:
        whole = _whole(clause, phrase, what)
        made += [replaced(clause, each, what) for each in dict.fromkeys((whole, phrase))]
    made.insert(min(len(made), 2), f"{clause}, {what}?")
    made.append(f"{what}, {subject(last.asked)}?")
    return made


def _is_added(what: str, found: Sequence[Phrase]) -> bool:
    """Return whether something takes the place of nothing: "for children", "on Sundays"."""
    first = words(what)[0].lower()
    if first in PREPOSITIONS and len(words(what)) > 1:
        alike = {first, *(each for pair in _OPPOSITES if first in pair for each in pair)}
        is_alike = any(each.preposition in alike for each in found)
        return not is_alike and not (is_time(what) and any(is_time(each.text) for each in found))
    return is_time(what) and not any(is_time(each.text) for each in found)


def _whole(clause: str, phrase: Phrase, what: str) -> Phrase:
    """Return a phrase with what belongs to it: "the key with the ring", "the Portrait of Ada"."""
    if _WITHOUT_NOUN.match(what):
        return phrase
    is_title = is_name(phrase.text.split()[-1])
    spoken, end = words(clause), phrase.end
    for each in phrases(clause):
        is_of_it = each.preposition == "with" or (each.preposition == "of" and is_title)
        if each.start == end + 1 and is_of_it and not is_time(each.text):
            end = each.end
    if end == phrase.end:
        return phrase
    return Phrase(phrase.start, end, phrase.preposition, " ".join(spoken[phrase.start : end]))


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


def _without_time(clause: str) -> str:
    """Return a question without "before April": "and the others now?"."""
    spoken = words(clause)
    for phrase in reversed(phrases(clause)):
        if phrase.preposition and is_time(phrase.text) and phrase.start > 1:
            spoken[phrase.start - 1 : phrase.end] = []
    return " ".join(spoken)


def _clause(asked: str) -> str:
    """Return a question without its topic at the end, which may be a time of its own."""
    clause, about = split_topic(asked)
    return asked.rstrip(" ?.!") if about and is_time(about) else clause.rstrip(" ?.!")


def replaced(clause: str, phrase: Phrase, what: str) -> str:
    """Return a question with other words in place of one of its phrases."""
    spoken = words(clause)
    begin = phrase.start
    if what.lower() in PREPOSITIONS:  # "no, without"
        what = f"{what} {phrase.text}"
    if words(what)[0].lower() in PREPOSITIONS and phrase.preposition:
        begin -= 1
    if spoken[begin].lower() in ("many", "much"):
        begin += 1
        what = re.sub(r"^(?:the|an?) ", "", what)
    noun = phrase.text.split()[-1]
    # "How long is the pump guaranteed?": what is said of it stays.
    kept = [noun] if phrase.end - begin > 2 and _PARTICIPLE.search(noun) else []
    if _WITHOUT_NOUN.match(what) and not is_name(noun):
        what = f"{re.sub('others$', 'other', what)} {noun}"
    elif re.fullmatch(r"(?:\w+ )?ones?", what):
        what = re.sub(r"\bones?$", phrase.text, what)
    elif re.search(r"\bones?$", what) and not is_name(noun):
        what = re.sub(r"\bones?$", noun, what)
    return f"{' '.join([*spoken[:begin], what, *kept, *spoken[phrase.end :]])}?"


def _ordered(clause: str, what: str) -> list[Phrase]:
    """Return the phrases of a question, those most like what replaces one first."""
    found = [each for each in phrases(clause) if each.text.lower() not in _NO_PHRASES]
    # What is asked about comes late in a question.
    return sorted(found, key=lambda phrase: (-_likeness(what, phrase), -phrase.start))


def _likeness(what: str, phrase: Phrase) -> float:
    """Return how alike two phrases are in kind."""
    spoken, other = words(what), words(phrase.text)
    first, its_first = spoken[0].lower(), other[0].lower()
    score = float(first in PREPOSITIONS and first == phrase.preposition)
    if first in PREPOSITIONS:
        score += 2 * any({first, phrase.preposition} == pair for pair in _OPPOSITES)
    else:
        score -= 0.5 * (phrase.preposition in _BY_THE_WAY)
    is_version = bool(_VERSION.search(what)) and bool(_VERSION.search(phrase.text))
    if is_time(what) != is_time(phrase.text):
        score -= 2 * (not is_version)
    elif is_time(what):
        score += 2
    score += bool(re.search(r"\d", what)) and bool(re.search(r"\d", phrase.text))
    score += bool(names(what)) and bool(names(phrase.text))
    score -= 0.5 * (not names(what) and bool(names(phrase.text)))
    score += 2 * is_version
    common = {word.lower() for word in spoken} & {word.lower() for word in other}
    score += 2 * bool(common - DETERMINERS - PREPOSITIONS)
    score += first in DETERMINERS and its_first in DETERMINERS
    # "Tunde" takes the place of "Bex", not of "the Stennick trip".
    score -= 0.5 * (bool(names(what)) and first not in DETERMINERS and its_first in DETERMINERS)
    score += 0.5 * (what.endswith("s") and phrase.text.endswith("s"))
    return score
