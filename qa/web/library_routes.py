"""The routes of the library: its list, what is going on in it, and what changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from qa.access import visitor_of
from qa.errors import LibraryError, QAError
from qa.library import Files, Incoming
from qa.text import counted
from qa.web.corpus import Corpus
from qa.web.listing import Wanted
from qa.web.render import library_html

NO_STORE = {"cache-control": "no-store"}
UPLOAD = "/library/files"
# So many uploads at once; others are told to come back.
UPLOADS = 4
# An upload of which nothing arrives for so long has broken off.
SILENCE_S = 60.0
# So is one that is slower in the mean: few fit beside one another.
SLOWEST_BYTES_S = 5_000
READ_ONLY = LibraryError("the documents may not be changed here", "ask whoever serves them")


class Named(BaseModel):
    """A file or folder of the library."""

    path: str


class Renamed(BaseModel):
    """A file or folder of the library, and its new path."""

    path: str
    to: str


class Token(BaseModel):
    """Something that was removed."""

    token: str


def library_routes(corpus: Corpus, *, for_owner: bool) -> APIRouter:
    """Return the routes below ``/library`` over a corpus.

    ``for_owner`` is that of :class:`~qa.web.handlers.Handlers`.
    """
    router = APIRouter(prefix="/library")
    uploads = asyncio.Semaphore(UPLOADS)

    def told(request: Request) -> dict[str, Any]:
        visitor = visitor_of(request.scope)
        known = {"visitor": visitor.name, "may_edit": visitor.may_edit}
        return {**_status(corpus, for_owner=for_owner), **known}

    @router.get("/status")
    def status(request: Request) -> JSONResponse:
        return JSONResponse(told(request), headers=NO_STORE)

    @router.post("/build", status_code=202)
    def build(request: Request) -> JSONResponse:
        corpus.live.request()
        return JSONResponse(told(request), 202)

    @router.get("/list")
    def documents(
        request: Request, search: str = "", sort: str = "", page: int = 1
    ) -> HTMLResponse:
        html = library_html(
            corpus.now.library,
            Wanted.of(search, sort, page),
            files=corpus.files if visitor_of(request.scope).may_edit else None,
            building=corpus.live.state.activity is not None,
        )
        return HTMLResponse(html, headers=NO_STORE)

    @router.put(UPLOAD.removeprefix("/library"))
    async def upload(request: Request, name: str = "") -> Response:
        if uploads.locked():
            return JSONResponse(
                {"trouble": "too many uploads at once: try again soon"}, 503, {"retry-after": "2"}
            )
        async with uploads:
            return await _upload(corpus, request, name)

    @router.post("/remove")
    def remove(given: Named) -> JSONResponse:
        return _changed(corpus, lambda files: {"token": files.remove(given.path).token})

    @router.post("/restore")
    def restore(given: Token) -> JSONResponse:
        return _changed(corpus, lambda files: {"path": files.restore(given.token).path})

    @router.post("/forget")
    def forget(given: Token) -> JSONResponse:
        def change(files: Files) -> dict[str, Any]:
            files.forget(given.token)
            return {}

        return _changed(corpus, change)

    @router.post("/rename")
    def rename(given: Renamed) -> JSONResponse:
        return _changed(corpus, lambda files: {"path": files.rename(given.path, given.to).path})

    return router


async def _upload(corpus: Corpus, request: Request, name: str) -> Response:
    incoming: Incoming | None = None
    try:
        if corpus.files is None:
            raise READ_ONLY
        announced = request.headers.get("content-length", "")
        size = int(announced) if announced.isdecimal() else None
        incoming = await run_in_threadpool(corpus.files.receive, name, size)
        chunks, clock, received = request.stream(), asyncio.get_running_loop().time, 0
        began = clock()
        while True:
            until = began + SILENCE_S + received / SLOWEST_BYTES_S
            try:
                chunk = await asyncio.wait_for(anext(chunks), min(SILENCE_S, until - clock()))
            except StopAsyncIteration:
                break
            received += len(chunk)
            if chunk:
                await run_in_threadpool(incoming.write, chunk)
        stored = await run_in_threadpool(incoming.keep)
    except LibraryError as error:
        return _refused(error)
    except (ClientDisconnect, TimeoutError):
        return _refused(LibraryError("the upload broke off", "upload it again"))
    finally:
        if incoming is not None:
            await run_in_threadpool(incoming.abort)
    corpus.live.request()
    return JSONResponse({"path": stored.path, "known": stored.is_known}, 201)


def _changed(corpus: Corpus, change: Callable[[Files], dict[str, Any]]) -> JSONResponse:
    """Make a change to the files, and let the index follow."""
    try:
        if corpus.files is None:
            raise READ_ONLY
        found = change(corpus.files)
    except LibraryError as error:
        return _refused(error)
    corpus.live.request()
    return JSONResponse(found)


def _refused(error: LibraryError) -> JSONResponse:
    return JSONResponse({"trouble": str(error)}, 403 if error is READ_ONLY else 409)


def _status(corpus: Corpus, *, for_owner: bool) -> dict[str, Any]:
    """Return what every open page shows of the library, in words."""
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
        "examples": len(now.examples),
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
