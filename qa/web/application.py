"""The page, the API and the tools of assistants as one guarded application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import Scope

from qa.access import METRICS, Access, Events, Guard, Turns, Visitor, path_of, visitor_of
from qa.web.front import Head

if TYPE_CHECKING:
    from qa.access.metrics import Metrics
    from qa.collections import Served
    from qa.mcp.http import Endpoint


def create_app(
    served: Served,
    *,
    access: Access | None = None,
    mcp: bool = False,
    metrics: Metrics | None = None,
) -> FastAPI:
    """Return the page as a guarded ASGI application, with the tools of assistants if asked for."""
    import gradio as gr

    from qa.api.app import create_api
    from qa.api.bodies import BodyLimit
    from qa.api.faults import answer_faults
    from qa.api.problems import PREFIX
    from qa.web.page import create_page
    from qa.web.render import render
    from qa.web.rights import rights_of
    from qa.web.routes import document_routes, library_routes
    from qa.web.theme import Theme

    access = access or Access()
    tools = _tools(served, access) if mcp else None
    lifespan = tools.lifespan if tools else None
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    if tools:
        app.router.routes.append(Route(tools.path, tools))
    if metrics is not None:
        app.router.routes.append(Route(METRICS, metrics, methods=["GET"]))
    app.include_router(library_routes(served, for_owner=access.for_owner))
    app.mount(
        PREFIX,
        create_api(
            lambda scope: served.seen_by(visitor_of(scope)).now.qa,
            served.pool,
            for_owner=access.for_owner,
            is_ready=lambda: served.is_ready,
        ),
    )
    app.include_router(document_routes(served))

    def head(scope: Scope) -> str:
        visitor = visitor_of(scope)
        return render("head.html", rights=asdict(rights_of(visitor, served.seen_by(visitor))))

    def mounted() -> FastAPI:
        # Explicit, because environment variables can change each of these defaults.
        guarded: FastAPI = gr.mount_gradio_app(
            app,
            create_page(served, for_owner=access.for_owner),
            path="/",
            root_path=access.root_path or None,
            footer_links=[],
            run_history=False,
            allowed_paths=[],
            show_error=False,
            max_file_size=1,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            theme=Theme(),
            favicon_path=Path(__file__).parent / "favicon.svg",
        )
        page = guarded.routes[-1].app  # type: ignore[attr-defined]
        page.get_blocks().app = page
        for each in (guarded, page):
            answer_faults(each, nothing_here=lambda home: render("nothing_here.html", home=home))
        # From the inside out.
        app.add_middleware(Events, blocks=page.get_blocks())
        app.add_middleware(Turns, has_own=has_own_turns)
        app.add_middleware(BodyLimit, limit_of=body_limit)
        app.add_middleware(Head, html=head)
        app.add_middleware(Guard, access=access)
        return guarded

    return _in_a_loop(mounted)


def _in_a_loop(make: Callable[[], FastAPI]) -> FastAPI:
    """Call a function while an event loop runs: without, Gradio leaves one open for each lock."""

    async def made() -> FastAPI:
        return make()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(made())
    return make()


def body_limit(scope: Scope) -> int | None:
    """Return the most bytes that a request may have; None for an upload, which has its own."""
    from qa.api.app import limit_of
    from qa.web.routes import UPLOAD

    path = path_of(scope)
    return None if path == UPLOAD else limit_of(path, Headers(scope=scope))


def has_own_turns(scope: Scope) -> bool:
    """Return whether a request waits for its turn where it is answered: in a pool, or to upload."""
    from qa.web.routes import UPLOAD

    path = path_of(scope)
    return path == UPLOAD or path.startswith(("/api/", "/document/", "/mcp"))


def _tools(served: Served, access: Access) -> Endpoint:
    from qa.mcp.http import Endpoint
    from qa.mcp.source import Source, in_words

    def source_of(visitor: Visitor) -> Source:
        holdings = served.seen_by(visitor)
        return Source(
            lambda: holdings.now.qa,
            lambda: in_words(
                holdings.live.state, for_owner=access.for_owner, places=holdings.places
            ),
            for_owner=access.for_owner,
            seen_by=lambda scope: source_of(visitor_of(scope)),
        )

    return Endpoint(source_of(Visitor()), served.pool, is_local=access.is_private)
