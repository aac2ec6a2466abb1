"""What earlier turns of a conversation were about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.retrieval.conversation.phrases import (
    AUXILIARIES,
    DETERMINERS,
    PREPOSITIONS,
    VERBS,
    frame,
    is_name,
    is_quantity,
    is_time,
    is_verb,
    names,
    split_topic,
    words,
)
from qa.types import Prediction

_NOT_A_TOPIC = frozenset(
    "i we you they he she it people one someone anyone this that these those there us me them "
    "him her".split()
)
_ADVERBS = frozenset(
    "still also ever really actually now then too again already just only always usually often "
    "first last originally finally currently each not please anyway exactly instead so".split()
)
_STATES = frozenset(
    "due open closed available free called meant supposed born made built sold held kept left lost "
    "found paid sent shut run done given taken written worn won put set shown known able allowed "
    "withdrawn drawn grown flown thrown torn sworn "
    "going about heavy old long big large tall high deep wide far loud fast bad good difficult "
    "expensive cheap worth like based used required needed likely responsible wrong right "
    "to".split()
)
# Participles that do not end in "ed" or "en".
_PARTICIPLES = frozenset(
    "bent bet bled blown bought bound bred brought built burnt cast caught cut drawn dug dyed fed "
    "felt flown forbid forgot fought found ground grown heard held hit hung hurt kept known laid "
    "led left lent let lit lost made meant met mown paid put read rung said sawn sent set sewn "
    "shed shot shown shut slain sold spent split spread spun struck strung stuck sung sunk swept "
    "swum taught thought thrown told torn understood won worn wound done gone".split()
)
# With these, "the car to Kim" is not one thing: what is given, and to whom.
_GIVING = frozenset(
    "award awarded bring brought donate donated give gave given hand handed lease leased leave "
    "left lend lent loan loaned offer offered pay paid present presented promise promised return "
    "returned sell sold send sent show showed teach taught tell told".split()
)
_ORGANISATION = re.compile(
    r"\b(?:ltd|limited|inc|plc|llp|gmbh|company|co|club|society|association|trust|council|court|"
    r"committee|board|school|college|university|hospital|clinic|museum|library|station|bank|savings|"
    r"group|foundation|fund|institute|office|desk|department|ministry|service|services|team|church|"
    r"hotel|restaurant|inn|motors|removals|engineering|garage|farm|house|hall|bridge|road|street|"
    r"lane|park|ward|line|shipping|press|review|times|partners|sons|daughters|systems|foods)\b",
    re.I,
)
_TITLE = re.compile(
    r"^(?:mr|mrs|ms|miss|dr|prof|professor|sir|lady|lord|rev|the rev|sister|judge|captain|capt|"
    r"pc|sgt|cllr|councillor|(?-i:Old)|district judge|inspector)\b\.?",
    re.I,
)
# "When was it that Ada sold the mill?" is about what "when Ada sold the mill" is.
_CLEFT = re.compile(r"\b(?:is|was) it that (?:somebody )?", re.I)
# "What did the treasurer say about the roof?" is about the roof.
_TOLD_ABOUT = re.compile(
    r"\b(?:do|does|did)\b.+\b(?:say|tell \w+|write|think|mention|decide|promise) about "
    r"(?P<what>(?!(?:it|that|this|them|him|her)\b).+)",
    re.I,
)
_FEMALE = re.compile(r"^(?:mrs|ms|miss|lady|sister)\b", re.I)
_MALE = re.compile(r"^(?:mr|sir|lord)\b", re.I)
MAX_WORDS = 9
_LINKS = frozenset("to and or who which that".split())
# "What was the mill used for?" asks for no thing, nor does "what colour".
_USE = re.compile(r"\b(?:used (?:for|as)|for)\W*$|\bused (?:for|as)\b", re.I)
_QUALITIES = frozenset(
    "colour color size shape height weight age price cost time date year".split()
)
# Words of a sentence, not of a name or a thing: "She declined", "tip too early".
_OF_SENTENCES = frozenset(
    "i he she it we they you him them us too not no yes if when because use avoid".split()
)
# "the newer one", "the other figure" say which of several is meant, not what it is about.
_WHICH = re.compile(
    r"^(?:the |an? )?(?:(?:new|newer|newest|old|older|oldest|latest|other|corrected|updated|"
    r"amended|current|former|previous|first|second|third|last|next|same) )*"
    r"(?:new|newer|newest|old|older|oldest|latest|other|corrected|updated|amended|current|former|"
    r"previous|one|ones|figure|number|version|edition|page|time|date|price|report|draft|copy)"
    r"(?: (?:one|ones|please|now|then))?(?:$| on | from | in | of )",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question as it was asked of the documents, and what was shown in reply.

    ``answer`` is empty if nothing was found.
    """

    asked: str
    answer: str
    title: str = ""

    @classmethod
    def of(cls, prediction: Prediction) -> Turn:
        """Return the turn of a prediction."""
        shown = (*prediction.answers, *prediction.candidates)
        if not shown:
            return cls(prediction.resolved_question, "")
        answer = " ".join(shown[0].text.split())
        return cls(prediction.resolved_question, answer, shown[0].place.title)

    @property
    def answer_is_thing(self) -> bool:
        """Whether the answer can be meant by "it"."""
        count = len(self.answer.split())
        if not 0 < count <= MAX_WORDS or is_quantity(self.answer) or is_time(self.answer):
            return False
        spoken = [word.lower() for word in words(self.answer)]
        parts = frame(self.asked)
        if _USE.search(parts.rest) or parts.noun.lower() in _QUALITIES:
            return False
        is_named = parts.word in ("what", "which", "where")  # "the Coral Meridian"
        if _TITLE.match(self.answer) or (is_person(self.answer) and not is_named):
            return False
        if _OF_SENTENCES & set(spoken):
            return False
        first = self.answer.split()[0].lower()
        return bool(names(self.answer)) or first in DETERMINERS or count <= 3

    @property
    def people(self) -> list[str]:
        """The people in the answer and the question, the likeliest to be meant first."""
        asks = frame(self.asked).word
        asked = [name for name in names(self.asked) if is_person(name)]
        if not self.answer or asks in ("where", "when"):
            return asked
        if (asks in ("who", "whom") and self.is_short) or _TITLE.match(self.answer):
            return list(dict.fromkeys([person(self.answer), *asked]))
        named = [person(self.answer)] if is_person(self.answer) else []
        # What somebody made or wrote often has a name like a person's.
        is_thing = asks in ("what", "which")
        return list(dict.fromkeys([*asked, *named] if is_thing else [*named, *asked]))

    @property
    def single_names(self) -> list[str]:
        """Names of one word in the question that may be a person's: not of where something is."""
        found = [name for name in names(self.asked) if len(name.split()) == 1]
        return [
            name
            for name in found
            if name[0].isalpha()
            and not is_time(name)
            and not _ORGANISATION.search(name)
            and not re.search(rf"\b(?:in|at|on|from|to|for|near) {re.escape(name)}", self.asked)
        ]

    @property
    def is_short(self) -> bool:
        """Whether the answer is a name or phrase, not a sentence."""
        return 0 < len(self.answer.split()) <= MAX_WORDS


