"""Questions to begin with, of documents all over a folder, asked beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qa.asking import Askable
from qa.index import DocumentSummary
from qa.library.questions import questions_of
from qa.text import normalize

EXAMPLES = 4
# Work is bounded: so many documents are looked at, of so many characters each, and so many
# questions tried.
_DOCUMENTS = 100
_LONGEST = 2_000_000
_QUESTIONS = 16
# Steps of this share of a circle fall evenly, however many they are.
_GOLDEN = (5**0.5 - 1) / 2
_ENGLISH = ("", "en")


def example_questions(
    qa: Askable, *, is_over: Callable[[], bool] = lambda: False
) -> tuple[str, ...]:
    """Return questions that are answered, the surest first, each by another document.

    Documents from the whole list are tried, until there are enough. Only those in English are
    asked, as the questions are. ``is_over`` is whether they are no longer wanted.
    """
    asked: list[tuple[int, str, str, str]] = []
    for document_id in _spread(qa.documents()):
        if is_over():
            return ()
        asked += [
            (each[0], document_id, *each[1:]) for each in questions_of(qa.document(document_id))
        ]
    asked.sort(key=lambda each: each[0])  # those first that are answered most often
    found: dict[str, tuple[float, str]] = {}
    for _, document_id, question, value in asked[:_QUESTIONS]:
        if is_over() or len(found) == EXAMPLES:
            break
        answers = [] if document_id in found else qa.ask(question).answers[:1]
        for answer in answers:
            words = normalize(answer.text)
            # An answer in the words of the question says nothing.
            known = normalize(value)  # its first words: "Hask" of "Hask and Daughters"
            says = words in known or known in words if known else words not in normalize(question)
            if says and answer.document_id == document_id:
                found[document_id] = answer.probability, question
    return tuple(dict.fromkeys(question for _, question in sorted(found.values(), reverse=True)))


def _spread(documents: Sequence[DocumentSummary]) -> list[str]:
    """Return ids from everywhere in a list, those first that are far from each other."""
    chosen = [
        each.id for each in documents if each.language in _ENGLISH and each.characters <= _LONGEST
    ]
    order = sorted(range(len(chosen)), key=lambda place: place * _GOLDEN % 1)
    return [chosen[place] for place in order[:_DOCUMENTS]]
