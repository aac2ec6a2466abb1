"""Probabilities, dates, places, languages and errors in the words of the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from babel import Locale

from qa.answers.disagreement import are_dated
from qa.errors import QAError
from qa.text import counted, sentences
from qa.types import Disagreement, Place

# The likelihood scale of the IPCC, which readers of reports already know.
# Each pair is the lowest percentage for the words.
BANDS = (
    (99, "virtually certain"),
    (90, "very likely"),
    (66, "likely"),
    (33, "about as likely as not"),
    (10, "unlikely"),
    (0, "very unlikely"),
)
# What is said in place of where a quotation is, once its document is not indexed any longer.
GONE = "deleted"
# What limits a result, on the page and in a file.
NOT_SEARCHED = "Not searched, because changed or deleted after the last build"
BEST_GUESS = "Best guess: too uncertain to count as an answer."


def said(error: QAError) -> str:
    """Return an error as sentences: what is wrong, and how to mend it."""
    return sentences(error.problem, error.remedy)


def percentage(probability: float) -> int:
    """Return a probability as a whole percentage; only 0 and 1 themselves give 0 and 100."""
    if 0 < probability < 1:
        return min(max(round(100 * probability), 1), 99)
    return round(100 * probability)


def likelihood(probability: float) -> str:
    """Return a probability in words that agree with its percentage."""
    shown = percentage(probability)
    return next(words for lowest, words in BANDS if shown >= lowest)


def where(place: Place, section: str = "") -> str:
    """Return a place within its document: its page or the headings above it; empty without both."""
    return section if place.page is None else f"page {place.page}"


def offsets(place: Place) -> str:
    """Return a place by its offsets, which tell it from others of the same document."""
    return f"characters {place.start:,}–{place.end:,}"


def duration(milliseconds: float) -> str:
    """Return a time in words: "714 ms", and from a second on "3.5 s"."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def spread(places: Sequence[Place]) -> str:
    """Return how often the same answer was found; empty for a single place."""
    if len(places) < 2:
        return ""
    documents = len({place.document_id for place in places})
    if documents == 1:
        return f"The same answer in {counted(len(places), 'place')} of one document"
    if documents == len(places):
        return f"The same answer in {counted(documents, 'document')}"
    return f"The same answer in {counted(len(places), 'place')} of {counted(documents, 'document')}"


def told(found: Disagreement) -> str:
    """Return what documents that disagree tell of one another, as a sentence."""
    said = {
        "replaces": "The first says that it replaces or amends another.",
        "same title": "They have the same title and different dates.",
        "": "Different answers to your question.",
    }[found.relation]
    return f"{said} The newest comes first." if are_dated(found) else said


def day(iso: str) -> str:
    """Return an ISO 8601 date as people write it; anything else is returned unchanged."""
    try:
        found = date.fromisoformat(iso[:10])
    except ValueError:
        return iso
    return f"{found.day} {found:%B %Y}"


def language(code: str) -> str:
    """Return the English name of a language; a code without a known name is returned unchanged."""
    return str(Locale("en").languages.get(code, code))
