"""Answers to requests that Gradio and FastAPI fail at."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from qa.api.problems import invalid, problem_response, status_response


def answer_faults(app: FastAPI, *, nothing_here: Callable[[str], str]) -> None:
    """Let an application of Gradio's refuse invalid requests as the API does.

    ``nothing_here`` returns the HTML for a browser at an address that there is not, given the
    address of the page.
    """
    from gradio.route_utils import FnIndexInferError

    async def on_status(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        said: object = error.detail
        if not isinstance(said, str):
            return await http_exception_handler(request, error)  # as Gradio's own scripts read it
        is_bare = said == HTTPStatus(error.status_code).phrase
        is_page = "text/html" in request.headers.get("accept", "")
        if is_bare and is_page and error.status_code == 404:
            home = f"{request.scope.get('root_path', '').rstrip('/')}/"
            return HTMLResponse(nothing_here(home), 404, {"cache-control": "no-store"})
        return status_response(error.status_code, said, error.headers)

    app.add_exception_handler(HTTPException, on_status)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(FnIndexInferError, _on_unknown)


def _on_invalid(_: Request, error: Exception) -> Response:
    """Say what is wrong with a request; FastAPI repeats it, and fails where it is no Unicode."""
    if not isinstance(error, RequestValidationError):
        raise error
    return problem_response(invalid(error.errors()))


def _on_unknown(_: Request, error: Exception) -> Response:
    """Answer for a function that the page does not have, at which Gradio fails."""
    return status_response(404, "Not Found")
