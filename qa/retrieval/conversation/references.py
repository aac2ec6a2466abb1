"""Words that refer to what was said before, and what may be put in their place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.retrieval.conversation.phrases import (
    AUXILIARIES,
    DETERMINERS,
    PREPOSITIONS,
    QUESTION_WORDS,
    frame,
    is_name,
    is_quantity,
    is_time,
    is_verb,
    names,
    phrases,
    without_possessive,
    words,
)
from qa.retrieval.conversation.turns import Turn, gender, is_topic, object_of, person, subject

MAX_ANTECEDENTS = 4
_PERSONAL = frozenset("he him his she her hers".split())
_PLURAL = frozenset("they them their theirs".split())
_SUBORDINATING = frozenset("when before because if after that while since until where".split())
_FEMALE = frozenset("she her hers".split())
_IMPERSONAL = frozenset("it its they them their theirs".split())
_POINTING = frozenset("that this these those".split())
_BEFORE_ONE = frozenset(
    "the other that this first second third last new old newer older bad good small big smaller "
    "bigger larger cheaper dearer same which next".split()
)
# "this year" is a time, not something said before.
_OF_THE_CALENDAR = frozenset(
    "year week weekend day days time times month summer winter spring autumn morning afternoon "
    "evening".split()
)
# What may follow "that" or "this" where it stands for a thing, as in "how much is that a month".
_AFTER_POINTING = frozenset(["", "?", ",", ".", *"a one over then now cost take mean".split()])
_NO_NOUNS = (
    AUXILIARIES | PREPOSITIONS | DETERMINERS | QUESTION_WORDS | _PERSONAL | _IMPERSONAL | _POINTING
) | frozenset("i we you be been not also too other one ones if or and".split())
_SUFFIX = re.compile(r"['’](?:s|re|d|ll|ve)$")
_SPELLED = {"s": " is", "re": " are", "d": " had", "ll": " will", "ve": " have"}
_SPOKEN = re.compile(r"[\w'’]+")


class Reference:
    """A referring word in a question: its place, the word in lower case, and its neighbours."""

    def __init__(self, text: str, match: re.Match[str]) -> None:
        self.start, self.end = match.span()
        self.word = _SUFFIX.sub("", match[0].lower())
        self.suffix = match[0][len(self.word) :]
        before = text[: self.start].lower().split()
        after = re.findall(r"[\w'’]+|[?,.]", text[self.end :].lower())
        self.previous = before[-1] if before else ""
        self.following = after[0] if after else ""
        self.is_last = self.following in ("", "?") and self.previous in PREPOSITIONS
        self.has_noun_before = _has_noun(text[: self.start])
        if self.previous in _SUBORDINATING:
            self.has_noun_before = self.has_noun_before or _has_noun(text[: self.start], 1)
        rest = words(text[self.end :])
        self.names_after = len(rest) >= 4 and any(
            is_name(word) or (word.lower() in ("the", "a", "an") and at + 1 < len(rest))
            for at, word in enumerate(rest)
        )
        # "How much does it cost to …"
        ahead = r"(?:\s+[\w'’]+){1,4}?\s+(?:to|that|whether|if|when|before)\b"
        stands_for = re.match(ahead, text[self.end :], re.I)
        kept = r"\b(?:have|has|had|want|need|going|able|used|get|give)\s+to$"
        self.is_expletive = (
            self.word == "it" and bool(stands_for) and not re.search(kept, stands_for[0], re.I)
            if stands_for
            else False
        )

    @property
    def refers(self) -> bool:
        """Whether the word refers to what was said before."""
        if self.word in _PERSONAL | _IMPERSONAL:
            if self.word == "it" and (self.is_expletive or self.following in ("take", "takes")):
                return False
            # "When will they begin recruiting for the factory?": people in general.
            if self.word in _PLURAL and self.names_after:
                return False
            return self.is_last or not self.has_noun_before
        if self.word == "there":
            stands = AUXILIARIES | {"if"}
            return not (self.previous in stands or self.following in AUXILIARIES or self.suffix)
        if self.word in ("this", "these"):
            return self.following in _AFTER_POINTING and not self.has_noun_before
        if self.word in _POINTING:
            return self.is_pronoun and (self.is_last or not self.has_noun_before)
        if self.word in ("one", "ones"):
            return self.previous in _BEFORE_ONE and not self.has_noun_before
        return self.word == "then" and self.following in ("", "?")

    @property
    def is_pronoun(self) -> bool:
        """Whether "that" stands by itself, and not before a noun or a clause."""
        if self.following in ("kind", "sort", "type", "way"):
            return False
        asked = self.previous in AUXILIARIES | PREPOSITIONS | {"what's", "who's", "when's"}
        return asked or self.following in _AFTER_POINTING | PREPOSITIONS

    @property
    def is_possessive(self) -> bool:
        """Whether the word stands before what is possessed."""
        if self.word in ("his", "its", "their"):
            return True
        ends = {"", "?", ",", ".", "again", "then", "now"} | PREPOSITIONS | AUXILIARIES
        return self.word == "her" and self.following not in ends | DETERMINERS


def _has_noun(text: str, least: int = 2) -> bool:
    """Return whether a noun comes in a text after its asking phrase: a pronoun may mean that.

    "Why can't the shop put its …", "When did Ada say that she …".
    """
    parts = frame(text)
    if parts.word in ("which", "whose") and parts.noun and not parts.auxiliary and parts.rest:
        return True
    spoken = words(parts.rest)
    nouns = 0
    for at, word in enumerate(spoken):
        lower = word.lower()
        if lower in _NO_NOUNS or (at == 0 and parts.auxiliary and lower.endswith(("ed", "ing"))):
            continue
        if at and spoken[at - 1].lower() in DETERMINERS - _POINTING - _IMPERSONAL - _PERSONAL:
            return True
        if is_name(word) and not (at == 0 and not parts.asking and not parts.auxiliary):
            return True
        nouns += not is_verb(lower)
    return nouns >= least


def references(text: str) -> list[Reference]:
    """Return the words of a question that refer to what was said before, in order."""
    found = (Reference(text, match) for match in _SPOKEN.finditer(text))
    return [each for each in found if each.refers]


def antecedents(text: str, turns: Sequence[Turn]) -> list[str]:
    """Return what the referring words of a question may mean, the likeliest first."""
    last = turns[-1]
    asks = frame(last.asked).word
    personal = next((each.word for each in references(text) if each.word in _PERSONAL), "")
    found: list[str] = []
    if personal:
        wanted = "f" if personal in _FEMALE else "m"
        found += [name for name in people(turns) if gender(name) in ("", wanted)]
        if len(found) > 1:  # what is no person did nothing that "she" did
            return list(dict.fromkeys(found))[:MAX_ANTECEDENTS]
    elif last.answer_is_thing and asks in ("what", "which", "where", ""):
        found.append(last.answer.strip(" .*_"))
    elif (
        # "They" may be those who were asked for; "it" is what they did it to.
        _asks_who(last) and any(each.word in _PLURAL for each in references(text))
    ):
        found.append(person(last.answer))
    named = [each for each in names(last.asked) if not is_quantity(each) and not is_time(each)]
    if personal:
        found += map(without_possessive, _owners(last.asked, named))
    found.append(subject(last.asked))
    found += map(without_possessive, named if personal else _things(last.asked, named))
    if len(turns) > 1:
        found.append(subject(turns[-2].asked))
    return [each for each in dict.fromkeys(found) if is_topic(each)][:MAX_ANTECEDENTS]


def _owners(asked: str, named: Sequence[str]) -> list[str]:
    """Return the names that may be a person's: of an owner, or not after "in" or "at"."""
    return [
        name
        for name in named
        if not re.match("the ", name, re.I)
        and (
            without_possessive(name) != name
            or not re.search(rf"\b(?:in|at|on|from|to|for) {re.escape(name)}", asked)
        )
    ]


