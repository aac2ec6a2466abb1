"""Exact match and F1 of SQuAD: pure functions of strings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from qa.text import mentions, normalize

# An answer counts as right from this F1 on, as in the fitting of the probability:
# "the green car" for "green car", not "car".
RIGHT_FROM_F1 = 0.8
MAX_EXTRA_WORDS = 4


def exact_match(prediction: str, reference: str) -> float:
    """Return 1.0 when both texts are equal after :func:`normalize`, else 0.0."""
    return float(normalize(prediction) == normalize(reference))


def f1(prediction: str, reference: str) -> float:
    """Return the harmonic mean of word precision and recall after :func:`normalize`, 0 to 1.

    ``F1 = 2PR / (P + R)`` over the two bags of words (SQuAD v1.1). When either
    side is empty after normalising, both must be (SQuAD v2.0).
    """
    predicted, expected = normalize(prediction).split(), normalize(reference).split()
    if not predicted or not expected:
        return float(predicted == expected)
    overlap = sum((Counter(predicted) & Counter(expected)).values())
    if overlap == 0:
        return 0.0
    precision, recall = overlap / len(predicted), overlap / len(expected)
    return 2 * precision * recall / (precision + recall)


def contains_answer(text: str, answer: str) -> bool:
    """Return whether a text contains an answer, as words or after :func:`normalize`.

    As words, "Tanaka's" contains "Tanaka"; normalised, "the US Army" contains "U.S.".
    """
    if normalized := normalize(answer):
        return mentions(text, answer) or f" {normalized} " in f" {normalize(text)} "
    # Normalised to nothing, as the grade "A" is, which looks like an article: match the letters.
    return bool(answer) and bool(re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text))


def is_right(prediction: str, reference: str) -> float:
    """Return 1.0 for an answer that a person would accept, else 0.0.

    Its F1 is at least ``RIGHT_FROM_F1``, or it is the reference with at most
    ``MAX_EXTRA_WORDS`` more: "the mill in Rerik" for "the mill".
    """
    if f1(prediction, reference) >= RIGHT_FROM_F1:
        return 1.0
    extra = len(normalize(prediction).split()) - len(normalize(reference).split())
    return float(extra <= MAX_EXTRA_WORDS and contains_answer(prediction, reference))


def best_over_references(
    metric: Callable[[str, str], float], prediction: str, references: Sequence[str]
) -> float:
    """Return the maximum of ``metric`` over ``references``.

    Without references the question is unanswerable: the right prediction is then the
    empty string, for "not found".
    """
    return max(metric(prediction, reference) for reference in references or [""])
