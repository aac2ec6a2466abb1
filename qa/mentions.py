"""Whether a text says some words."""

from __future__ import annotations

import re


def mentions(text: str, phrase: str) -> bool:
    """Tell whether a phrase stands in a text, word for word; False for one without a word.

    "Tanaka" stands in "Tanaka's" but not in "Tanakas". Case, punctuation and articles
    make no difference, as where answers are compared.
    """
    wanted = _words(phrase)
    # Most texts lack one of the words, which is soon seen.
    folded = text.casefold()
    if not wanted.strip() or any(word not in folded for word in wanted.split()):
        return False
    return wanted in _words(text)


def _words(text: str) -> str:
    words = re.findall(r"\w+", text.casefold())
    return f" {' '.join(word for word in words if word not in ('a', 'an', 'the'))} "