def _things(asked: str, named: Sequence[str]) -> list[str]:
    """Return the names that "it" may mean: not of where something is or happened."""
    return [name for name in named if not re.search(rf"\b(?:in|at|on) {re.escape(name)}", asked)]


def people(turns: Sequence[Turn]) -> list[str]:
    """Return the people named in a conversation, the last first."""
    return [without_possessive(name) for turn in reversed(turns) for name in turn.people]


def substitute(text: str, meant: str, turns: Sequence[Turn]) -> str:
    """Return a question with its referring words replaced by what is meant.

    Words that cannot be replaced one by one, as in "that one", leave it at the end.
    """
    made, at, left_over = "", 0, False
    first = ""
    found = references(text)
    spoken = {each.word for each in found}
    # "Where will she start shooting it?", "Who sold it to them?": people and a thing.
    is_they = bool(spoken & _PLURAL) and _is_answer(meant, turns)
    is_mixed = bool(spoken & _PERSONAL) or is_they
    for each in found:
        new = ""
        if each.word == "them" and "they" in spoken:
            new = object_of(turns[-1].asked)  # "How long do they keep them?"
            new = "" if meant.lower() in new.lower() or not is_topic(new) else new
            made += text[at : each.start] + (new or "them")
            at = each.end
            continue
        if each.word in _PLURAL and not is_they and spoken & {"it", "its"}:
            continue  # "Why did they change it?": whoever it was
        if is_mixed and each.word in ("it", "its", "that", "this"):
            thing = _thing(meant, turns)
            new = possessive(thing) if thing and each.is_possessive else thing
        elif each.word in _PERSONAL:
            first = first or each.word
            other = (each.word in _FEMALE) != (first in _FEMALE)
            who = next((n for n in people(turns) if n != meant), meant) if other else meant
            new = possessive(who) if each.is_possessive else who
        elif each.word in _IMPERSONAL:
            new = possessive(meant) if each.is_possessive else meant
        elif each.word == "there":
            new = _place(meant, turns)
        elif each.word in _POINTING and each.is_pronoun and each.following not in ("one", "ones"):
            new = meant
        elif each.following not in ("one", "ones"):
            left_over = True
        if new and new.lower() not in text.lower():
            made += text[at : each.start] + new + _SPELLED.get(each.suffix[1:], each.suffix)
            at = each.end
    made += text[at:]
    return with_topic(made, meant) if left_over else made


