"""Questions to begin with, made of the headings and titles of a folder and asked beforehand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from qa.asking import Askable
from qa.text import normalize
from qa.types import Document

EXAMPLES = 4
# Work is bounded: so many documents are looked at, and so many questions tried.
_DOCUMENTS = 12
_QUESTIONS = 16
_OF_ONE = 3
_ENGLISH = ("", "en")
# "The lighthouse of Rerik", and "Date of delivery: 4 May": not the name of somebody who speaks.
_TITLE = re.compile(r"The [^\W\d_][\w’'., -]{2,50}[\w)]")
_LINE = re.compile(r"^[* \t]*([A-Z][a-z]+(?: [a-z]+){1,3})[*]*:[*]* *(\S.{1,60})$", re.MULTILINE)
# Only with such a noun is "What is the …?" good English.
_NOUNS = frozenset(
    "address amount author capacity chair contact cost currency date day deadline deposit director "
    "duration fee head height length limit location manager model name number owner period phone "
    "place price reference rent secretary size speed status subject sum supplier telephone "
    "temperature term time title total treasurer type value venue weight width year".split()
)
_POSSESSIVE = frozenset("my our your his her its their no next other".split())


def example_questions(
    qa: Askable, *, is_over: Callable[[], bool] = lambda: False
) -> tuple[str, ...]:
    """Return questions that are answered, the surest first, each by another document.

    Only documents in English are asked, as the questions are. ``is_over`` is whether they are
    no longer wanted.
    """
    tried, found = 0, []
    for summary in qa.documents()[:_DOCUMENTS]:
        if summary.language not in _ENGLISH:
            continue
        best = (0.0, "")
        for question, value in _questions(qa.document(summary.id)):
            if is_over() or tried >= _QUESTIONS:
                break
            tried += 1
            prediction = qa.ask(question)
            answer = prediction.answers[0] if prediction.answers else None
            if answer is None or answer.document_id != summary.id:
                continue
            words = normalize(answer.text)
            # An answer in the words of the question says nothing.
            if words in normalize(value) if value else words not in normalize(question):
                best = max(best, (answer.probability, question))
        if best[1]:
            found.append(best)
    return tuple(question for _, question in sorted(found, reverse=True)[:EXAMPLES])


def _questions(document: Document) -> Iterator[tuple[str, str]]:
    """Yield questions about a document, each with the line that answers it, if one is known."""
    headings = [
        " ".join(document.text[block.start : block.end].split())
        for block in document.blocks
        if block.kind == "heading"
    ]
    asked = [(name, "") for name in headings if name.endswith("?")]
    lines = [
        (f"What is the {_lower(m[1])}?", m[2])
        for m in _LINE.finditer(document.text)
        if _is_noun(_lower(m[1]))
    ]
    titles = [
        (f"What is {_lower(name)}?", "")
        for name in (document.title, *headings)
        if _TITLE.fullmatch(name)
    ]
    yield from [*asked[:_OF_ONE], *lines[:_OF_ONE], *titles[:1]][:_OF_ONE]


def _is_noun(key: str) -> bool:
    head = key.partition(" of ")[0].split()[-1]
    return head in _NOUNS and key.split()[0] not in _POSSESSIVE


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
