"""The routes of the library: its list, what is going on in it, and what changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from qa.access import turn_of, visitor_of
from qa.api.problems import for_visitors, problem_response
from qa.collections import Holdings, Served
from qa.collections.holdings import Arriving, Changing
from qa.errors import Busy, LibraryError, NoCollection, QAError
from qa.text import counted, sentence, without_places
from qa.web.listing import Wanted
from qa.web.render import library_html
from qa.web.rights import rights_of
from qa.web.routes.uploads import Upload, Uploads
from qa.web.wording import said

NO_STORE = {"cache-control": "no-store"}
UPLOAD = "/library/files"
# An upload of which nothing arrives for so long has broken off.
SILENCE_S = 60.0
# So is one that is slower in the mean: few fit beside one another.
SLOWEST_BYTES_S = 5_000
READ_ONLY = LibraryError(
    "the documents may not be changed here", "ask whoever serves them", status=403
)


class Named(BaseModel):
    """A file or folder of the library."""

    path: str


class Renamed(BaseModel):
    """A file or folder of the library, and its new path."""

    path: str
    to: str


class Replacing(BaseModel):
    """A file of the library, and the earlier one whose place it takes."""

    path: str
    earlier: str


class RemovedFile(BaseModel):
    """A file or folder that was removed; ``token`` is its name among those."""

    token: str


def library_routes(served: Served, *, for_owner: bool) -> APIRouter:
    """Return the routes below ``/library`` over what is served.

    ``for_owner`` is that of :class:`~qa.web.handlers.Handlers`.
    """
    router = APIRouter(prefix="/library")
    uploads = Uploads()

    def seen(request: Request) -> Holdings:
        return served.seen_by(visitor_of(request.scope))

    def told(request: Request) -> dict[str, Any]:
        holdings = seen(request)
        rights = rights_of(visitor_of(request.scope), holdings)
        return {**_status(holdings, for_owner=for_owner), **asdict(rights)}

    @router.get("/status")
    def status(request: Request) -> JSONResponse:
        return JSONResponse(told(request), headers=NO_STORE)

    @router.post("/build", status_code=202)
    def build(request: Request, collection: str = "") -> Response:
        holdings = seen(request)
        try:
            (holdings.building(collection) if collection else holdings.live).request()
        except NoCollection as error:
            return problem_response(error if for_owner else for_visitors(error))
        return JSONResponse(told(request), 202)

    @router.get("/list")
    def documents(
        request: Request, search: str = "", sort: str = "", page: int = 1
    ) -> HTMLResponse:
        holdings = seen(request)
        html = library_html(
            holdings.now.library,
            Wanted.of(search, sort, page),
            files=holdings.files if visitor_of(request.scope).may_edit else None,
            building=holdings.live.state.activity is not None,
            for_owner=for_owner,
        )
        return HTMLResponse(html, headers=NO_STORE)

    @router.put(UPLOAD.removeprefix("/library"))
    async def upload(request: Request, name: str = "") -> Response:
        try:
            with uploads.place(turn_of(request.scope)) as place:
                holdings = seen(request)
                return await _upload(holdings, request, name, place, for_owner=for_owner)
        except Busy as error:
            return problem_response(error)

    def changed(request: Request, change: Callable[[Changing], dict[str, Any]]) -> Response:
        return _changed(seen(request), change, for_owner=for_owner)

    @router.post("/remove")
    def remove(request: Request, given: Named) -> Response:
        return changed(request, lambda files: {"token": files.remove(given.path).token})

    @router.post("/replace")
    def replace(request: Request, given: Replacing) -> Response:
        return changed(
            request, lambda files: {"token": files.replace(given.earlier, given.path).token}
        )

    @router.post("/restore")
    def restore(request: Request, given: RemovedFile) -> Response:
        return changed(request, lambda files: {"path": files.restore(given.token).path})

    @router.post("/forget")
    def forget(request: Request, given: RemovedFile) -> Response:
        def change(files: Changing) -> dict[str, Any]:
            files.forget(given.token)
            return {}

        return changed(request, change)

    @router.post("/rename")
    def rename(request: Request, given: Renamed) -> Response:
        return changed(request, lambda files: {"path": files.rename(given.path, given.to).path})

    return router


async def _upload(
    holdings: Holdings, request: Request, name: str, place: Upload, *, for_owner: bool
) -> Response:
    incoming: Arriving | None = None
    files = holdings.files
    try:
        if files is None:
            raise READ_ONLY
        announced = request.headers.get("content-length", "")
        size = int(announced) if announced.isdecimal() else None
        incoming = await run_in_threadpool(files.receive, name, size)
        chunks, clock = request.stream(), asyncio.get_running_loop().time
        began = clock()
        while True:
            until = began + SILENCE_S + place.received / SLOWEST_BYTES_S
            chunk = await place.part(chunks, min(SILENCE_S, until - clock()))
            if chunk is None:
                break
            if chunk:
                await run_in_threadpool(incoming.write, chunk)
        stored = await run_in_threadpool(incoming.keep)
    except LibraryError as error:
        return _refused(error, for_owner=for_owner)
    except (ClientDisconnect, TimeoutError):
        broken = LibraryError("the upload broke off", "upload it again")
        return _refused(broken, for_owner=for_owner)
    finally:
        if incoming is not None:
            await run_in_threadpool(incoming.abort)
    holdings.live.request()
    return JSONResponse(
        {"path": stored.path, "known": stored.is_known, "earlier": stored.earlier}, 201
    )


def _changed(
    holdings: Holdings, change: Callable[[Changing], dict[str, Any]], *, for_owner: bool
) -> Response:
    """Make a change to the files, and let the index follow."""
    files = holdings.files
    try:
        if files is None:
            raise READ_ONLY
        found = change(files)
    except LibraryError as error:
        return _refused(error, for_owner=for_owner)
    holdings.live.request()
    return JSONResponse(found)


def _refused(error: LibraryError, *, for_owner: bool) -> Response:
    return problem_response(error if for_owner else for_visitors(error))


def _status(holdings: Holdings, *, for_owner: bool) -> dict[str, Any]:
    """Return what every open page shows of the library, in words."""
    state, now = holdings.live.state, holdings.now
    activity = state.activity
    return {
        "generation": f"{now.qa.generation}/{len(now.library.skipped)}",
        "summary": now.library.summary,
        "unread": unread(now.library.skipped),
        "activity": str(activity) if activity else "",
        "share": activity.share if activity else None,
        "note": state.note,
        "trouble": _trouble(state.trouble, holdings, for_owner=for_owner),
        "finished": state.finished,
        "examples": len(now.examples),
        "collections": list(now.library.collections),
    }


def unread(skipped: tuple[object, ...]) -> str:
    """Return how many files could not be read, in words; empty if there are none."""
    return f"{counted(len(skipped), 'file')} not read" if skipped else ""


def _trouble(error: QAError | None, holdings: Holdings, *, for_owner: bool) -> str:
    if error is None:
        return ""
    problem = f"The index was not updated: {error.problem}"
    if for_owner:
        return said(QAError(problem, error.remedy))
    return sentence(without_places(problem, holdings.places))