def person(answer: str) -> str:
    """Return the name in an answer: "Stella Marchbank" of "Stella Marchbank, Regional Manager"."""
    return re.split(r"[,(;–]| - ", answer)[0].strip(" .:*_\"'") or answer


def is_person(text: str) -> bool:
    """Return whether a text looks like a person's name."""
    text = person(text)
    if _ORGANISATION.search(text) or re.search(r"\d", text) or text.lower().startswith("the "):
        return False
    found = text.removesuffix("'s").removesuffix("’s").split()
    if _TITLE.match(text) and 1 < len(found) <= 5:
        return True
    capitals = [w for w in found if re.match(r"[A-ZÀ-ÞŁŚŻŽŠČ]", w)]
    small = [w for w in found if w not in capitals]
    return 2 <= len(capitals) <= 4 and all(
        w in ("de", "van", "von", "der", "al", "la") for w in small
    )


def is_organisation(text: str) -> bool:
    """Return whether a text names a firm, council, club and the like."""
    return bool(_ORGANISATION.search(text)) or "&" in text


def gender(name: str) -> str:
    """Return "f" or "m" where a title says it, else an empty text."""
    return "f" if _FEMALE.match(name) else "m" if _MALE.match(name) else ""


def topic(asked: str) -> str:
    """Return what a question is about: its subject, or else what follows its verb."""
    asked = _CLEFT.sub("", asked)
    if told := _TOLD_ABOUT.search(asked):
        return told["what"].rstrip(" ?.!")
    parts = frame(asked)
    rest = parts.rest.split()
    if not rest:
        return parts.noun
    lower = [word.lower() for word in rest]
    auxiliary = parts.auxiliary.lower()
    if auxiliary in {"is", "are", "was", "were"}:
        if lower[0] == "there":
            return topic(" ".join([parts.auxiliary, *rest[1:]])) if rest[1:] else ""
        # "Who is building on the site", "what is wrong with the willow", "who was awarded the cup":
        # what follows.
        is_done = _is_participle(lower[0]) and not is_name(rest[0])
        if parts.asking and (is_done or lower[0] in _STATES or re.search(r"\w\wing$", lower[0])):
            return _object(rest[1:]) or " ".join(rest[1:])
        cut = next((at for at in range(1, len(rest)) if _ends_subject(rest, at)), len(rest))
    elif auxiliary and parts.word == "who" and is_verb(lower[0]):
        return _object(rest) or " ".join(rest[1:])  # "Who will lead the club?"
    elif auxiliary:
        cut = _verb(rest)
    elif parts.word == "who":
        return _without_time(_object_of_verb(rest[0], rest[1:]))  # "Who runs the club?"
    elif parts.asking:
        cut = 0
    else:
        return _keywords(rest)
    subject = rest[:cut]
    content = [
        w
        for w in subject
        if w.lower() not in DETERMINERS | _NOT_A_TOPIC | _ADVERBS | AUXILIARIES | {"be"}
    ]
    if not content:
        return parts.noun or _object(rest[max(cut, 0) :])
    while subject and subject[-1].lower() in PREPOSITIONS | _ADVERBS:
        subject.pop()
    while subject and subject[0].lower() in PREPOSITIONS | _ADVERBS:
        subject.pop(0)
    return " ".join(subject)


