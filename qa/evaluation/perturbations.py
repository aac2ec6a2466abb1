"""Rules that reword a question as people type it, without changing its answer."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

# Left out of a keyword search.
_FUNCTION_WORDS = frozenset(
    "a an and are as at be been being but by can could did do does for from had has have he her "
    "him his how i in into is it its me my of on or our out she should so that the their them "
    "then there they this to was we were what when where which while who whom whose why will "
    "with would you your".split()
)
# Past tenses that are also past participles, beside the regular ones in -ed.
_PARTICIPLES = frozenset(
    "bought brought built caught found fought held kept led left lost made met paid said sent "
    "shot sold spent taught told won".split()
)
_ENDINGS = {"is": "'s", "are": "'re", "did": "'d", "would": "'d"}
_CONTRACTED = re.compile(rf"\b(who|what|where|when|how|why) ({'|'.join(_ENDINGS)})\b", re.I)
_ACTIVE = re.compile(r"who (\w+) (?!to\b)(.+?)\?*", re.I)


def typo(question: str) -> str:
    """Swap two neighbouring letters inside one word of five letters or more.

    The choice depends on the question alone, so that a set is the same each time.
    """
    rng = random.Random(question)
    places = [
        at
        for word in re.finditer(r"[^\W\d_]{5,}", question)
        for at in range(word.start() + 1, word.end() - 2)
        if question[at] != question[at + 1]
    ]
    if not places:
        return question
    at = rng.choice(places)
    return question[:at] + question[at + 1] + question[at] + question[at + 2 :]


def lower_case(question: str) -> str:
    """Write everything in lower case."""
    return question.lower()


def no_question_mark(question: str) -> str:
    """Drop the question mark."""
    return question.rstrip("? ")


def contraction(question: str) -> str:
    """Contract "who is" to "who's", "where did" to "where'd", and so on."""
    return _CONTRACTED.sub(lambda found: found[1] + _ENDINGS[found[2].lower()], question)


def keywords(question: str) -> str:
    """Keep the keywords: no function words, no question mark."""
    words = re.findall(r"[\w'’.,-]*\w", question)
    kept = [word for word in words if word.lower() not in _FUNCTION_WORDS]
    return " ".join(kept) if len(kept) >= 2 else question


def passive(question: str) -> str:
    """Turn "Who built the mill?" into "By whom was the mill built?"."""
    found = _ACTIVE.fullmatch(question.strip())
    if found is None:
        return question
    verb, thing = found[1].lower(), found[2].strip()
    if not verb.endswith("ed") and verb not in _PARTICIPLES:
        return question
    return f"By whom was {thing} {verb}?"


def long_winded(question: str) -> str:
    """Wrap the question in polite phrases."""
    asked = question.strip().rstrip("?")
    return (
        "Hello, I have been looking through these documents for a while and I hope that you can "
        f"help me with something: {asked[:1].lower()}{asked[1:]}? Thank you very much in advance."
    )


PERTURBATIONS: dict[str, Callable[[str], str]] = {
    rule.__name__: rule
    for rule in (typo, lower_case, no_question_mark, contraction, keywords, passive, long_winded)
}
