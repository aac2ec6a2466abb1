"""Answers to requests that Gradio and FastAPI fail at."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from qa.api.problems import invalid, problem_response, status_response


def answer_faults(app: FastAPI) -> None:
    """Let an application of Gradio's refuse invalid requests as the API does."""
    from gradio.route_utils import FnIndexInferError

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
