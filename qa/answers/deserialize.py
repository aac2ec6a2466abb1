"""Plain JSON values, as :mod:`qa.answers.serialize` makes them, as predictions again.

What the JSON lacks is left empty: the view of a passage, and where the documents' folder is.
The path of a place is therefore the document's id. Values of another form raise KeyError,
TypeError or ValueError.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qa.types import Answer, Disagreement, Hit, Passage, Place, Prediction, SearchResult

Values = Mapping[str, Any]


def prediction_from_dict(values: Values) -> Prediction:
    """Return the prediction of a JSON object."""
    return Prediction(
        question=values["question"],
        resolved_question=values["resolved_question"],
        answers=tuple(map(_answer, values["answers"])),
        verdict=values["verdict"],
        passages=tuple(map(_hit, values["passages"])),
        timings_ms=dict(values["timings_ms"]),
        outdated=tuple(values["outdated"]),
        passages_read=values["passages_read"],
        candidates=tuple(map(_answer, values["candidates"])),
        disagreement=_disagreement(values.get("disagreement")),
        talked_of=values.get("talked_of", ""),
    )


def search_from_dict(values: Values) -> SearchResult:
    """Return the result of a search of a JSON object."""
    return SearchResult(
        question=values["question"],
        resolved_question=values["resolved_question"],
        passages=tuple(map(_hit, values["passages"])),
        outdated=tuple(values["outdated"]),
    )


def _disagreement(values: Values | None) -> Disagreement | None:
    if values is None:
        return None
    return Disagreement(tuple(map(_answer, values["answers"])), values["relation"])


def _hit(values: Values) -> Hit:
    return Hit(
        _passage(values, values["document"]),
        score=values["score"],
        similarity=values["similarity"],
        dense_rank=values["dense_rank"],
        lexical_rank=values["lexical_rank"],
    )


def _answer(values: Values) -> Answer:
    return Answer(
        text=values["text"],
        place=_place(values),
        probability=values["probability"],
        passage=_passage(values["passage"], values["document"]),
        also_at=tuple(map(_place, values["also_at"])),
    )


def _place(values: Values) -> Place:
    return Place(
        values["document"],
        values["start"],
        values["end"],
        path=values["document"],
        page=values["page"],
        sha256=values["sha256"],
        text=values["text"],
        title=values["title"],
        date=values["date"],
        author=values["author"],
        language=values["language"],
        ocr=tuple((each["word"], each["confidence"]) for each in values["ocr"]),
    )


def _passage(values: Values, document_id: str) -> Passage:
    return Passage(document_id, values["start"], values["end"], values["text"], values["heading"])
