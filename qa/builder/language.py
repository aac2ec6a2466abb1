"""Identify the language of a text with py3langid, whose model ships in its package."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from qa.types import Document

_LOADING = threading.Lock()
_SAMPLE_CHARACTERS = 4_000
_MIN_LETTERS = 40
_MIN_PROBABILITY = 0.9
# The model knows some languages by codes of three letters: the code of ISO 639-1 for those that
# are varieties of another language or have one of their own. The others have none.
_TWO_LETTERS = {
    **dict.fromkeys(("ary", "arz"), "ar"),
    **dict.fromkeys(("wuu", "yue"), "zh"),
    "fuv": "ff",
    "gug": "gn",
    "kik": "ki",
    "sdh": "ku",
    "uzs": "uz",
}


def identify_language(document: Document) -> str:
    """Return the ISO 639-1 code of a document's language, empty if it is not certain.

    A text of few letters, or of names and numbers alone, has no certain language.
    """
    blocks = (block for block in document.blocks if block.kind == "body")
    text = "\n".join(document.text[block.start : block.end] for block in blocks)
    sample = text[:_SAMPLE_CHARACTERS]
    if sum(character.isalpha() for character in sample) < _MIN_LETTERS:
        return ""
    language, probability = load_identifier().classify(sample)
    if probability < _MIN_PROBABILITY:
        return ""
    return language if len(language) == 2 else _TWO_LETTERS.get(language, "")


def load_identifier() -> Any:
    """Return the model, loaded once a process: it takes most of a second, and a temporary file."""
    with _LOADING:
        return _identifier()


def begin_loading() -> None:
    """Load the model in another thread, to have it once the first text is read."""
    threading.Thread(target=load_identifier, daemon=True).start()


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
