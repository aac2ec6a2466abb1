"""The routes of the library: what is going on, and what changes it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, JSONResponse

from qa.errors import QAError
from qa.text import counted
from qa.web.corpus import Corpus
from qa.web.render import library_html

NO_STORE = {"cache-control": "no-store"}


def library_routes(corpus: Corpus, *, for_owner: bool) -> APIRouter:
    """Return the routes below ``/library`` over a corpus.

    ``for_owner`` is that of :class:`~qa.web.handlers.Handlers`.
    """
    router = APIRouter(prefix="/library")

    @router.get("/status")
    def status() -> JSONResponse:
        found = _status(corpus, for_owner=for_owner)
        return JSONResponse(found, headers=NO_STORE)

    @router.post("/build", status_code=202)
    def build() -> JSONResponse:
        corpus.live.request()
        return JSONResponse(_status(corpus, for_owner=for_owner), 202)

    @router.get("/list")
    def documents() -> HTMLResponse:
        return HTMLResponse(library_html(corpus.now.library), headers=NO_STORE)

    return router


def _status(corpus: Corpus, *, for_owner: bool) -> dict[str, Any]:
    """Return what every open page shows of the library, in words, and when to look again."""
    state, now = corpus.live.state, corpus.now
    activity = state.activity
    return {
        "generation": f"{now.qa.generation}/{len(now.library.skipped)}",
        "summary": now.library.summary,
        "unread": unread(now.library.skipped),
        "activity": str(activity) if activity else "",
        "share": activity.share if activity else None,
        "note": state.note,
        "trouble": _trouble(state.trouble, corpus, for_owner=for_owner),
        "finished": state.finished,
    }


def unread(skipped: tuple[object, ...]) -> str:
    """Return how many files could not be read, in words; empty if there are none."""
    return f"{counted(len(skipped), 'file')} not read" if skipped else ""


def _trouble(error: QAError | None, corpus: Corpus, *, for_owner: bool) -> str:
    if error is None:
        return ""
    if for_owner:
        remedy = f". {error.remedy[:1].upper()}{error.remedy[1:]}" if error.remedy else ""
        return f"The index was not updated: {error.problem}{remedy}."
    # Where the folders are on the server is nobody's business.
    problem = error.problem
    for path in (corpus.folder, corpus.index):
        problem = problem.replace(str(path.resolve()), path.name).replace(str(path), path.name)
    return f"The index was not updated: {problem}."
