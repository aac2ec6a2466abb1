"""Whether a text says some words."""

from __future__ import annotations

import re


def mentions(text: str, phrase: str) -> bool:
    """Tell whether a phrase stands in a text, word for word; False for one without a word.

    "Tanaka" stands in "Tanaka's" but not in "Tanakas". Case, punctuation and articles
    make no difference, as where answers are compared.
    """
    wanted = _words(phrase)
    if not wanted.strip():
        return False
    text = text.casefold()
    # Most texts lack one of the words, which is soon seen.
    return all(word in text for word in wanted.split()) and wanted in _words(text)


def _words(text: str) -> str:
    words = re.findall(r"\w+", text.casefold())
    return f" {' '.join(word for word in words if word not in ('a', 'an', 'the'))} "
