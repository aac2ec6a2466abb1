"""The interface for programs as an ASGI application, to be mounted at ``/api``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Scope

from qa.access import turn_of
from qa.answers.serialize import version
from qa.api import bodies, operations
from qa.api.answers import Answered, Searched
from qa.api.batches import answers_of, lines_of
from qa.api.calls import call_for
from qa.api.description import (
    BATCH,
    NOT_MODIFIED,
    complete,
    describe,
    problems,
    takes,
    unready,
)
from qa.api.pool import Pool
from qa.api.problems import PREFIX, for_visitors, invalid, problem_response, status_response
from qa.api.requests import (
    Ask,
    ChosenQuery,
    Conversation,
    DocumentQuery,
    DocumentsQuery,
    Quotations,
    Quoted,
    Search,
)
from qa.api.stored import Health, Info, Listing, Opened, Verified
from qa.api.tags import is_known, tag_of
from qa.asking import Askable
from qa.errors import QAError
from qa.retrieval.filters import DocumentFilter

_QUOTED: TypeAdapter[Any] = TypeAdapter(Quoted)
# Answers are nobody else's to keep; what is stored may be kept, and asked for again by its tag.
_NOT_KEPT = {"cache-control": "no-store"}
_CHECKED = {"cache-control": "private, no-cache", "vary": "cookie, authorization"}


def create_api(
    now: Callable[[Scope], Askable],
    pool: Pool,
    *,
    for_owner: bool,
    is_ready: Callable[[], bool] = lambda: True,
) -> FastAPI:
    """Return the interface over the pipeline that ``now`` returns, answering in ``pool``.

    ``now`` is given the scope of a request: not everybody may read everything.
    ``for_owner`` is whether errors name folders of the server and commands that mend them.
    """
    api = FastAPI(
        title="Verbatim",
        version=version(),
        description=describe(),
        docs_url=None,  # its scripts would come from another host
        redoc_url=None,
        separate_input_output_schemas=False,
        swagger_ui_oauth2_redirect_url=None,
    )

    async def run(
        request: Request,
        qa: Askable,
        work: Callable[[Askable], Mapping[str, Any]],
        pool: Pool = pool,
    ) -> Response:
        """Answer in the pool; give up when the visitor does."""
        found = await call_for(request, pool, lambda: _encoded(work(qa)))
        if found is None:
            return Response(status_code=499)  # to nobody
        return Response(found, media_type=bodies.JSON, headers=_NOT_KEPT)

    async def stored(
        request: Request,
        qa: Askable,
        work: Callable[[Askable], Mapping[str, Any]],
        *facts: object,
    ) -> Response:
        """Look up what changes with the index alone, unless the client has it."""
        headers = {**_CHECKED, "etag": tag_of(qa, *facts)}
        if is_known(request.headers.get("if-none-match", ""), headers["etag"]):
            return Response(status_code=304, headers=headers)
        response = await run(request, qa, work, pool.reads)
        if response.status_code == 200:
            response.headers.update(headers)
        return response

    @api.post(
        "/ask",
        summary="Answer a question",
        response_model=Answered,
        responses={200: BATCH, **problems(404, 422, 503, body=True)},
        openapi_extra=takes(Ask, batches=True),
    )
    async def ask(request: Request) -> Response:
        """Answer with quotations, or say that the documents do not say.

        The object is that of `qa ask --json`. As `application/x-ndjson`, up to 1,000 questions,
        one object a line, are answered one after another, one line each in the same order: an
        answer, or the problem that this question has.
        """
        if bodies.content_type(request.headers) == bodies.LINES:
            lines = lines_of(await bodies.plain(request))
            qa, visitor = now(request.scope), turn_of(request.scope)
            found = answers_of(lines, qa, pool, visitor, for_owner=for_owner)
            return StreamingResponse(found, media_type=bodies.LINES, headers=_NOT_KEPT)
        given = await bodies.read(request, Ask)
        return await run(request, now(request.scope), lambda qa: operations.ask(qa, given))

    @api.post(
        "/search",
        summary="Search for passages",
        response_model=Searched,
        responses=problems(404, 422, 503, body=True),
        openapi_extra=takes(Search),
    )
    async def search(request: Request) -> Response:
        """Return the passages nearest to a question, unread: that of `qa search --json`."""
        given = await bodies.read(request, Search)
        return await run(request, now(request.scope), lambda qa: operations.search(qa, given))

    @api.get(
        "/documents",
        summary="List documents",
        response_model=Listing,
        responses=NOT_MODIFIED | problems(404, 422, 503),
    )
    async def documents(request: Request, query: Annotated[DocumentsQuery, Query()]) -> Response:
        """List the documents, in the order of ids, a page at a time."""
        wanted = DocumentFilter(tuple(query.only), query.since, query.until, query.language)
        return await stored(
            request,
            operations.within(now(request.scope), query.collection),
            lambda qa: operations.listing(qa, wanted, after=query.after, limit=query.limit),
        )

    @api.get(
        "/documents/{document_id:path}",
        summary="Open a document",
        response_model=Opened,
        responses=NOT_MODIFIED | problems(404, 422, 503),
    )
    async def document(
        request: Request, document_id: str, query: Annotated[DocumentQuery, Query()]
    ) -> Response:
        """Return the text that quotations of a document are cut from, or a part of it."""
        qa = now(request.scope)
        if (collection := document_id.partition("/")[0]) in qa.collections:
            qa = qa.within([collection])  # its tag is that of this index
        try:
            outdated = qa.is_outdated(document_id)
            return await stored(
                request,
                qa,
                lambda qa: operations.opened(qa, document_id, start=query.start, end=query.end),
                outdated,
            )
        except KeyError:
            raise HTTPException(404, "There is no such document") from None

    @api.get(
        "/info",
        summary="Describe what is served",
        response_model=Info,
        responses=NOT_MODIFIED | problems(404, 422, 503),
    )
    async def info(request: Request, query: Annotated[ChosenQuery, Query()]) -> Response:
        """Return how many documents there are, and the probabilities of the verdicts."""
        qa = operations.within(now(request.scope), query.collection)
        return await stored(request, qa, operations.info)

    @api.post(
        "/verify",
        summary="Check quotations",
        response_model=Verified,
        responses=problems(422, 503, body=True),
        openapi_extra=takes(Quotations, Answered, Conversation),
    )
    async def verify(request: Request) -> Response:
        """Compare quotations letter by letter with the documents as they are indexed.

        Takes quotations, an answer of `ask` as it was received, or a conversation that the page
        exported.
        """
        given = await bodies.read(request, _QUOTED)
        return await run(request, now(request.scope), lambda qa: operations.verified(qa, given))

    @api.get(
        "/health",
        summary="Is it alive?",
        response_model=Health,
        responses=problems(is_public=True),
    )
    async def health() -> Response:
        """Answer 200 as long as the server lives, also while it starts."""
        return JSONResponse(_health(pool, is_ready=is_ready()), headers=_NOT_KEPT)

    @api.get(
        "/health/ready",
        summary="Does it answer questions?",
        response_model=Health,
        responses=unready(Health),
    )
    async def ready() -> Response:
        """Answer 200 if questions are answered, 503 before."""
        is_so = is_ready()
        return JSONResponse(_health(pool, is_ready=is_so), 200 if is_so else 503, _NOT_KEPT)

    @api.exception_handler(QAError)
    async def on_error(_: Request, error: QAError) -> Response:
        return problem_response(error if for_owner else for_visitors(error))

    @api.exception_handler(RequestValidationError)
    async def on_query(_: Request, error: RequestValidationError) -> Response:
        return problem_response(invalid(error.errors()))

    @api.exception_handler(HTTPException)
    async def on_status(_: Request, error: HTTPException) -> Response:
        return status_response(error.status_code, error.detail, error.headers)

    @api.exception_handler(ClientDisconnect)
    async def on_gone(_: Request, error: Exception) -> Response:
        """Answer nobody: a body that broke off is no defect, and would fill the log as one."""
        return status_response(400, "The body broke off")

    @api.exception_handler(Exception)
    async def on_defect(_: Request, error: Exception) -> Response:
        return status_response(500, HTTPStatus.INTERNAL_SERVER_ERROR.phrase)

    complete(api)
    return api


def limit_of(path: str, headers: Headers) -> int:
    """Return how many bytes the body of a request may have."""
    is_batch = path == f"{PREFIX}/ask" and bodies.content_type(headers) == bodies.LINES
    return bodies.MAX_BATCH if is_batch else bodies.MAX_BODY


def _encoded(values: Mapping[str, Any]) -> bytes:
    # A name of a file may have a lone surrogate, which UTF-8 cannot encode.
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _health(pool: Pool, *, is_ready: bool) -> dict[str, Any]:
    return {
        "version": version(),
        "live": True,
        "ready": is_ready,
        "running": pool.running,
        "waiting": pool.waiting,
    }
