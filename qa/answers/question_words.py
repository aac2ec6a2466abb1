"""What a question asks with: its words, the names in it, and the kind of answer it wants."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")
_FUNCTION_WORDS = frozenset(
    "a about after all also am an and any are as at be been before by can could did do does for "
    "from get got had has have he her here his how i if in into is it its many may me might much "
    "must my no not of on or our over s shall she should so some t than that the their then there "
    "these they this those to was we were what when where which who whom whose why will with "
    "would you your".split()
)
_STEM = 5

_WHEN = re.compile(
    r"\b(when|dates?|deadline|how long ago|(what|which) (year|date|day|time|month))\b"
)
_TIME = re.compile(
    r"\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|day|spring|summer|autumn|winter|morning|"
    r"evening|noon|night|week|month|year|century|easter|christmas|tomorrow|now|once|after|before"
)
_HOW_MUCH = re.compile(
    r"\b(how (many|much|old|long|far|tall|high|deep|big|large|heavy|fast|often|wide|soon)|price|"
    r"costs?|fee|rate|total|budget|salary|number of|percent(age)?|phone|telephone)\b"
)
_FIGURE = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|"
    r"forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|[mb]illion|half|quarter|dozen|once|"
    r"twice|none|no|both|single|free|every|daily|weekly|monthly|yearly)\b"
)
_WHO = re.compile(r"\b(who|whose|whom)\b")
_SECTION = (
    "(?:sections?|clauses?|headings?|headlines?|titles?|articles?|chapters?|schedules?|annex(?:es)?"
    "|appendi(?:x|ces)|parts?|items?|paragraphs?|bits?|entr(?:y|ies)|rubrics?|§)"
)
_WHICH_SECTION = re.compile(
    rf"\b(?:which|what(?:['’]?s| is)?(?: the)?) (?:\w+ )?(?:{_SECTION}|point|question)\b"
    rf"|^[^\w'’]*(?:[\w'’]+[^\w'’]+){{0,4}}?{_SECTION} "
    r"(?:in|of|on|for|with|about|over|that|where|from|called)\b"
    rf"|\b{_SECTION} .{{0,80}}\bcalled\b"
    r"|\bwhere (?:in|on|does) .{1,80} (?:is|are|says?|talks?|explain(?:s|ed)?)\b"
)


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation."""
    return _WORD.findall(text.casefold())


def stems(text: str) -> set[str]:
    """Return the words of a text, each cut so that its forms are mostly one."""
    return {_stem(word) for word in words(text)}


def content_stems(text: str) -> list[str]:
    """Return the stems of a text's words without articles, pronouns, auxiliaries and the like."""
    return [_stem(word) for word in words(text) if word not in _FUNCTION_WORDS]


def has_name(question: str) -> bool:
    """Return whether a question has a name or a number: a word with a capital, or a figure.

    A capital does not count in the first word, where every sentence has one.
    """
    return any(
        word[0].isdigit() or (at and word[0].isupper() and word != "I")
        for at, word in enumerate(_WORD.findall(question))
    )


def fit(question: str, answer: str) -> float:
    """Return 1 if an answer is of the kind that a question wants, -1 if not, 0 if unknown.

    "When …" wants a time, "how many …" a figure, "who …" a name.
    """
    question = question.casefold()
    for asks, gives, text in (
        (_WHEN, _TIME, answer.casefold()),
        (_HOW_MUCH, _FIGURE, answer.casefold()),
        (_WHO, re.compile(r"\b[^\W\d_a-z]"), answer),
    ):
        if asks.search(question):
            return 1.0 if gives.search(text) else -1.0
    return 0.0


def wants_heading(question: str) -> bool:
    """Return whether a question may want a heading: "which clause is about …", "section with …"."""
    return _WHICH_SECTION.search(question.casefold()) is not None


def _stem(word: str) -> str:
    return word[:_STEM] if len(word) > _STEM else word.removesuffix("s")
