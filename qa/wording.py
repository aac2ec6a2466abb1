"""Counts and lists in words, as messages, reports and the page say them."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 5  # the most that a line names


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, "1 passage" or "19 passages"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Return the first ``NAMED`` names, and how many more there are: "a, b, c, d, e and 2 more"."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
