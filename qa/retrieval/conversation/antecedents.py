"""What the words of a question that refer to what was said before may mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.retrieval.conversation.phrases import (
    frame,
    is_name,
    is_quantity,
    is_time,
    names,
    phrases,
    without_possessive,
)
from qa.retrieval.conversation.references import FEMALE, PERSONAL, PLURAL, references
from qa.retrieval.conversation.replacement import PROPERTIES
from qa.retrieval.conversation.turns import (
    Turn,
    gender,
    is_organisation,
    is_person,
    is_topic,
    object_of,
    person,
    subject,
)

MAX_ANTECEDENTS = 4
_IS_IT = re.compile(r"\b(?:is|was) it\b", re.I)
_PROPERTY_OF = re.compile(r"^(?:the |an? )?(?P<property>\w+) of (?P<owner>.+)$", re.I)
# Of these "it" means the owner: "when was it built?" after "what is the depth of the lock?".
_DIMENSIONS = frozenset(
    "age area author capacity colour color depth height length location name population size speed "
    "title weight width".split()
)


def antecedents(text: str, turns: Sequence[Turn]) -> list[str]:
    """Return what the referring words of a question may mean, the likeliest first."""
    last = turns[-1]
    asks = frame(last.asked).word
    spoken = [each.word for each in references(text)]
    personal = next((word for word in spoken if word in PERSONAL), "")
    found: list[str] = []
    is_thing = bool({"it", "its"} & set(spoken))
    if personal:
        wanted = "f" if personal in FEMALE else "m"
        found += [name for name in _persons(turns) if gender(name) in ("", wanted)]
        if len(found) > 1:  # what is no person did nothing that "she" did
            return list(dict.fromkeys(found))[:MAX_ANTECEDENTS]
    elif last.answer_is_thing and asks in ("what", "which", "where", ""):
        found.append(last.answer.strip(" .*_"))
        # "Which firm built the bridge?", "when was it opened?": a firm does, and a bridge is.
        if is_organisation(last.answer) and (made := _made(last)):
            found.insert(0 if _IS_IT.search(text) else 1, made)
    elif (
        # "They" may be those who were asked for; "it" is what they did it to.
        asks_who(last) and any(word in PLURAL for word in spoken)
    ):
        found.append(person(last.answer))
    named = [each for each in names(last.asked) if not is_quantity(each) and not is_time(each)]
    if personal:
        found += map(without_possessive, _owners(last.asked, named))
    about = subject(last.asked)
    if is_thing and is_person(about) and (done_to := object_of(last.asked)):
        found.append(done_to)  # "When did Ada Blum buy the mill?", "where is it?"
    if of_what := _of_what(about, is_owner="its" in spoken) if is_thing else "":
        found.append(of_what)
    found.append(about)
    found += map(without_possessive, named if personal else _things(last.asked, named))
    if len(turns) > 1:
        found.append(subject(turns[-2].asked))
    is_many = not personal and bool({"they", "them"} & set(spoken))
    is_many = is_many and not {"it", "that", "this"} & set(spoken)
    if is_many and not (asks_who(last) and found[0] == person(last.answer)):
        is_agent = "them" in spoken and "they" in spoken  # whoever keeps or sells them
        found = [each for each in found if _may_be_many(each) or (is_agent and is_name(each))]
    return [each for each in dict.fromkeys(found) if is_topic(each)][:MAX_ANTECEDENTS]


def _made(last: Turn) -> str:
    """Return what the answer of "which firm built the bridge?" did something to."""
    return "" if frame(last.asked).auxiliary else object_of(last.asked)


def _of_what(about: str, *, is_owner: bool) -> str:
    """Return whose property a question is about: "the lock" of "the depth of the lock"."""
    found = _PROPERTY_OF.match(about)
    if found and found["property"].lower() in (PROPERTIES if is_owner else _DIMENSIONS):
        return found["owner"]
    return ""


def _may_be_many(meant: str) -> bool:
    """Return whether "they" may mean something: several, or an organisation."""
    if is_organisation(meant) or " and " in meant:
        return True
    if is_person(meant):
        return False
    head = phrases(meant)[0].text.split()[-1] if phrases(meant) else meant
    return head.endswith("s") and not head.endswith("ss")


def _persons(turns: Sequence[Turn]) -> list[str]:
    """Return who may be meant by "he" or "she", the last first."""
    full = people(turns)
    single = map(without_possessive, turns[-1].single_names)
    return [*full, *(name for name in single if not any(name in each for each in full))]


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


def asks_who(turn: Turn) -> bool:
    """Return whether a turn was answered with a name that "they" may mean."""
    is_who = frame(turn.asked).word in ("who", "whom", "which")
    return is_who and turn.is_short and not is_quantity(turn.answer)
