"""Questions that a document answers in plain words, made of its facts, lines and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.loaders.dates import MONTHS
from qa.types import Document

# Of a long document its beginning is enough.
_CHARACTERS = 20_000
_ASKED = re.compile(
    r"(?:Who|Whose|What|When|Where|Which|Why|How|Can|May|Must|Do|Does|Did|Is|Are|Was|Were|Will|"
    r"Should|Has|Have)\b[^\n:]{4,80}\?"
)
# "The lighthouse of Rerik", and "Date of delivery: 4 May": not the name of somebody who speaks.
_TITLE = re.compile(r"The [^\W\d_][\w’'., -]{2,50}[\w)]")
_LINE = re.compile(r"^[* \t]*([A-Z][a-z]+(?: [a-z]+){1,3})[*]*:[*]* *(\S.{1,60})$", re.MULTILINE)
# Only with such a noun is "What is the …?" good English, or "Who is the …?".
_NOUNS = frozenset(
    "address amount capacity contact cost currency date day deadline deposit duration fee height "
    "length limit location model name number period phone place price reference rent size speed "
    "status subject sum telephone temperature term time title total type value venue weight width "
    "year".split()
)
_PEOPLE = frozenset(
    "author chair chairman chairwoman coach director editor head landlord leader manager mayor "
    "organiser owner president secretary supervisor supplier teacher tenant treasurer".split()
)
_POSSESSIVE = frozenset("my our your his her its their no next other".split())
# "The library was founded by Landgrave William IV", "Ada Blum was born in 1871": what, by whom,
# when. The first words of a sentence are a name where there are several.
_NAME = r"[A-Z][\w’'-]+(?: (?:(?:of|de|von|van) )?[A-Z][\w’'-]*)"
_MONTH = "|".join(name.capitalize() for name in MONTHS)
_IRREGULAR = {
    **{
        same: same
        for same in "bought built cut dug found held laid led lit made met paid put read rebuilt "
        "sent sold told won".split()
    },
    **{"begun": "began", "drawn": "drew", "given": "gave", "taken": "took", "written": "wrote"},
}
_FACT = re.compile(
    rf"(?:^|(?<=[.!?] ))(?P<what>The [\w’'-]+(?: [\w’'-]+){{0,5}}?|{_NAME}{{1,3}}) "
    rf"(?P<be>was|were) (?P<done>[a-z]{{2,}}ed|born|{'|'.join(_IRREGULAR)})"
    rf"(?: by (?:the [a-z]+ )?(?P<who>{_NAME}{{0,3}}))?"
    rf"(?: (?:in|on) (?P<when>(?:\d{{1,2}} )?(?:(?:{_MONTH}) )?(?:1\d|20)\d\d))?\b"
)
# "The ferry to the island leaves the northern pier at 7:15": what has a time or a price.
_HOW = {
    **dict.fromkeys("begins closes ends expires leaves opens starts".split(), "When"),
    "costs": "How much",
    "lasts": "How long",
}
_HABIT = re.compile(
    rf"(?:^|(?<=[.!?] ))(?P<what>(?:The|An?) [\w’'-]+(?: [\w’'-]+){{0,5}}?)"
    rf" (?P<does>{'|'.join(_HOW)}) (?P<value>[^.!?;]{{2,60}})"
)
# With such a word what stands before "was" is more than a thing or a person.
_CLAUSE = frozenset("after and as because before but if or said that when where which who".split())


def questions_of(document: Document) -> Iterator[tuple[int, str, str]]:
    """Yield a rank, the best first, a question, and the words that answer it, if they are known."""
    text = document.text[:_CHARACTERS]
    texts: dict[str, list[str]] = {"heading": [], "body": []}
    for block in document.blocks:
        if block.kind in texts and block.end <= len(text):
            texts[block.kind].append(" ".join(text[block.start : block.end].split()))
    headings = texts["heading"]
    facts = [each for body in texts["body"] for each in _facts(body)]
    lines = [
        (f"{asking} is the {_lower(m[1])}?", m[2])
        for m in _LINE.finditer(text)
        if (asking := _asking(_lower(m[1])))
    ]
    asked = [(name, "") for name in headings if _ASKED.fullmatch(name)]
    titles = [
        (f"What {'are' if _head(name).endswith('s') else 'is'} {_lower(name)}?", "")
        for name in (document.title, *headings)
        if _TITLE.fullmatch(name)
    ]
    for rank, each in enumerate((facts, lines, asked, titles)):
        yield from ((rank, question, value) for question, value in each[:1])


def _facts(body: str) -> Iterator[tuple[str, str]]:
    """Yield questions for who did something, when, or for how much, each with its answer."""
    for found in _FACT.finditer(body):
        what, be, done, who, when = found.group("what", "be", "done", "who", "when")
        if not _CLAUSE.isdisjoint(what.split()):
            continue
        what = _lower(what) if what.startswith("The ") else what
        if who and done != "born":
            yield f"Who {_IRREGULAR.get(done, done)} {what}?", who
        elif when:
            yield f"When {be} {what} {done}?", when
    for found in _HABIT.finditer(body):
        what, does, value = found.group("what", "does", "value")
        if _CLAUSE.isdisjoint(what.split()) and any(each.isdigit() for each in value):
            yield f"{_HOW[does]} does {_lower(what)} {does.removesuffix('s')}?", value


def _asking(key: str) -> str:
    """Return how to ask for what a key names; empty where that is not known."""
    head = key.partition(" of ")[0].split()[-1]
    if key.split()[0] in _POSSESSIVE:
        return ""
    return "What" if head in _NOUNS else "Who" if head in _PEOPLE else ""


def _head(name: str) -> str:
    """Return the noun of a title: "handbook" of "The handbook of the gardens"."""
    return re.split(r" (?:of|in|at|on|for|to|from|with) ", name)[0]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
