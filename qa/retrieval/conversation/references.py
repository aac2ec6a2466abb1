"""Words that refer to what was said before."""

from __future__ import annotations

import re

from qa.retrieval.conversation.phrases import (
    AUXILIARIES,
    DETERMINERS,
    PREPOSITIONS,
    QUESTION_WORDS,
    frame,
    is_name,
    is_verb,
    words,
)

PERSONAL = frozenset("he him his she her hers".split())
PLURAL = frozenset("they them their theirs".split())
_SUBORDINATING = frozenset("when before because if after that while since until where".split())
FEMALE = frozenset("she her hers".split())
IMPERSONAL = frozenset("it its they them their theirs".split())
POINTING = frozenset("that this these those".split())
_BEFORE_ONE = frozenset(
    "the other another that this first second third last new old newer older bad good small big "
    "smaller bigger larger cheaper dearer same which next".split()
)
# "this year" is a time, not something said before.
_OF_THE_CALENDAR = frozenset(
    "year week weekend day days time times month summer winter spring autumn morning afternoon "
    "evening".split()
)
# What may follow "that" or "this" where it stands for a thing, as in "how much is that a month".
_AFTER_POINTING = frozenset(["", "?", ",", ".", *"one over then now cost take mean".split()])
_NO_NOUNS = (
    AUXILIARIES | PREPOSITIONS | DETERMINERS | QUESTION_WORDS | PERSONAL | IMPERSONAL | POINTING
) | frozenset("i we you be been not also too other one ones if or and".split())
_OF_ONE = re.compile(rf"(?:\b(?:{'|'.join(sorted(_BEFORE_ONE))})\s+)+$", re.I)
# "Where does the key to its cover hang?": it is not the key's, which stands alone.
_OWNED = re.compile(
    r"\b(?:is|are|was|were|do|does|did)\s+(?:the|an?) \w+ (?:of|to|for|in|on|from)\s*$", re.I
)
_SUFFIX = re.compile(r"['’](?:s|re|d|ll|ve)$")
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
        earlier = text[: self.start]
        if self.word in ("one", "ones"):  # "the first one": what is before it belongs to it
            earlier = _OF_ONE.sub("", earlier)
        if self.word in ("its", "his", "her", "their"):
            earlier = _OWNED.sub("", earlier)
        self.has_noun_before = _has_noun(earlier)
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
        if self.word in PERSONAL | IMPERSONAL:
            if self.word == "it" and (self.is_expletive or self.following in ("take", "takes")):
                return False
            # "When will they begin recruiting for the factory?": people in general.
            if self.word in PLURAL and self.names_after:
                return False
            return self.is_last or not self.has_noun_before
        if self.word == "there":
            stands = AUXILIARIES | {"if"}
            return not (self.previous in stands or self.following in AUXILIARIES or self.suffix)
        if self.word in ("this", "these"):
            return self.following in _AFTER_POINTING and not self.has_noun_before
        if self.word in POINTING:
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
        if at and spoken[at - 1].lower() in DETERMINERS - POINTING - IMPERSONAL - PERSONAL:
            return True
        if is_name(word) and not (at == 0 and not parts.asking and not parts.auxiliary):
            return True
        nouns += not is_verb(lower)
    return nouns >= least


def references(text: str) -> list[Reference]:
    """Return the words of a question that refer to what was said before, in order."""
    found = (Reference(text, match) for match in _SPOKEN.finditer(text))
    return [each for each in found if each.refers]
