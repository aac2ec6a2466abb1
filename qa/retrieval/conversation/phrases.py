"""Questions and the phrases in them, told apart by function words alone.

There is no tagger: English marks its noun phrases well enough with articles, prepositions,
auxiliaries and capitals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

AUXILIARIES = frozenset(
    "is are was were do does did has have had can could may might must shall should will "
    "would isn't aren't wasn't weren't don't doesn't didn't can't couldn't won't wouldn't "
    "shouldn't".split()
)
PREPOSITIONS = frozenset(
    "about after against at before between by during for from in into of off on onto out over per "
    "since than through till to under until up upon via with within without".split()
)
DETERMINERS = frozenset(
    "a an the this that these those my our your his her its their each every both".split()
)
# Verbs common in questions, in the forms that follow "did", and in their past.
VERBS = frozenset(
    "take took go went come came get got give gave make made leave left pay paid sell sold "
    "buy bought find found say said tell told run ran hold held keep kept lose lost meet met "
    "put see saw send sent win won write wrote build built speak spoke begin began break "
    "broke bring brought choose chose do draw drew drive drove eat ate fall fell forget grow "
    "grew hear heard know knew lead led lend mean meant ride rose set show shut sit sleep "
    "slept spend spent steal stole swim teach taught think thought throw threw wear wore work "
    "cost charge need want happen start last open close move stay change call offer order "
    "sign apply cover serve play launch replace recommend promise agree ask answer have be "
    "become became lift carry flood repair owe owed record earn die marry own require allow "
    "permit contain include weigh measure arrive depart reach receive suffer publish decide "
    "vote explain describe stop exchange collect deliver enter appear expect believe manage "
    "mention operate quote quoted operated reported asked called used voted happened charged "
    "fund funded ordered offered moved changed trained retired died married reviewed replied "
    "presided designed carved caused saved unveils unveil equalised filmed".split()
)
_NOUNS = frozenset(
    "costs charges needs starts opens moves stays changes calls offers orders signs covers plays "
    "records votes measures quotes works runs shows sets rides answers leaves reaches funds".split()
)
QUESTION_WORDS = frozenset("what which who whom whose when where why how".split())
# Words of English questions alone, and words that mark other languages.
_ENGLISH = frozenset(
    "the of what who whom when where why how which did does and for from with its their there she "
    "they this that these those about much many price".split()
)
_FOREIGN = frozenset(
    "der die das den dem ein eine und ist sind wann wer wie warum wo welche welcher hat el los las "
    "que qué quién cuándo cómo dónde es está una le les une est qui quand où pourquoi quel quelle "
    "et il gli che chi dove perché het een wat waar wanneer waarom och är vad när hvem hvor og er "
    "não quem onde como por kto kiedy gdzie jest".split()
)
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)+|[^\s?!,;:()“”\"]+|[?!,;:()“”\"]")
_CONTRACTED = re.compile(
    r"\b(what|who|where|when|why|how|that|there|it|he|she)['’](s|re|d|ll)\b", re.I
)
_SPELLED = {"s": "is", "re": "are", "d": "did", "ll": "will"}
_MONTH = (
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_TIME = re.compile(
    rf"\b(?:{_MONTH}|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:1[5-9]|20)\d\d|years?|months?|weeks?|"
    r"days?|weekends?|weekdays?|spring|summer|autumn|winter|morning|afternoon|evening|night|today|"
    r"yesterday|tomorrow|earlier|later)\b",
    re.I,
)
_QUANTITY = re.compile(
    r"^\W*(?:about|around|over|under|up to|at least|at most|some|a|an|the|only|nearly|almost)?\s*"
    r"(?:[£$€]|(?:gbp|eur|usd|nok|chf)\b|\d|(?:one|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|half|hundred|"
    r"thousand|million|dozen|once|twice|further)\b)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a question: the words between two prepositions, articles or auxiliaries.

    ``start`` and ``end`` count tokens. ``preposition`` is the one before, empty if none.
    """

    start: int
    end: int
    preposition: str
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A question in parts: "By when", "must", "days be taken".

    ``asking`` is the asking phrase, empty for a question of yes or no and for key words;
    ``auxiliary`` the verb after it, empty for "Who left?"; ``rest`` what follows.
    """

    asking: str
    auxiliary: str
    rest: str

    @property
    def noun(self) -> str:
        """The noun that is asked for: "total weight" of "what total weight"."""
        words = self.asking.split()
        start = 1 + next((i for i, w in enumerate(words) if w.lower() in QUESTION_WORDS), -1)
        kept = words[start:]
        if kept and "how" in [w.lower() for w in words]:
            kept = kept[1:]  # much, many, long
        return " ".join(kept)

    @property
    def word(self) -> str:
        """The question word, in lower case, empty if there is none."""
        for word in self.asking.lower().split():
            if word in QUESTION_WORDS:
                return word
        return ""


def tokens(text: str) -> list[str]:
    """Return the words and signs of a text, "who's" as two words."""
    return _TOKEN.findall(_CONTRACTED.sub(lambda m: f"{m[1]} {_SPELLED[m[2].lower()]}", text))


def words(text: str) -> list[str]:
    """Return the tokens without signs."""
    return [token for token in tokens(text) if re.search(r"\w|&|[£$€]", token)]


def frame(question: str) -> Frame:
    """Return a question in its parts."""
    found = words(question)
    lower = [word.lower() for word in found]
    if lower and lower[0] in AUXILIARIES:
        return Frame("", found[0], " ".join(found[1:]))
    at = next((i for i, word in enumerate(lower[:3]) if word in QUESTION_WORDS), None)
    if at is None or any(word not in PREPOSITIONS for word in lower[:at]):
        return Frame("", "", " ".join(found))
    end = next((i for i in range(at + 1, len(lower)) if lower[i] in AUXILIARIES), None)
    if lower[at] in {"who", "when", "where", "why", "whom"} and end != at + 1:
        end = None
        stop = at + 1
    elif lower[at] == "how" and end is None:
        stop = min(at + 2, len(found))
    elif end is None:
        stop = at + 2 if len(found) <= at + 2 or lower[at] == "which" else at + 1
    else:
        stop = end
    if (
        end is not None
        and any(word in PREPOSITIONS for word in lower[at + 1 : end])
        and end - at > 6
        and lower[at : at + 1] != ["how"]
    ):
        end, stop = None, at + 1
    auxiliary = found[end] if end is not None else ""
    return Frame(" ".join(found[:stop]), auxiliary, " ".join(found[stop + bool(auxiliary) :]))


def phrases(text: str) -> list[Phrase]:
    """Return the phrases of a text, in order."""
    found = words(text)
    made: list[Phrase] = []
    start, preposition = 0, ""

    def close(end: int) -> None:
        if end > start:
            made.append(Phrase(start, end, preposition, " ".join(found[start:end])))

    for at, word in enumerate(found):
        lower = word.lower()
        is_of_time = lower == "last" and is_time(" ".join(found[at + 1 : at + 2]))  # "last year"
        if (
            lower in PREPOSITIONS
            or lower in AUXILIARIES
            or lower in QUESTION_WORDS
            or (is_verb(lower) and not is_of_time)
        ):
            close(at)
            start, preposition = at + 1, lower if lower in PREPOSITIONS else ""
        elif ((lower in DETERMINERS or is_of_time) and at > start) or (
            at > start
            and is_name(word)
            and not any(map(is_name, found[start:at]))
            and (found[start].lower() not in DETERMINERS)
        ):
            close(at)
            start, preposition = at, ""
    close(len(found))
    return made


def is_verb(word: str) -> bool:
    """Return whether a word in lower case is a verb that questions often have."""
    return word in VERBS or (word.removesuffix("s") in VERBS and word not in _NOUNS)


def is_name(word: str) -> bool:
    """Return whether a word has a capital or a figure, as names, codes and years do."""
    return bool(re.match(r"[\"'‘“(]*[A-ZÀ-ÞŁŚŻŽŠČ\d£$€]", word)) and word not in ("I", "I'm", "I'd")


def names(text: str) -> list[str]:
    """Return the runs of words with capitals in a text."""
    found: list[str] = []
    run: list[str] = []
    for at, word in enumerate([*words(text), ""]):
        opens = (
            at == 0 and word.lower() in QUESTION_WORDS | AUXILIARIES | PREPOSITIONS | DETERMINERS
        )
        if (word and is_name(word) and not opens) or (
            run and word in ("&", "of", "de", "van", "von", "der")
        ):
            run.append(word)
        elif run:
            while run and run[-1] in ("of", "&", "de", "van", "von", "der"):
                run.pop()
            found.append(" ".join(run))
            run = []
    return [each for each in found if each]


def is_time(text: str) -> bool:
    """Return whether a text is about a time."""
    return bool(_TIME.search(text))


def is_quantity(text: str) -> bool:
    """Return whether a text begins with a number or an amount."""
    return bool(_QUANTITY.match(text))


def split_topic(asked: str) -> tuple[str, str]:
    """Return a question without what it is about at its end, and that: see ``with_topic``."""
    clause, comma, about = asked.rstrip(" ?.!").rpartition(", ")
    return (clause, about) if comma else (about, "")


def without_possessive(text: str) -> str:
    """Return a text without the "'s" at its end."""
    return re.sub(r"['’]s$", "", text)


def is_foreign(text: str) -> bool:
    """Return whether a text is in another language than English, as far as its words tell."""
    spoken = {word.lower() for word in words(text)}
    if not re.search(r"[a-z]", text, re.I):
        return bool(re.search(r"[^\W\d_]", text))
    return bool(spoken & _FOREIGN) and not spoken & _ENGLISH
