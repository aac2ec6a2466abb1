"""The question as it is asked of the documents."""

from __future__ import annotations

import re

from qa.errors import QuestionError
from qa.text import without_surrogates

MAX_WORDS = 5000
# About as many as so many words have. A word without an end costs seconds for each 100,000.
MAX_CHARACTERS = 50_000
# From the start, or from after a full stop or colon, to the one question mark.
_ASKING = re.compile(
    r"(?:^|[.!:]\s+)((?:(?:at|by|for|from|in|of|on|to|under|with)\s+)?(?:who|whom|whose|what|when|"
    r"where|which|why|how|is|are|was|were|do|does|did|can|could|has|have|had|will|would|should)"
    r"\s[^?]*\?)",
    re.I,
)
# Words that say nothing about what is asked: a part of a question with these words alone is
# politeness.
_POLITE = frozenset(
    "a about advance afternoon again all am an and any anybody anyone ask at be been can could day "
    "dear do document documents evening everybody everyone file files find folder folders for from "
    "glad good grateful great happy have hello help hey hi hope hoping i i'd i'm i've if in is it "
    "just kind kindly know like look looking lot lots many maybe me morning much my need of "
    "out please question questions quick read reading regards searching some somebody something "
    "sorry tell text texts thank thanks that the there these this through time to trying very want "
    "wanted while wish with wonder wondering would you your".split()
)
_WORD = re.compile(r"\w+(?:['’]\w+)?")
# Words that refer to what was said before them.
_PRONOUN = re.compile(
    r"\b(?:he|him|his|she|hers?|it|its|they|them|theirs?|this|that|these|those|there|then|so|"
    r"the (?:former|latter|same))\b",
    re.I,
)


def resolve(question: str) -> str:
    """Return the question as it is asked of the documents.

    White space is collapsed, and polite words around the question are dropped
    (:func:`asking_part`). Raises :class:`~qa.errors.QuestionError` for a question without a
    letter or digit, for one of more than ``MAX_WORDS`` words or ``MAX_CHARACTERS`` characters,
    and for what is no text.
    """
    if not isinstance(question, str):  # None where a program read no question
        raise QuestionError(f"the question is {question!r:.40}, not a text", "give it as a string")
    if len(question) > MAX_CHARACTERS:
        raise QuestionError(
            f"the question has {len(question):,} characters",
            f"ask one of at most {MAX_CHARACTERS:,}",
        )
    words = without_surrogates(question).split()
    if not any(character.isalnum() for word in words for character in word):
        raise QuestionError("the question is empty", "write it in words")
    if len(words) > MAX_WORDS:
        raise QuestionError(
            f"the question has {len(words):,} words", f"ask one of at most {MAX_WORDS:,}"
        )
    return asking_part(" ".join(words))


def asking_part(question: str) -> str:
    """Return the sentence that asks, or the whole question where another part may matter.

    "Hello, I wonder if you can help me: who received the car? Thank you" becomes "who received
    the car?". Only words of politeness are dropped, and only if the sentence that asks has no
    pronoun that may refer to them ("Who is his sister?").
    """
    found = _ASKING.search(question)
    if found is None or question.count("?") != 1 or _PRONOUN.search(found[1]):
        return question
    around = f"{question[: found.start(1)]} {question[found.end() :]}".lower().replace("’", "'")
    return found[1] if _POLITE.issuperset(_WORD.findall(around)) else question
