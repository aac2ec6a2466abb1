"""Identify the language of a text with py3langid, whose model ships in its package."""

from __future__ import annotations

from functools import cache
from typing import Any

from qa.types import Document

_SAMPLE_CHARACTERS = 4_000
_FEWEST_LETTERS = 40
_SURE = 0.9


def identify_language(document: Document) -> str:
    """Return the ISO 639-1 code of a document's language; empty where it is not clear.

    Loading the model takes most of a second: the builder asks here, once for all
    builds of its process, and not the process that reads a file.
    """
    blocks = (block for block in document.blocks if block.kind == "body")
    text = "\n".join(document.text[block.start : block.end] for block in blocks)
    sample = text[:_SAMPLE_CHARACTERS]
    if sum(character.isalpha() for character in sample) < _FEWEST_LETTERS:
        return ""
    language, probability = _identifier().classify(sample)
    return str(language) if probability >= _SURE else ""


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
