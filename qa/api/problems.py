"""Errors as problem details (RFC 9457), and back."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse

from qa import errors
from qa.access.refusals import MEDIA_TYPE, TYPE, busy, members_of, members_of_error, response_of
from qa.errors import (
    Busy,
    InvalidRequest,
    LibraryError,
    NoCollection,
    QAError,
    QuestionError,
    ServiceError,
)
from qa.text import MAX_LISTED

PREFIX = "/api"
DESCRIBED = "see the description of the interface at /api/openapi.json"
STARTING = Busy("the server is starting")
_STATUS = {NoCollection: 404, QuestionError: 422, InvalidRequest: 422, Busy: 503, ServiceError: 503}
_REMEDIES = {
    400: DESCRIBED,
    404: DESCRIBED,
    405: DESCRIBED,
    408: "send the whole request at once",
    413: "send less",
    415: "send plain JSON with the header Content-Type: application/json",
    500: "this is a defect of Verbatim: tell whoever runs the server",
}


def problem_of(error: QAError, *, status: int | None = None) -> dict[str, Any]:
    """Return an error as the members of a problem; ``status`` is that of its kind by default."""
    return members_of_error(error, status or status_of(error))


def status_of(error: QAError) -> int:
    """Return the HTTP status of an error.

    It is 503 for what only the server's owner can mend, such as a damaged index.
    """
    if isinstance(error, LibraryError):
        return error.status
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 503)


def problem_response(error: QAError, *, status: int | None = None) -> JSONResponse:
    """Return an error as a response; where it passes by itself, with Retry-After."""
    if isinstance(error, Busy):
        return busy(error)
    return response_of(problem_of(error, status=status))


def problem_of_status(status: int, words: str) -> dict[str, Any]:
    """Return the members of the problem of a bare HTTP status, such as 404, in words of its own."""
    # The phrases of HTTP are in capitals: "Not Found".
    problem = words.lower() if words.istitle() else f"{words[:1].lower()}{words[1:]}"
    problem = problem.removesuffix(".")
    return members_of(status, problem, _REMEDIES.get(status, ""))


def status_response(
    status: int, words: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the problem of a bare HTTP status as a response."""
    problem = problem_of_status(status, words)
    return JSONResponse(problem, status, dict(headers or {}), media_type=MEDIA_TYPE)


def for_visitors(error: QAError) -> QAError:
    """Return an error without what only the owner of the server can do, or may know."""
    if isinstance(error, QuestionError):
        # Its remedy may name a command, and the folder of the index.
        return type(error)(error.problem, error.remedy.partition(";")[0])
    if isinstance(error, LibraryError):
        return LibraryError(error.problem, error.for_visitors, status=error.status)
    if isinstance(error, ServiceError):
        return error
    return ServiceError("the documents cannot be asked now", "tell whoever runs the server")


def invalid(found: Sequence[Mapping[str, Any]]) -> InvalidRequest:
    """Return pydantic's errors as one; what was sent is not repeated."""
    said = [f"{_named(each['loc'])}: {_said(each)}" for each in found[:MAX_LISTED]]
    more = len(found) - len(said)
    return InvalidRequest("; ".join(said) + (f"; and {more:,} more" if more else ""), DESCRIBED)


def error_of(status: int, body: bytes) -> QAError:
    """Return the error of a problem that a server answered with; ServiceError for any other."""
    try:
        return error_of_members(json.loads(body))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ServiceError(f"the server answered with status {status}", "look at its log")


def error_of_members(members: Mapping[str, Any]) -> QAError:
    """Return the error of a problem's members; KeyError and the like where they are others."""
    problem, remedy, status = members["problem"], members["remedy"], members["status"]
    if status == 503 and "retry_after_s" in members:
        return Busy(problem, remedy, retry_after_s=int(members["retry_after_s"]))
    kind = getattr(errors, str(members.get("type", "")).removeprefix(TYPE), None)
    if inspect.isclass(kind) and issubclass(kind, QAError):
        return kind(problem, remedy)
    return (InvalidRequest if 400 <= status < 500 else ServiceError)(problem, remedy)


def _said(error: Mapping[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}".removesuffix(".")


def _named(place: Sequence[object]) -> str:
    """Return the field of an error as it was sent; FastAPI says that it is of the query."""
    return ".".join(str(each) for each in place if each != "query") or "the body"
