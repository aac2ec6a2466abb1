"""Referring words of a question, replaced by what they mean."""

from __future__ import annotations

from collections.abc import Sequence

from qa.retrieval.conversation.antecedents import asks_who, people
from qa.retrieval.conversation.phrases import (
    DETERMINERS,
    PREPOSITIONS,
    frame,
    is_name,
    is_time,
    names,
    phrases,
    split_topic,
    without_possessive,
    words,
)
from qa.retrieval.conversation.references import (
    FEMALE,
    IMPERSONAL,
    PERSONAL,
    PLURAL,
    POINTING,
    references,
)
from qa.retrieval.conversation.turns import Turn, is_topic, object_of, person, subject

# What "'s" in "who's" or "'d" in "he'd" stands for.
_SPELLED = {"s": " is", "re": " are", "d": " had", "ll": " will", "ve": " have"}


def substitute(text: str, meant: str, turns: Sequence[Turn]) -> str:
    """Return a question with its referring words replaced by what is meant.

    Words that cannot be replaced one by one, as in "that one", leave it at the end.
    """
    made, at, left_over, when = "", 0, False, ""
    first = ""
    found = references(text)
    spoken = {each.word for each in found}
    # "Where will she start shooting it?", "Who sold it to them?": people and a thing.
    is_they = bool(spoken & PLURAL) and _is_answer(meant, turns)
    is_mixed = bool(spoken & PERSONAL) or is_they
    for each in found:
        new = ""
        if each.word == "them" and "they" in spoken:
            new = object_of(turns[-1].asked)  # "How long do they keep them?"
            new = "" if meant.lower() in new.lower() or not is_topic(new) else new
            made += text[at : each.start] + (new or "them")
            at = each.end
            continue
        if each.word in PLURAL and not is_they and spoken & ({"it", "its"} | PERSONAL):
            continue  # "Why did they change it?": whoever it was
        if is_mixed and each.word in ("it", "its", "that", "this"):
            thing = _thing(meant, turns)
            new = possessive(thing) if thing and each.is_possessive else thing
        elif each.word in PERSONAL:
            first = first or each.word
            other = (each.word in FEMALE) != (first in FEMALE)
            who = next((n for n in people(turns) if n != meant), meant) if other else meant
            new = possessive(who) if each.is_possessive else who
        elif each.word in IMPERSONAL:
            new = possessive(meant) if each.is_possessive else meant
        elif each.word == "there":
            new = _place(meant, turns)
        elif each.word in POINTING and each.is_pronoun and each.following not in ("one", "ones"):
            new = meant
        elif each.word == "then":
            made, at = made + text[at : each.start].rstrip(), each.end
            when = frame(split_topic(turns[-1].asked)[0]).rest
        elif each.word in ("one", "ones") and each.previous in ("that", "this"):
            made = (made + text[at : each.start]).rstrip()[: -len(each.previous)]
            made, at = made + meant, each.end
        elif each.word in ("one", "ones") and (noun := _noun(turns[-1])):
            new = noun
        elif each.following not in ("one", "ones"):
            left_over = True
        if new and new.lower() not in text.lower():
            made += text[at : each.start] + new + _SPELLED.get(each.suffix[1:], each.suffix)
            at = each.end
    made = with_topic(made + text[at:], when)
    return with_topic(made, meant) if left_over else made


def _noun(turn: Turn) -> str:
    """Return the noun that "the first one" leaves out, empty if unknown."""
    noun = frame(turn.asked).noun.split()[-1:]
    if not noun:
        first = phrases(subject(turn.asked))[:1]
        # "the smith they want": what comes after a pronoun says more of the noun.
        noun = first[0].text.split() if first else []
        noun = noun[: next((i for i, w in enumerate(noun) if not is_topic(w) and i), len(noun))]
        noun = noun[-1:]
    return noun[0] if noun and not is_name(noun[0]) and noun[0].isalpha() else ""


def _is_answer(meant: str, turns: Sequence[Turn]) -> bool:
    """Return whether something is who the last question asked for."""
    return asks_who(turns[-1]) and meant == person(turns[-1].answer)


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
