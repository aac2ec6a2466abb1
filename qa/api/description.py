"""The description of the interface (OpenAPI), as far as FastAPI cannot make it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from qa.access.refusals import MEDIA_TYPE
from qa.api.answers import Answered, Model, Problem
from qa.api.bodies import JSON, LINES, MAX_BATCH, MAX_BODY
from qa.api.requests import Ask, Conversation, Quotations, Search

REFERENCE = "#/components/schemas/{model}"
BATCH = {
    "content": {LINES: {"schema": {"$ref": REFERENCE.format(model="Answered")}}},
    "description": "The answer, which may be that there is none.",
}
_TEXT = f"""Answers questions about a folder of documents in the documents' own words.

Every answer is a quotation: `text` is what the document named by `document` has from character
`start` to `end`, counted in Unicode code points, the last one excluded. `GET /documents/…` returns
that text. A question that the documents do not answer gets the verdict `not found`, with status
200; errors are problems (RFC 9457) that say what helps.

A body has at most {MAX_BODY:,} bytes, a batch {MAX_BATCH:,}. Questions are answered a few at a
time, and callers are served in turn; if too many wait, the status is 503 with `Retry-After`.
Lists, documents and `info` have an `ETag` that changes with the index.
"""
_PROBLEMS = {
    400: "The body is not JSON.",
    401: "The token is not valid, or there is none; only where people log in.",
    403: "The request names a host or an origin that is not the server's.",
    404: "There is no such document or collection, or none that the caller may read.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    415: "The body has another type, or is compressed.",
    422: "A value is missing, unknown or not allowed, or the question cannot be asked.",
    503: "So many requests are waiting that no other is taken, or the index cannot be used.",
}
# What is answered before an operation is reached, and while a body is read.
_GUARDED, _BODY = (401, 403), (400, 408, 413, 415)
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing has changed since the `ETag` that `If-None-Match` names."}
}


def describe() -> str:
    """Return the introduction."""
    return _TEXT


def problems(
    *statuses: int, body: bool = False, is_public: bool = False
) -> dict[int | str, dict[str, Any]]:
    """Return the problems that an operation may answer with: these, and those of the guard.

    ``body`` adds those of a body that is read. ``is_public`` is whether nobody has to log in.
    """
    found = {*statuses, *(_GUARDED[is_public:]), *(_BODY if body else ())}
    content = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model=Problem.__name__)}}}
    return {
        status: {"description": _PROBLEMS[status], "content": dict(content)}
        for status in sorted(found)
    }


def unready(model: type[Model]) -> dict[int | str, dict[str, Any]]:
    """Return the responses of a server that does not answer questions yet, or no longer."""
    found = problems(503, is_public=True)
    found[503]["description"] = "It is starting or closing."
    found[503]["content"][JSON] = {"schema": {"$ref": REFERENCE.format(model=model.__name__)}}
    return found


def takes(*kinds: type[Model], batches: bool = False) -> dict[str, Any]:
    """Return the description of an operation's body: one of these models, or lines of the first."""
    references = [{"$ref": REFERENCE.format(model=kind.__name__)} for kind in kinds]
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    content = {JSON: {"schema": schema}}
    if batches:
        content[LINES] = {"schema": references[0]}
    return {"requestBody": {"required": True, "content": content}}


def complete(api: FastAPI) -> None:
    """Add the models of bodies, which are read by hand, to the description of an interface.

    It is made when it is first asked for: that takes as long as all else of the interface.
    """
    plain = api.openapi

    def described() -> dict[str, Any]:
        if api.openapi_schema is None:
            _add_models(plain())
        return plain()

    api.openapi = described  # type: ignore[method-assign]


def _add_models(described: dict[str, Any]) -> None:
    kinds = (Ask, Search, Quotations, Conversation, Answered, Problem)
    _, made = models_json_schema([(kind, "validation") for kind in kinds], ref_template=REFERENCE)
    components = described.setdefault("components", {}).setdefault("schemas", {})
    components.update(made["$defs"])
    # FastAPI's own kind of error, which is never sent.
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
