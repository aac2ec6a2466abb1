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
_POLITE = re.compile(
    r"\b(?:hello|hi|hey|dear|good (?:day|morning|afternoon|evening)|thanks?|thank you|please|"
    r"help|sorry|i(?:'m|'d|'ve)?|regards)\b",
    re.I,
)
# A name, a number or a quotation: more than politeness.
_TELLING = re.compile(r"(?<![.!?:]\s)(?<!^)\b(?!I\b)[A-Z]|\d|[\"“”«»„]")
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
    received the car?". Left out is politeness alone: nothing that holds a name or a
    number, nor what the sentence that asks leans on ("Who is his sister?").
    """
    found = _ASKING.search(question)
    if found is None or question.count("?") != 1 or _LEANING.search(found[1]):
        return question
    around = (question[: found.start(1)].strip(), question[found.end() :].strip())
    if any(part and (_TELLING.search(part) or not _POLITE.search(part)) for part in around):
        return question
    return found[1]
