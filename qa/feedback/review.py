"""An editor decides, question by question, what the right answer is."""

from __future__ import annotations

from collections.abc import Callable

from qa.feedback.golden import FeedbackQuestion, open_questions
from qa.feedback.store import FeedbackStore, Review

SEPARATOR = " | "
HELP = (
    f"Type the right answer exactly as in the document, several separated by "
    f"“{SEPARATOR.strip()}”; “+” to accept the answer voted right, “-” if the documents do not "
    "answer the question, “x” to drop the question, Enter to skip it for now."
)


def review(
    store: FeedbackStore,
    documents_with: Callable[[str], tuple[str, ...]],
    *,
    read: Callable[[str], str] = input,
    write: Callable[[str], None] = print,
) -> int:
    """Ask about every question without a review; return how many were reviewed.

    ``documents_with`` returns the ids of the documents that contain a text: an answer
    that occurs in none is asked for again. Each review is stored at once, so that the
    end of the input loses nothing.
    """
    unreviewed = open_questions(store.votes(), store.reviews())
    settled = 0
    if unreviewed:
        write(HELP)
    for number, asked in enumerate(unreviewed, start=1):
        write(f"\n{number} of {len(unreviewed)}: {asked.question}")
        for line in asked.lines:
            write(f"    {line}")
        try:
            found = _ask(asked, documents_with, read, write)
        except EOFError:
            break
        if found is not None:
            store.settle(found)
            settled += 1
    return settled


def _ask(
    asked: FeedbackQuestion,
    documents_with: Callable[[str], tuple[str, ...]],
    read: Callable[[str], str],
    write: Callable[[str], None],
) -> Review | None:
    while True:
        line = read("> ").strip()
        if not line:
            return None
        if line == "+":
            if asked.proposed is not None:
                return asked.proposed
            write("    no single answer was voted right: type the right answer")
            continue
        if line == "-":
            return Review(asked.question)
        if line == "x":
            return Review(asked.question, is_dropped=True)
        answers = tuple(part.strip() for part in line.split(SEPARATOR.strip()) if part.strip())
        documents = {answer: documents_with(answer) for answer in answers}
        absent = [answer for answer, found in documents.items() if not found]
        if answers and not absent:
            named = dict.fromkeys(name for found in documents.values() for name in found)
            return Review(asked.question, answers, tuple(named))
        write(f"    “{(absent or [line])[0]}” is in no document: copy it exactly from one")
