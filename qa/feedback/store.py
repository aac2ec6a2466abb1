"""Votes and reviews in SQLite, beside the index and never inside it."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qa.errors import FeedbackError
from qa.text import without_surrogates

FORMAT_VERSION = 1
TIMEOUT_S = 10.0
# The marks of votes that were given are shown or not; no answer waits for them.
MARKS_TIMEOUT_S = 0.2
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS votes (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, question TEXT NOT NULL, is_good INTEGER NOT NULL,
    answer TEXT NOT NULL, document TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS reviews (
    question TEXT PRIMARY KEY, at TEXT NOT NULL, answers TEXT NOT NULL, documents TEXT NOT NULL,
    is_dropped INTEGER NOT NULL
) STRICT;
PRAGMA user_version = {FORMAT_VERSION};
"""


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote on one answer; an empty ``answer`` is a "not found".

    ``id`` identifies what was shown, so that a changed vote replaces the earlier one.
    Offsets are code points of the document's text, end exclusive.
    """

    id: str
    question: str
    is_good: bool
    answer: str = ""
    document: str = ""
    start: int = 0
    end: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """What an editor decided: the accepted answers with their documents.

    No answer means that the documents do not answer the question. ``is_dropped``: the
    question is ignored from now on.
    """

    question: str
    answers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    is_dropped: bool = False


class FeedbackStore:
    """The votes and reviews of one index; safe to share between threads and processes.

    The first vote creates the file. Each call is one transaction. ``index`` is named in
    the commands of remedies.
    """

    def __init__(self, path: str | Path, *, index: str | Path = "index") -> None:
        self.path, self.index = Path(path), Path(index)

    @classmethod
    def beside(cls, index: str | Path) -> FeedbackStore:
        """Return the store of an index: ``index-feedback.sqlite`` next to ``index``."""
        place = Path(index).resolve()
        return cls(place.parent / f"{place.name}-feedback.sqlite", index=index)

    def add(self, vote: Vote) -> None:
        """Store a vote; it replaces an earlier one with the same id."""
        row = (
            vote.id,
            vote.at or _now(),
            vote.question,
            int(vote.is_good),
            vote.answer,
            vote.document,
            vote.start,
            vote.end,
        )
        # A question may contain lone surrogates, which SQLite cannot store.
        clean = [without_surrogates(value) if isinstance(value, str) else value for value in row]
        with self._open() as connection:
            connection.execute("INSERT OR REPLACE INTO votes VALUES (?,?,?,?,?,?,?,?)", clean)

    def withdraw(self, vote_id: str) -> None:
        """Delete a vote, if there is one with this id."""
        if self.path.exists():
            with self._open() as connection:
                connection.execute("DELETE FROM votes WHERE id = ?", (vote_id,))

    def votes(self) -> list[Vote]:
        """Return every vote, oldest first."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            rows = connection.execute(
                'SELECT id, question, is_good, answer, document, start, "end", at'
                " FROM votes ORDER BY at, id"
            ).fetchall()
        return [Vote(row[0], row[1], bool(row[2]), *row[3:]) for row in rows]

    def given(self, vote_ids: Collection[str]) -> dict[str, bool]:
        """Return whether each of these votes is good; ids without a vote are left out."""
        if not vote_ids or not self.path.exists():
            return {}
        marks = ",".join("?" * len(vote_ids))
        with self._open(MARKS_TIMEOUT_S) as connection:
            rows = connection.execute(
                f"SELECT id, is_good FROM votes WHERE id IN ({marks})", list(vote_ids)
            ).fetchall()
        return {vote_id: bool(is_good) for vote_id, is_good in rows}

    def settle(self, review: Review) -> None:
        """Store a review; it covers every vote on the question, earlier and later."""
        with self._open() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO reviews VALUES (?,?,?,?,?)",
                (
                    without_surrogates(review.question),
                    _now(),
                    json.dumps(review.answers),
                    json.dumps(review.documents),
                    int(review.is_dropped),
                ),
            )

    def reviews(self) -> list[Review]:
        """Return every review, oldest first."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            rows = connection.execute(
                "SELECT question, answers, documents, is_dropped FROM reviews ORDER BY at, question"
            ).fetchall()
        return [
            Review(question, tuple(json.loads(answers)), tuple(json.loads(documents)), bool(gone))
            for question, answers, documents, gone in rows
        ]

    @contextmanager
    def _open(self, timeout_s: float = TIMEOUT_S) -> Iterator[sqlite3.Connection]:
        """Yield a connection in a transaction; concurrent writers wait."""
        try:
            with suppress(FileExistsError):  # new, for its owner alone: questions are private
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))
            with closing(sqlite3.connect(self.path, timeout=timeout_s)) as connection:
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version == 0:
                    connection.executescript(_SCHEMA)
                elif version != FORMAT_VERSION:
                    raise FeedbackError(
                        f"{self.path} was written by another version of Verbatim",
                        "move it away; the next vote creates a new one",
                    )
                with connection:
                    yield connection
        except (OSError, sqlite3.Error) as error:
            raise FeedbackError(f"{self.path} cannot be used ({error})", _remedy(error)) from error


def _remedy(error: OSError | sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return "end the program that holds it, and vote again"
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", 0) == errno.ENOSPC:
        return "free some space"
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return "move the file away; the next vote creates a new one"
    return "make its folder writable, and the file"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
