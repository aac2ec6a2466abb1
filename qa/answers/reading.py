"""The reading loop: which passages are read, in which order, and when reading stops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.answers.candidates import Candidate, Ranking, rank_candidates
from qa.answers.early_stop import EarlyStopping, features
from qa.types import Hit, Reader, Span

# The nearest passages, read before anything is known; a constant, not the number of cores,
# so that every machine reads the same passages.
FIRST = 2
# The most passages of one round: a reader has a budget of tokens for each call.
LARGEST_ROUND = 50


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of the hits.

    ``spans[i]`` are the spans of hit ``i``, best first, None if it was not read. The
    ``candidates`` are made from all of them, best first.
    """

    spans: tuple[Sequence[Span] | None, ...]
    candidates: tuple[Candidate, ...]

    @property
    def passages_read(self) -> int:
        """How many passages were read and have spans."""
        return sum(map(bool, self.spans))


def read(
    reader: Reader,
    question: str,
    hits: Sequence[Hit],
    *,
    ranking: Ranking,
    early_stopping: EarlyStopping,
) -> Reading:
    """Read the hits in rounds, until no unread one is worth it.

    The nearest two come first. Each further round reads at most as many passages as were read
    before it, and at most ``LARGEST_ROUND``, side by side, those most likely to change the
    answer first.
    """
    spans: list[Sequence[Span] | None] = [None] * len(hits)
    candidates: list[Candidate] = []
    while positions := _next_to_read(hits, spans, candidates, ranking, early_stopping):
        found = reader.read(question, [hits[position].passage for position in positions])
        for position, each in zip(positions, found, strict=True):
            spans[position] = each
        candidates = rank_candidates(hits, spans, ranking=ranking)
    return Reading(tuple(spans), tuple(candidates))


def _next_to_read(
    hits: Sequence[Hit],
    spans: Sequence[Sequence[Span] | None],
    candidates: Sequence[Candidate],
    ranking: Ranking,
    early_stopping: EarlyStopping,
) -> list[int]:
    """Return the positions of the hits to read next; empty to stop."""
    unread = [position for position, each in enumerate(spans) if each is None]
    if len(unread) == len(hits):
        return unread[:FIRST]
    room = min(len(hits) - len(unread), LARGEST_ROUND)
    if not candidates:  # nothing to better: the nearest come next
        return unread[:room]
    priorities = {}
    for position in unread:
        known = features(hits[position], candidates[0], hits[0], ranking)
        priority = early_stopping.priority(known)
        if priority is not None:
            priorities[position] = priority
    return sorted(priorities, key=lambda position: (-priorities[position], position))[:room]
