"""Whether words are those of a document, letter by letter or but for white space."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from qa.asking import Askable
from qa.mcp.inputs import VerifyQuote
from qa.mcp.outputs import Place, Validity, Verified
from qa.mcp.places import fields_of
from qa.text import counted
from qa.types import Document

MAX_PLACES = 10
# Without a document, those of so many passages are looked at.
NEAR = 50
_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"\s+")


def verified(qa: Askable, claimed: VerifyQuote, *, status: str) -> Verified:
    """Compare a quotation with the document named, or else with those that it is nearest to."""
    if claimed.document:
        return _in_one(qa, claimed, status)
    names = _near(qa, claimed.quotation)
    for verdict in _FINDERS:
        for name in names:
            document = qa.document(name)
            if found := _found(verdict, document, claimed.quotation):
                return _result(verdict, document, found, status)
    looked = f"They stand in none of the {counted(len(names), 'document')} with passages near to "
    looked += "them. Name the document to have the whole of it looked through."
    return _failed("not a quotation", looked, status)


def _in_one(qa: Askable, claimed: VerifyQuote, status: str) -> Verified:
    try:
        document = qa.document(claimed.document)
    except KeyError:
        return _failed("gone", "There is no document of this path.", status)
    if claimed.sha256 not in ("", document.sha256) or qa.is_outdated(claimed.document):
        return _failed("document changed", "Its file is another one by now.", status)
    at, exact = claimed.start, claimed.quotation
    if at is not None:
        end = at + len(exact)
        if document.text[at:end] == exact:
            return _result("valid", document, [(at, end)], status)
        elsewhere = next(_exact(document.text, exact), None)
        said = "They do not stand there"
        said += f", but at {elsewhere[0]}." if elsewhere else "."
        return _failed("not a quotation", said, status)
    for verdict in _FINDERS:
        if found := _found(verdict, document, exact):
            return _result(verdict, document, found, status)
    return _failed("not a quotation", "They do not stand in this document.", status)


def _near(qa: Askable, words: str) -> list[str]:
    """Return the documents of the nearest passages, nearest first, each once."""
    if not any(character.isalnum() for character in words) or not qa.manifest.documents:
        return []
    hits = qa.search(" ".join(words.split()[:200]), top_k=NEAR).passages
    return list(dict.fromkeys(hit.passage.document_id for hit in hits))


def _exact(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Yield where words stand in a text, in time linear in both."""
    at = text.find(words)
    while at >= 0:
        yield at, at + len(words)
        at = text.find(words, at + len(words))


def _spaced(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Yield where words stand in a text but for white space, in time linear in both."""
    wanted = " ".join(words.split())
    if not wanted:
        return
    joined = _SPACE.sub(" ", text).strip()
    each = _WORD.finditer(text)
    number, last, reached, span = 0, 0, -1, (0, 0)
    for start, end in _exact(joined, wanted):
        number += joined.count(" ", last, start)
        last = start
        edges = []
        # From places among the words to those in the text: the word's number, and how far in it.
        for wanted_number, at in ((number, start), (number + wanted.count(" "), end)):
            while reached < wanted_number:
                reached, span = reached + 1, next(each).span()
            edges.append(span[0] + at - (joined.rfind(" ", 0, at) + 1))
        yield edges[0], edges[1]


# The ways in which words may stand in a text, the strictest first.
_FINDERS: dict[Validity, Callable[[str, str], Iterator[tuple[int, int]]]] = {
    "valid": _exact,
    "differs in white space": _spaced,
}


def _found(verdict: Validity, document: Document, words: str) -> list[tuple[int, int]]:
    return list(islice(_FINDERS[verdict](document.text, words), MAX_PLACES))


def _result(
    verdict: Validity, document: Document, found: list[tuple[int, int]], status: str
) -> Verified:
    is_valid = verdict == "valid"
    start, end = found[0]
    return Verified(
        valid=is_valid,
        verdict=verdict,
        message="They stand there letter by letter."
        if is_valid
        else "They stand there but for white space: quote the document's own words.",
        quotation=document.text[start:end],
        places=[Place(**fields_of(document, *place)) for place in found],
        status=status,
    )


def _failed(verdict: Validity, message: str, status: str) -> Verified:
    return Verified(
        valid=False, verdict=verdict, message=message, quotation="", places=[], status=status
    )