def _ends_subject(rest: Sequence[str], at: int) -> bool:
    """Return whether what is said of a subject begins at a place.

    That is a state, or a participle that is no adjective before a noun.
    """
    word = rest[at].lower()
    following = rest[at + 1].lower() if at + 1 < len(rest) else ""
    if is_name(rest[at]):
        return False
    if word == "to":  # "the ferry to Poel", "is the club to open"
        return bool(following) and following not in DETERMINERS and not is_name(rest[at + 1])
    if rest[at - 1].lower() in DETERMINERS - {"this", "that", "these", "those"}:
        return False  # "the old mill"
    if word in _STATES:
        return True
    if not (_is_participle(word) or re.search(r"\w\wing$", word)):
        return False
    if rest[at - 1].lower() in PREPOSITIONS:
        return False
    ends = not following or following in PREPOSITIONS | DETERMINERS | _ADVERBS
    return ends or is_name(rest[at + 1])


def is_passive(asked: str) -> bool:
    """Return whether a question is about what was done: "When was the greenhouse repaired?"."""
    parts = frame(asked)
    rest = parts.rest.split()
    is_be = parts.auxiliary.lower() in {"is", "are", "was", "were"}
    return is_be and any(
        _is_participle(rest[at].lower()) and _ends_subject(rest, at) for at in range(1, len(rest))
    )


def _is_participle(word: str) -> bool:
    return word in _PARTICIPLES or bool(re.search(r"\w\w(ed|en)$", word))


def _verb(rest: Sequence[str]) -> int:
    """Return where the verb is after "did" or "must" and a subject."""
    lower = [word.lower() for word in rest]
    guessed = _guessed_verb(rest)
    if lower[0] not in DETERMINERS or guessed == len(rest) or lower[guessed] in VERBS:
        return guessed
    # "the night train to Basel leave": not the noun before a preposition, but a verb that is known.
    if lower[guessed + 1 : guessed + 2] and lower[guessed + 1] in PREPOSITIONS:
        for at in range(guessed + 2, len(rest)):
            before = lower[at - 1]
            if lower[at] in VERBS and before not in DETERMINERS | PREPOSITIONS | _LINKS:
                return at
    return guessed


