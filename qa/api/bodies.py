"""Bodies of requests: none is too large, too slow, or of another form than the interface's."""

from __future__ import annotations

import asyncio
from codecs import BOM_UTF8
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.api.problems import invalid, status_response

MAX_BODY = 1_000_000
# Batches of questions.
MAX_BATCH = 4_000_000
# A body that has not arrived by then is given up.
WITHIN_S = 30.0
LINGER_S = 2.0
JSON, LINES = "application/json", "application/x-ndjson"

M = TypeVar("M", bound=BaseModel)


class BodyRefused(HTTPException):
    """A body is too large or too slow; the connection is of no further use."""


class BodyLimit:
    """ASGI middleware that gives up bodies that are too large or too slow.

    ``limit_of`` returns the most bytes that a request may have, None for a request whose body is
    limited where it is read.
    """

    def __init__(
        self,
        app: ASGIApp,
        limit_of: Callable[[Scope], int | None] = lambda _: MAX_BODY,
    ) -> None:
        self._app, self._limit_of = app, limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer 408 or 413 where its body is refused."""
        limit = self._limit_of(scope) if scope["type"] == "http" else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        began = is_refused = False
        lingering = _lingering(receive, send)

        async def watched(message: Message) -> None:
            nonlocal began
            began = True
            await (lingering if is_refused else send)(message)

        async def limited() -> Message:
            nonlocal is_refused
            try:
                return await limit_body()
            except BodyRefused:
                is_refused = True
                raise

        limit_body = self._limited(receive, limit)
        try:
            announced = Headers(scope=scope).get("content-length", "")
            if announced.isdecimal() and int(announced) > limit:
                raise _too_large(limit)
            await self._app(scope, limited, watched)
        except BodyRefused as error:
            if began:
                raise
            response = status_response(error.status_code, error.detail, error.headers)
            await response(scope, receive, lingering)

    def _limited(self, receive: Receive, limit: int) -> Receive:
        """Return a ``receive`` that raises BodyRefused; after the body it waits without end."""
        received, is_over = 0, False
        until = asyncio.get_running_loop().time() + WITHIN_S

        async def limited() -> Message:
            nonlocal received, is_over
            if is_over:
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise BodyRefused(
                    408, "The body did not arrive in time", {"connection": "close"}
                ) from None
            received += len(message.get("body", b""))
            is_over = not message.get("more_body", False)
            if received > limit:
                raise _too_large(limit)
            return message

        return limited


async def read(request: Request, kind: type[M] | TypeAdapter[M]) -> M:
    """Return the body as a model.

    Raises what :func:`parsed` does, and HTTPException for another type.
    """
    if content_type(request.headers) != JSON:
        raise HTTPException(415, "The body has another type than JSON")
    return parsed(await plain(request), kind)


async def plain(request: Request) -> bytes:
    """Return the body as it was sent; HTTPException for one that is compressed."""
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity"):
        raise HTTPException(415, "The body is compressed", {"accept-encoding": "identity"})
    return await request.body()


def parsed(body: bytes, kind: type[M] | TypeAdapter[M]) -> M:
    """Return JSON as a model.

    Raises :class:`~qa.errors.InvalidRequest` where it is another object, HTTPException where it
    is no JSON.
    """
    body = body.removeprefix(BOM_UTF8)  # as files of Windows begin
    try:
        if isinstance(kind, TypeAdapter):
            return kind.validate_json(body, strict=True)
        return kind.model_validate_json(body, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if found[0]["type"] == "json_invalid":
            raise HTTPException(
                400, f"The body is not JSON: {found[0]['msg'].removeprefix('Invalid JSON: ')}"
            ) from None
        raise invalid(found) from None


def content_type(headers: Headers) -> str:
    """Return the media type of the body, without parameters; in lower case."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _lingering(receive: Receive, send: Send) -> Send:
    """Return a ``send`` that reads on for a moment before it ends the response.

    The system tells a client whose body is not read that the connection broke, and the response
    is lost.
    """

    async def lingering(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
            return
        await send({**message, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while (await receive()).get("more_body", False):
                    pass
        await send({"type": "http.response.body"})

    return lingering


def _too_large(limit: int) -> BodyRefused:
    return BodyRefused(413, f"The body has more than {limit:,} bytes", {"connection": "close"})
