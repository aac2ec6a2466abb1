"""What is said where a request is refused: problem details (RFC 9457), wherever that is."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from qa.errors import Busy, QAError
from qa.text import sentences, without_surrogates

MEDIA_TYPE = "application/problem+json"
# An error of Verbatim has a type of its own; the others are named by their status alone.
TYPE = "urn:verbatim:"
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


def members_of_error(error: QAError, status: int) -> dict[str, Any]:
    """Return the members of the problem that an error is, which has the type of its kind."""
    kind = type(error)
    title = (inspect.getdoc(kind) or kind.__name__).partition("\n")[0].removesuffix(".")
    members = members_of(
        status,
        error.problem,
        error.remedy,
        kind=f"{TYPE}{kind.__name__}",
        title=title.partition(";")[0],
    )
    if isinstance(error, Busy):
        members["retry_after_s"] = error.retry_after_s
    return members


def refused(
    status: int, problem: str, remedy: str = "", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the response to a request that is refused; nobody keeps it."""
    return response_of(members_of(status, problem, remedy), headers)


def busy(error: Busy, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the response to a request that may be sent again in a moment; nobody keeps it."""
    again = {"retry-after": str(error.retry_after_s)}
    return response_of(members_of_error(error, 503), {**again, **(headers or {})})


def response_of(
    members: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the members of a problem as a response; nobody keeps it."""
    kept = {"cache-control": "no-store", **(headers or {})}
    return JSONResponse(members, members["status"], kept, media_type=MEDIA_TYPE)
