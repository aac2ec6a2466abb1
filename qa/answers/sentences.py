"""The sentence that an answer stands in, and whether two of them say the same but for it."""

from __future__ import annotations

import re

from qa.answers.question_words import content_stems, stems
from qa.types import Answer, Passage, Span

# Chosen on the fit part of the natural corpora: how many words two sentences have in common at
# least, the share of the words of the shorter, and the share of the question's words beside one
# answer that are beside the other too.
_LEAST_SAME, _SAME, _COVERED = 3, 0.6, 0.5

# A line of a text may end in mid-sentence, and what ends in a row of a table is an abbreviation.
_SENTENCE_END = re.compile(r"\n\s*\n|(?<=[.!?])\s+")
_ROW_END = re.compile(r"\n+")
# How far it reaches at most before and after the beginning of the answer, in characters.
_NEAR = 250


def sentence_around(passage: Passage, start: int, end: int) -> str:
    """Return the sentence, or the row of a table as it is read, with these words of a document.

    ``start`` and ``end`` are offsets in the document. Where they are not in one piece of the
    passage, it is the words alone.
    """
    try:
        at, _ = passage.in_read_text(start, end)
    except ValueError:
        return passage.words_at(start, end)
    text = passage.read_text
    ends = _ROW_END if passage.view else _SENTENCE_END
    begin = max((each.end() for each in ends.finditer(text, 0, at)), default=0)
    finish = next((each.start() for each in ends.finditer(text, at)), len(text))
    return text[max(begin, at - _NEAR) : min(finish, at + _NEAR)]


def say_the_same(question: str, one: Answer | Span, other: Answer | Span) -> bool:
    """Return whether the sentences of two answers are alike, and the question is on both."""
    first, second = (sentence_around(e.passage, e.start, e.end) for e in (one, other))
    own, others = (
        {stem for stem in content_stems(sentence) if not stem[0].isdigit()} - stems(answer.text)
        for sentence, answer in ((first, one), (second, other))
    )
    common = own & others
    if len(common) < _LEAST_SAME or len(common) < _SAME * min(len(own), len(others)):
        return False
    covered = set(content_stems(question)) & stems(f"{first} {one.passage.heading}")
    told = stems(f"{second} {other.passage.heading}")
    return bool(covered) and len(covered & told) >= _COVERED * len(covered)
