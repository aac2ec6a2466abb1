"""An editor settles, question by question, what the right answer is."""

from __future__ import annotations

from collections.abc import Callable

from qa.feedback.golden import FeedbackQuestion, open_questions
from qa.feedback.store import FeedbackStore, Review

SEPARATOR = " | "
HELP = (
    f"Write the right answer as the document does, several with “{SEPARATOR.strip()}” between; "
    "“+” where the thumb up is right, “-” where the documents do not say, “x” to drop the "
    "question, Enter to leave it for later."
)


def review(
    store: FeedbackStore,
    holding: Callable[[str], tuple[str, ...]],
    *,
    read: Callable[[str], str] = input,
    write: Callable[[str], None] = print,
) -> int:
    """Ask about every open question; return how many were settled.

    ``holding`` returns the ids of the documents that hold a text: an answer that
    stands in none is asked for again. Each review is kept at once, so that the end
    of the input loses nothing.
    """
    waiting = open_questions(store.votes(), store.reviews())
    settled = 0
    if waiting:
        write(HELP)
    for number, asked in enumerate(waiting, start=1):
        write(f"\n{number} of {len(waiting)}: {asked.question}")
        for line in asked.lines:
            write(f"    {line}")
        try:
            found = _ask(asked, holding, read, write)
        except EOFError:
            break
        if found is not None:
            store.settle(found)
            settled += 1
    return settled


def _ask(
    asked: FeedbackQuestion,
    holding: Callable[[str], tuple[str, ...]],
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
            write("    no one thing was called right: write the right answer")
            continue
        if line == "-":
            return Review(asked.question)
        if line == "x":
            return Review(asked.question, is_dropped=True)
        answers = tuple(part.strip() for part in line.split(SEPARATOR.strip()) if part.strip())
        documents = {answer: holding(answer) for answer in answers}
        absent = [answer for answer, found in documents.items() if not found]
        if answers and not absent:
            named = dict.fromkeys(name for found in documents.values() for name in found)
            return Review(asked.question, answers, tuple(named))
        write(f"    “{(absent or [line])[0]}” stands in no document: write it as the document does")
