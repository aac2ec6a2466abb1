"""A prediction as plain JSON values, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from qa.types import Answer, Disagreement, Hit, Passage, Place, Prediction, SearchResult


@cache
def version() -> str:
    """Return the version of Verbatim that is installed."""
    from importlib.metadata import version

    return version("verbatim-qa")


def versioned(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with the version of Verbatim as its first key."""
    return {"version": version(), **value}


def prediction_to_dict(prediction: Prediction) -> dict[str, Any]:
    """Return the JSON object of a prediction; `qa ask --json` and the API add the version.

    Offsets are code points of the document's text, end exclusive.
    """
    return {
        "question": prediction.question,
        "resolved_question": prediction.resolved_question,
        "talked_of": prediction.talked_of,
        "verdict": prediction.verdict,
        "found": prediction.found,
        "answers": [_answer(answer) for answer in prediction.answers],
        "candidates": [_answer(answer) for answer in prediction.candidates],
        "disagreement": _disagreement(prediction.disagreement),
        "passages": [hit_to_dict(hit) for hit in prediction.passages],
        "passages_read": prediction.passages_read,
        "outdated": list(prediction.outdated),
        "timings_ms": prediction.timings_ms,
    }


def search_to_dict(found: SearchResult) -> dict[str, Any]:
    """Return the JSON object of a search; `qa search --json` and the API add the version."""
    return {
        "question": found.question,
        "resolved_question": found.resolved_question,
        "passages": [hit_to_dict(hit) for hit in found.passages],
        "outdated": list(found.outdated),
    }


def hit_to_dict(hit: Hit) -> dict[str, Any]:
    """Return one retrieved passage with its scores."""
    return {
        "document": hit.passage.document_id,
        **_passage(hit.passage),
        "score": round(hit.score, 6),
        "similarity": round(hit.similarity, 4),
        "dense_rank": hit.dense_rank,
        "lexical_rank": hit.lexical_rank,
    }


def _disagreement(found: Disagreement | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"relation": found.relation, "answers": [_answer(each) for each in found.answers]}


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "probability": answer.probability,
        **_place(answer.place),
        "passage": _passage(answer.passage),
        "also_at": [_place(place) for place in answer.also_at],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "text": place.text,
        "document": place.document_id,
        "sha256": place.sha256,
        "start": place.start,
        "end": place.end,
        "page": place.page,
        "title": place.title,
        "date": place.date,
        "author": place.author,
        "language": place.language,
        "ocr": [{"word": word, "confidence": confidence} for word, confidence in place.ocr],
    }


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "heading": passage.heading,
    }
