"""What the tools ask: the documents as they are now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.types import Scope

from qa.asking import Askable
from qa.errors import QAError, QuestionError
from qa.library import State
from qa.text import without_places

ASIDE = "the documents cannot be asked at the moment; whoever runs the server sees why"


class ToolError(QAError):
    """A tool cannot do what it was asked for."""


@dataclass(frozen=True, slots=True)
class Source:
    """The pipeline that answers now, and what is being done to bring its index up to date.

    Each call reads ``qa`` once. ``status`` is a line in words, empty if nothing is going on.
    ``for_owner`` is whether whoever asks is the owner of the documents, who may see paths of
    this machine and commands. ``seen_by`` returns what the sender of a request may read, given
    its scope; None where that is everything.
    """

    qa: Callable[[], Askable]
    status: Callable[[], str] = lambda: ""
    for_owner: bool = False
    seen_by: Callable[[Scope], Source] | None = None

    def told(self, error: QAError) -> str:
        """Return an error in words that whoever asks may read."""
        if self.for_owner or isinstance(error, ToolError):
            return str(error)
        # The remedy may be a command with paths.
        return error.problem if isinstance(error, QuestionError) else ASIDE


def in_words(state: State, *, for_owner: bool, places: Sequence[Path] = ()) -> str:
    """Return what is going on as a line; empty if nothing is.

    Where the folders at ``places`` are on this machine is said to their owner only.
    """
    if state.activity is not None:
        return f"{state.activity}"
    problem = state.trouble.problem if state.trouble is not None else ""
    return problem if for_owner else without_places(problem, places)
