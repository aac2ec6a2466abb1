"""Requests that are refused before anything of the page sees them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse


def refused(
    status: int, problem: str, remedy: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the response to such a request, as problem details (RFC 9457)."""
    content = {
        "type": "about:blank",
        "title": problem,
        "status": status,
        "detail": f"{problem}: {remedy}" if remedy else problem,
        "problem": problem,
        "remedy": remedy,
    }
    return JSONResponse(content, status, headers, media_type="application/problem+json")
