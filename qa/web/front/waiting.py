"""Answers from the first moment on, with a page that says so until the real one is there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack

from fastapi import FastAPI
from starlette.responses import HTMLResponse, JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.access import path_of
from qa.answers.serialize import version
from qa.api.problems import PREFIX, STARTING, problem_response
from qa.web.render import render

STATUS = "/library/status"
HEALTH = f"{PREFIX}/health"


class Front:
    """ASGI application that stands before the page while that is being loaded.

    ``load`` makes the page, in a thread of its own; if it fails, ``error`` is why, and
    ``on_error`` is called. ``on_start`` is called when requests are answered, ``doing`` says
    what is going on until the page is there.
    """

    def __init__(
        self,
        load: Callable[[], FastAPI],
        *,
        on_start: Callable[[], None] = lambda: None,
        on_error: Callable[[], None] = lambda: None,
        doing: Callable[[], str] = lambda: "Starting …",
    ) -> None:
        self.page: FastAPI | None = None
        self.error: BaseException | None = None
        self._load, self._doing = load, doing
        self._on_start, self._on_error = on_start, on_error
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opened = AsyncExitStack()
        self._is_closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the page, or say that it is starting."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        await (self.page or self._waiting(path_of(scope)))(scope, receive, send)

    def join(self, timeout_s: float) -> bool:
        """Wait until the page is there, or has failed; return whether either came in time."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _waiting(self, path: str) -> ASGIApp:
        headers = {"cache-control": "no-store", "retry-after": str(STARTING.retry_after_s)}
        if path == HEALTH:
            return JSONResponse({"version": version(), "live": True, "ready": False})
        if path == "/":
            # The browser comes back, also without scripts.
            html = render("starting.html", again=STARTING.retry_after_s, doing=self._doing())
            return HTMLResponse(html, headers=headers)
        if path == STATUS:
            return JSONResponse({"starting": True}, headers=headers)
        return problem_response(STARTING)

    def _run(self) -> None:
        try:
            page = self._load()
            if self._loop is None:
                raise RuntimeError("the page is loaded before requests are answered")
            if not self._is_closed:
                asyncio.run_coroutine_threadsafe(self._open(page), self._loop).result()
        except BaseException as error:  # raised where the server ends
            if not self._is_closed:
                self.error = error
                self._on_error()

    async def _open(self, page: FastAPI) -> None:
        await self._opened.enter_async_context(page.router.lifespan_context(page))
        self.page = page

    async def _live(self, receive: Receive, send: Send) -> None:
        self._loop = asyncio.get_running_loop()
        await receive()
        self._thread.start()
        self._on_start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._is_closed = True
        await self._opened.aclose()
        await send({"type": "lifespan.shutdown.complete"})
