"""What each operation of the interface does with the index that answers now."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from qa.answers.deserialize import prediction_from_dict
from qa.answers.quotations import Quotation as Given
from qa.answers.serialize import prediction_to_dict, search_to_dict, versioned
from qa.api.answers import Answered, Place
from qa.api.requests import Ask, Conversation, Filtered, Quotations, Search
from qa.asking import Askable
from qa.retrieval.filters import DocumentFilter
from qa.types import Prediction

Values = dict[str, Any]
# A text is sent in parts of so many characters at most.
MAX_TEXT = 200_000
MAX_SKIPPED = 1_000
# Of a longer history no more is looked at.
LAST_TURNS = 12


def within(qa: Askable, names: str | Sequence[str]) -> Askable:
    """Return what is asked of these collections; raises NoCollection where there is none."""
    if isinstance(names, str):
        names = [names]
    return qa.within(names) if names else qa


def ask(qa: Askable, given: Ask) -> Values:
    """Answer a question."""
    qa = within(qa, given.collection)
    threshold = given.threshold
    if given.strict is not None:
        threshold = qa.threshold_for(given.strict)
    prediction = qa.ask(
        given.question,
        top_k=given.top_k,
        max_answers=given.max_answers,
        threshold=threshold,
        history=[_earlier(each) for each in given.history[-LAST_TURNS:]],
        quick=given.quick,
        **_filters(given),
    )
    answered: Values = _placed(qa, versioned(prediction_to_dict(prediction)))
    return answered


def search(qa: Askable, given: Search) -> Values:
    """Search for passages."""
    qa = within(qa, given.collection)
    found = qa.search(given.question, top_k=given.top_k, **_filters(given))
    searched: Values = _placed(qa, versioned(search_to_dict(found)))
    return searched


def listing(qa: Askable, wanted: DocumentFilter, *, after: str, limit: int) -> Values:
    """List the documents that a filter chooses, after an id."""
    files = {file.path: file for file in qa.manifest.documents}
    chosen = [each for each in qa.documents() if wanted.matches(each)]
    rest = (each for each in chosen if each.id > after)
    page = list(islice(rest, limit + 1))
    documents = [
        {
            "id": each.id,
            "title": each.title,
            "date": each.date,
            "author": each.author,
            "language": each.language,
            "sha256": files[each.id].sha256,
            "characters": each.characters,
            "passages": each.passages,
            "copy_of": files[each.id].copy_of,
            "inside": files[each.id].inside,
        }
        for each in page[:limit]
    ]
    return _dated(
        qa,
        total=len(chosen),
        documents=documents,
        next=documents[-1]["id"] if len(page) > limit else None,
    )


def opened(qa: Askable, document_id: str, *, start: int, end: int | None) -> Values:
    """Return a part of a document; KeyError for an unknown id."""
    document = qa.document(document_id)
    text = document.text[start : min(start + MAX_TEXT, len(document.text) if end is None else end)]
    return _dated(
        qa,
        id=document.id,
        title=document.title,
        date=document.date,
        author=document.author,
        language=document.language,
        sha256=document.sha256,
        characters=len(document.text),
        pages=list(document.pages),
        notes=list(document.notes),
        outdated=qa.is_outdated(document_id),
        start=start,
        end=start + len(text),
        text=text,
    )


def info(qa: Askable) -> Values:
    """Return what is served."""
    manifest = qa.manifest
    collections = [
        {"name": name, "generation": each.generation, "documents": len(each.manifest.documents)}
        for name in qa.collections
        for each in [qa.within([name])]
    ]
    return _dated(
        qa,
        documents=len(manifest.documents),
        passages=manifest.passages,
        skipped=[
            {"path": file.path, "reason": file.reason} for file in manifest.skipped[:MAX_SKIPPED]
        ],
        threshold=qa.threshold,
        possible=qa.possible,
        **({"collections": collections} if collections else {}),
    )


def verified(qa: Askable, given: Quotations | Conversation | Answered) -> Values:
    """Compare quotations with their documents, letter by letter."""
    places = [_checked(qa, each) for each in _quotations(given)]
    return _dated(qa, valid=all(each["verdict"] == "valid" for each in places), places=places)


def _checked(qa: Askable, quotation: Given) -> Values:
    found, verdict = qa.check(quotation)
    return {
        "document": found.document,
        "start": found.start,
        "end": found.end,
        "text": found.text,
        "verdict": verdict,
    }


def _quotations(given: Quotations | Conversation | Answered) -> list[Given]:
    if isinstance(given, Quotations):
        return [
            Given(each.document, each.text, each.start, each.end, each.sha256)
            for each in given.quotations
        ]
    turns = given.conversation if isinstance(given, Conversation) else [given]
    places: list[Place] = []
    for turn in turns:
        for answer in (*turn.answers, *turn.candidates):
            places += [answer, *answer.also_at]
    return [
        Given(place.document, place.text, place.start, place.end, place.sha256) for place in places
    ]


def _earlier(given: Answered) -> Prediction:
    """Return what was answered before, as far as a follow-up refers to it."""
    values = given.model_dump()
    disagreement = values["disagreement"] or {"answers": ()}
    for answer in (*values["answers"], *values["candidates"], *disagreement["answers"]):
        answer["passage"] = answer["passage"] or {
            "text": answer["text"],
            "start": answer["start"],
            "end": answer["end"],
            "heading": "",
        }
    resolved = given.resolved_question or " ".join(given.question.split())
    return prediction_from_dict({**values, "resolved_question": resolved})


def _filters(given: Filtered) -> Values:
    return {
        "only": given.only,
        "since": given.since,
        "until": given.until,
        "language": given.language,
    }


def _placed(qa: Askable, value: Any) -> Any:
    """Return JSON in which all that names a document names its collection too, if there are any."""
    if not qa.collections:
        return value
    if isinstance(value, list):
        return [_placed(qa, each) for each in value]
    if not isinstance(value, dict):
        return value
    placed: Values = {}
    for key, each in value.items():
        placed[key] = _placed(qa, each)
        if key == "document":
            placed["collection"] = each.partition("/")[0]
    return placed


def _dated(qa: Askable, **values: Any) -> Values:
    return versioned({"generation": qa.generation, **values})