def _guessed_verb(rest: Sequence[str]) -> int:
    lower = [word.lower() for word in rest]
    for at in range(1, len(rest)):
        if (
            is_name(rest[at])
            or not re.search(r"\w", rest[at])
            or not re.search(r"\w", rest[at - 1])
        ):
            continue
        if lower[at] in PREPOSITIONS or lower[at - 1] in DETERMINERS:  # "the repair of"
            continue
        if lower[at] in VERBS:
            return at
        following = lower[at + 1] if at + 1 < len(rest) else ""
        ends = (
            not following
            or (following in PREPOSITIONS and following != "of")
            or following in DETERMINERS
            or is_name(rest[at + 1])
        )
        if ends and lower[at] not in DETERMINERS:
            return at
    return len(rest)


def _object(rest: Sequence[str]) -> str:
    """Return what follows a verb, from its article or name on."""
    lower = [word.lower() for word in rest]
    verb = next((at for at, word in enumerate(lower) if is_verb(word) or word.endswith("ed")), -1)
    left = list(rest[verb + 1 :])
    for at, word in enumerate(left):
        if word.lower() in DETERMINERS or is_name(word):
            left = left[at:]
            break
    while left and left[0].lower() in PREPOSITIONS | _ADVERBS | {"to", "back"}:
        left.pop(0)
    while left and left[-1].lower() in PREPOSITIONS | _ADVERBS:
        left.pop()
    return " ".join(left)


def _object_of_verb(verb: str, left: Sequence[str]) -> str:
    """Return what follows a verb, whatever verb it is."""
    return _object(["run", *(_given(left) if verb.lower() in _GIVING else left)])


def _without_time(text: str) -> str:
    """Return a text without the time at its end: "the school bus" of "… bus on Fridays"."""
    spoken = text.split()
    at = next((i for i in range(len(spoken) - 1, 0, -1) if spoken[i].lower() in PREPOSITIONS), 0)
    left = [word for word in spoken[at + 1 :] if word.lower() not in DETERMINERS | _ADVERBS]
    is_when = at > 0 and bool(left) and all(is_time(word) or word.isdigit() for word in left)
    return " ".join(spoken[:at]) if is_when else text


def _given(left: Sequence[str]) -> list[str]:
    """Return what is given: "the car" of "the car to Kim Jong Un" and of "Kim Jong Un the car"."""
    for at in range(1, len(left)):
        word, following = left[at].lower(), left[at + 1 : at + 2]
        if word == "to" and following:
            return list(left[:at])
        before = left[at - 1].lower()
        if word in DETERMINERS and before not in PREPOSITIONS | DETERMINERS | _LINKS:
            return list(left[at:])
        if word in PREPOSITIONS:
            break
    return list(left)


def object_of(asked: str) -> str:
    """Return what follows the verb of a question, empty if nothing does."""
    parts = frame(asked)
    rest = parts.rest.split()
    if rest and parts.auxiliary.lower() not in {"is", "are", "was", "were", ""}:
        at = _verb(rest)
        return _object_of_verb(rest[at], rest[at + 1 :]) if at < len(rest) else ""
    if rest and not parts.auxiliary and is_verb(rest[0].lower()):
        return _object_of_verb(rest[0], rest[1:])
    return _object(rest)


def _keywords(rest: Sequence[str]) -> str:
    """Return what key words are about: what follows "price of" or "fee for"."""
    lower = [word.lower() for word in rest]
    for at in range(1, min(len(rest) - 1, 4)):
        if lower[at] in ("of", "for"):
            return " ".join(rest[at + 1 :])
    return " ".join(rest)


def subject(asked: str) -> str:
    """Return what a question is about, or the topic that was added at its end."""
    clause, added = split_topic(asked)
    found = topic(clause)
    if not added or names(found) or _WHICH.match(added) or is_time(added) or not _has_noun(added):
        return found
    is_noun = found.split()[0].lower() in DETERMINERS if found else False
    return found if is_noun and is_topic(found) and not _WHICH.match(found) else added


def _has_noun(text: str) -> bool:
    return any(word.lower() not in PREPOSITIONS | _ADVERBS for word in words(text))


def is_topic(text: str) -> bool:
    """Return whether a text says what something is about, beyond pronouns."""
    return any(word.lower() not in _NOT_A_TOPIC | DETERMINERS | AUXILIARIES for word in words(text))
