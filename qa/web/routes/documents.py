"""The routes of an open document: its text in windows, its pages, and what is found in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from qa.access import visitor_of
from qa.access.refusals import refused
from qa.api.calls import call_for
from qa.api.pool import Pool
from qa.api.problems import problem_response
from qa.collections import Holdings, OpenIndex, Served
from qa.errors import Busy, StoredIndexError, UnreadableDocument
from qa.text import without_surrogates
from qa.types import Document
from qa.viewer import boxes_of, find, groups_of, marks_of
from qa.web.render import render

# A document at a hash never changes; the browser of one visitor may keep what it saw of it.
KEEP = {"cache-control": "private, max-age=600"}
NO_STORE = {"cache-control": "no-store"}
ASK_AGAIN = "ask again for what it says now"


Answering = Callable[[Holdings, OpenIndex, Document], Response]


def document_routes(served: Served) -> APIRouter:
    """Return the routes below ``/document`` over what is served.

    Each is given the ``id`` of an indexed document and the ``sha256`` of its file, so that what
    was asked for is what is answered also after a build.
    """
    router = APIRouter(prefix="/document")

    async def shown(
        request: Request, pool: Pool, id: str, sha256: str, answer: Answering
    ) -> Response:
        """Answer when it is the visitor's turn; the threads of Gradio are for what it does."""
        holdings = served.seen_by(visitor_of(request.scope))
        try:
            found = await call_for(request, pool, lambda: answered(holdings, id, sha256, answer))
        except Busy as error:
            return problem_response(error)
        return found or Response(status_code=499)  # to nobody

    def answered(holdings: Holdings, id: str, sha256: str, answer: Answering) -> Response:
        now = holdings.now
        try:
            document = now.qa.document(without_surrogates(id))
        except KeyError:
            return refused(404, "there is no such document", ASK_AGAIN)
        except StoredIndexError:
            return refused(503, "the documents cannot be read now", "tell whoever runs the server")
        if document.sha256 != sha256:
            return refused(410, "the document has changed", ASK_AGAIN)
        return answer(holdings, now, document)

    @router.get("/window")
    async def window(
        request: Request, id: str, sha256: str, number: int, marks: str = ""
    ) -> Response:
        def answer(_: Holdings, now: OpenIndex, document: Document) -> Response:
            windows = now.windows.of(document)
            if not 0 <= number < len(windows):
                return refused(404, "the document has no such part")
            groups = groups_of(document, windows[number], marks_of(marks))
            return HTMLResponse(render("window.html", groups=groups), headers=KEEP)

        return await shown(request, served.pool.reads, id, sha256, answer)

    @router.get("/find")
    async def found(request: Request, id: str, sha256: str, words: str = "") -> Response:
        def answer(_: Holdings, now: OpenIndex, document: Document) -> Response:
            count, places = find(document, now.windows.of(document), without_surrogates(words))
            return JSONResponse(
                {"count": count, "places": [astuple(place) for place in places]}, headers=NO_STORE
            )

        return await shown(request, served.pool.views, id, sha256, answer)

    @router.get("/page")
    async def page(
        request: Request, id: str, sha256: str, number: int, marks: str = ""
    ) -> Response:
        def answer(holdings: Holdings, _: OpenIndex, document: Document) -> Response:
            wanted = marks_of(marks)
            try:
                lines = holdings.pages.places(document, number)
                holdings.pages.picture(document, number)  # or there is nothing to show
            except UnreadableDocument as error:
                html = render("page.html", trouble=error.problem)
                return HTMLResponse(html, headers=NO_STORE)
            address = {"id": document.id, "sha256": sha256, "number": number}
            html = render(
                "page.html",
                trouble="",
                page=number,
                picture=f"document/picture?{urlencode(address)}",
                large=f"document/picture?{urlencode({**address, 'large': 'true'})}",
                boxes=boxes_of(document.text, lines, wanted),
                confidence=_confidence(document, number, wanted),
            )
            return HTMLResponse(html, headers=NO_STORE)

        return await shown(request, served.pool.views, id, sha256, answer)

    @router.get("/picture")
    async def picture(
        request: Request, id: str, sha256: str, number: int, large: bool = False
    ) -> Response:
        def answer(holdings: Holdings, _: OpenIndex, document: Document) -> Response:
            try:
                drawn = holdings.pages.picture(document, number, large=large)
            except UnreadableDocument as error:
                return refused(404, error.problem)
            return Response(drawn, media_type="image/jpeg", headers=KEEP)

        return await shown(request, served.pool.views, id, sha256, answer)

    return router


def _confidence(document: Document, page: int, marks: list[tuple[int, int, str]]) -> float | None:
    """Return the confidence of OCR in the least clear of the words marked, else of the page.

    None for a page that OCR did not read.
    """
    lines = [line for line in document.scanned if line.page == page]
    if not lines:
        return None
    words = [each for start, end, _ in marks[:1] for each in document.read_by_ocr(start, end)]
    if words:
        return min(confidence for _, confidence in words)
    return min(each for line in lines for each in line.confidences) / 100
