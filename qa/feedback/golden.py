"""From votes and reviews to golden questions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.errors import FeedbackError
from qa.feedback.store import FeedbackStore, Review, Vote
from qa.index import index_command
from qa.text import normalize

TAG = "feedback"


@dataclass(slots=True)
class FeedbackQuestion:
    """A question with the votes on its answers, and its review."""

    question: str
    votes: list[Vote] = field(default_factory=list)
    review: Review | None = None

    @property
    def is_settled(self) -> bool:
        """Whether an editor has reviewed the question."""
        return self.review is not None

    @property
    def proposed(self) -> Review | None:
        """The review that the votes suggest, for an editor to confirm; None without agreement.

        Votes disagree where one answer was called right and wrong, or an answer and
        "not found" were both called right.
        """
        up = [vote for vote in self.votes if vote.is_good]
        good = {normalize(vote.answer) for vote in up}
        bad = {normalize(vote.answer) for vote in self.votes if not vote.is_good}
        if not good or good & bad or ("" in good and len(good) > 1):
            return None
        answered = [vote for vote in up if vote.answer]
        return Review(
            self.question,
            tuple(dict.fromkeys(vote.answer for vote in answered)),
            tuple(dict.fromkeys(vote.document for vote in answered)),
        )

    @property
    def lines(self) -> list[str]:
        """One line per vote."""
        return [_line(vote) for vote in self.votes]


def feedback_questions(votes: Sequence[Vote], reviews: Sequence[Review]) -> list[FeedbackQuestion]:
    """Return each question once, as it was first asked.

    Questions that differ in case, white space or final punctuation are the same.
    """
    found: dict[str, FeedbackQuestion] = {}
    for vote in votes:
        found.setdefault(_key(vote.question), FeedbackQuestion(vote.question)).votes.append(vote)
    for review in reviews:
        found.setdefault(_key(review.question), FeedbackQuestion(review.question)).review = review
    return list(found.values())


def open_questions(votes: Sequence[Vote], reviews: Sequence[Review]) -> list[FeedbackQuestion]:
    """Return the questions without a review."""
    return [asked for asked in feedback_questions(votes, reviews) if not asked.is_settled]


def golden_rows(
    store: FeedbackStore, text: Callable[[str], str | None]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the golden questions, and a line for each question left out, with the reason.

    ``text`` returns a document's current text, None if it was deleted: an answer that
    no longer occurs in its document is left out.
    """
    rows: list[dict[str, Any]] = []
    left_out: list[str] = []
    review = index_command(store.index, "feedback", "review")
    for asked in feedback_questions(store.votes(), store.reviews()):
        if asked.review is None:
            left_out.append(f"{asked.question} (not reviewed; run {review})")
            continue
        if asked.review.is_dropped:
            continue
        wanted = [(a, d) for a in asked.review.answers for d in asked.review.documents]
        kept = [(a, d) for a, d in wanted if a in (text(d) or "")]
        if wanted and not kept:
            left_out.append(f"{asked.question} (its document has changed)")
            continue
        documents = list(dict.fromkeys(document_id for _, document_id in kept))
        rows.append(
            {
                "id": f"{TAG}-{hashlib.sha256(_key(asked.question).encode()).hexdigest()[:10]}",
                "question": asked.question,
                "answers": list(dict.fromkeys(answer for answer, _ in kept)),
                "document": documents[0] if len(documents) == 1 else documents or None,
                "tags": [TAG] if kept else [TAG, "unanswerable"],
            }
        )
    return rows, left_out


def export(
    store: FeedbackStore, path: Path, text: Callable[[str], str | None]
) -> tuple[int, list[str]]:
    """Write the golden questions to a new file; return how many, and what was left out.

    An existing file may have been edited, so it is never overwritten.
    """
    rows, left_out = golden_rows(store, text)
    if not rows:
        raise FeedbackError(
            f"{store.path} contains no reviewed question",
            f"vote on the page ({index_command(store.index, 'serve')}), then review the votes "
            f"({len(left_out):,} now) with {index_command(store.index, 'feedback', 'review')}",
        )
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    except FileExistsError as error:
        raise FeedbackError(f"{path} exists already", "name a new file") from error
    except OSError as error:
        raise FeedbackError(
            f"{path} cannot be written ({error.strerror})", "name another file"
        ) from error
    return len(rows), left_out


def _line(vote: Vote) -> str:
    verdict = "right" if vote.is_good else "wrong"
    if not vote.answer:
        return f"{verdict}: not found"
    quoted = " ".join(vote.answer.split())
    return f"{verdict}: “{quoted}” ({vote.document}:{vote.start}-{vote.end})"


def _key(question: str) -> str:
    return " ".join(question.rstrip(" \t\n?!.").split()).casefold()
