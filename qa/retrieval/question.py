"""What is asked of the documents: the part of a question that asks, in characters that exist."""

from __future__ import annotations

import re

# From the start, or from behind a full stop or colon, to the one question mark.
_ASKING = re.compile(
    r"(?:^|[.!:]\s+)((?:(?:at|by|for|from|in|of|on|to|under|with)\s+)?(?:who|whom|whose|what|when|"
    r"where|which|why|how|is|are|was|were|do|does|did|can|could|has|have|had|will|would|should)"
    r"\s[^?]*\?)",
    re.I,
)
# Words that say nothing of what is asked, in whatever order: a part of a question made of
# these alone is politeness.
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
# What leans on the words before it, and cannot be asked without them.
_LEANING = re.compile(
    r"\b(?:he|him|his|she|hers?|it|its|they|them|theirs?|this|that|these|those|there|then|so|"
    r"the (?:former|latter|same))\b",
    re.I,
)


def readable(question: str) -> str:
    """Return the question with a mark for each lone surrogate, which no tokenizer takes.

    They come from a command line that is no UTF-8, or out of a browser's JSON.
    """
    return question.encode("utf-8", "replace").decode("utf-8")


def asking_part(question: str) -> str:
    """Return the sentence that asks, or the whole question where another part may matter.

    "Hello, I wonder if you can help me: who received the car? Thank you" asks "who
    received the car?". Left out is politeness alone, none of whose words can matter,
    and nothing that the sentence that asks leans on ("Who is his sister?").
    """
    found = _ASKING.search(question)
    if found is None or question.count("?") != 1 or _LEANING.search(found[1]):
        return question
    around = f"{question[: found.start(1)]} {question[found.end() :]}".lower().replace("’", "'")
    return found[1] if _POLITE.issuperset(_WORD.findall(around)) else question
