"""What is said where a request is refused: problem details (RFC 9457), wherever that is."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from qa.text import sentences, without_surrogates

MEDIA_TYPE = "application/problem+json"
# A problem without a type of its own: its status says what it is.
UNTYPED = "about:blank"


def members_of(
    status: int, problem: str, remedy: str = "", *, kind: str = UNTYPED, title: str = ""
) -> dict[str, Any]:
    """Return the members of a problem; ``detail`` has both in sentences.

    The title is that of the status where a problem has no ``kind``.
    """
    problem, remedy = without_surrogates(problem), without_surrogates(remedy)
    return {
        "type": kind,
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": sentences(problem, remedy),
        "problem": problem,
        "remedy": remedy,
    }


def refused(
    status: int, problem: str, remedy: str = "", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the response to a request that is refused; nobody keeps it."""
    kept = {"cache-control": "no-store", **(headers or {})}
    return JSONResponse(members_of(status, problem, remedy), status, kept, media_type=MEDIA_TYPE)