def _is_answer(meant: str, turns: Sequence[Turn]) -> bool:
    """Return whether something is who the last question asked for."""
    return _asks_who(turns[-1]) and meant == person(turns[-1].answer)


def _asks_who(turn: Turn) -> bool:
    """Return whether a turn was answered with a name that "they" may mean."""
    is_who = frame(turn.asked).word in ("who", "whom", "which")
    return is_who and turn.is_short and not is_quantity(turn.answer)


def _thing(owner: str, turns: Sequence[Turn]) -> str:
    """Return the thing that "it" means beside a person, empty if none was named."""
    for turn in reversed(turns):
        about = turn.answer.strip(" .*_") if turn.answer_is_thing else subject(turn.asked)
        if owner.lower() in about.lower():
            about = subject(turn.asked)
        is_other = owner.lower() not in about.lower() and about not in people([turn])
        if about and is_other and is_topic(about):
            return about
    return ""


def _place(meant: str, turns: Sequence[Turn]) -> str:
    """Return the place that "there" means, with its preposition."""
    last = turns[-1]
    if frame(last.asked).word == "where" and last.is_short:
        is_complete = words(last.answer)[:1] and words(last.answer)[0].lower() in PREPOSITIONS
        return last.answer if is_complete else f"at {last.answer}"
    for phrase in reversed(phrases(frame(last.asked).rest)):
        is_noun = names(phrase.text) or phrase.text.split()[0].lower() in DETERMINERS
        if phrase.preposition in ("in", "at", "on") and is_noun and not is_time(phrase.text):
            return f"{phrase.preposition} {phrase.text}"
    if meant in people(turns):
        about = subject(last.asked)
        return f"in {about}" if is_topic(about) else ""
    return meant if words(meant)[0].lower() in PREPOSITIONS else f"at {meant}"


def possessive(text: str) -> str:
    """Return a name or noun as the owner of what follows."""
    text = without_possessive(text)
    return f"{text}'" if text.endswith("s") else f"{text}'s"


def with_topic(question: str, about: str) -> str:
    """Return a question with what it is about at its end."""
    return f"{question.rstrip(' ?.!')}, {about}?" if about else question
