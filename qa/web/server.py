"""Serve the page on this machine."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.routing import Mount, Route
from starlette.types import Scope

from qa.access import METRICS, Access, Events, Guard, Users, Visitor, visitor_of
from qa.access.connections import BACKLOG, SELDOM, Connection, allowed_connections
from qa.access.traffic import Log, Traffic
from qa.errors import AccessError, QAError
from qa.web.front import Front, Head

if TYPE_CHECKING:
    from qa.access.metrics import Metrics
    from qa.collections import Corpus, Served
    from qa.mcp.http import Endpoint

HOST = "127.0.0.1"
PORT = 7860
# How long to wait for threads when the server ends.
END_S = 10.0
# How long answers that are under way may take then; and no request for so long is calm.
GRACE_S, CALM_S, LOOK_S = 30.0, 0.5, 0.1
# After the grace, what is still connected is left alone for so long, and then disconnected.
LEAVE_S, CANCEL_S = 4.0, 5
# Longer than a reverse proxy (nginx: 60 s) or a client keeps a connection for its next request: one
# that is closed here while that is on its way fails, and a POST is not sent again.
KEEP_ALIVE_S = 75


def serve(
    folder: str | Path | Mapping[str, Path],
    index: str | Path,
    host: str = HOST,
    port: int = PORT,
    strict: float | None = None,
    *,
    watching: bool = True,
    editable: bool | None = None,
    mcp: bool = False,
    access: Access | None = None,
    is_open: bool = False,
    log: Log | None = None,
    with_metrics: bool = False,
    readers: Mapping[str, frozenset[str]] = MappingProxyType({}),
    store: str = "",
    quick: bool = False,
) -> None:
    """Serve the page until interrupted, and keep the index up to date with the folder.

    ``folder`` may be several by the names of the collections that they are; each has its index in
    a folder of its name below ``index``, and ``readers`` are the users who may read one, where
    not everybody may: see :mod:`qa.collections.options`. With the address of a ``store`` the index
    there is served, which others build, and ``folder`` does not count: several servers may do so,
    and answer alike. ``index`` is then where votes and users are.

    The page is there while the index is built. ``strict`` is the first position of its slider:
    see :meth:`~qa.pipeline.QA.threshold_for`. Without ``watching`` the index is built on request
    alone. ``editable`` is whether visitors may upload, delete and rename documents, None for only
    those at this machine or logged in. ``mcp`` is whether assistants may ask at ``/mcp``.
    ``access`` says under which names the page is served and who may see it, by default the users
    of the index, if it has any; without users, ``is_open`` must say so where others can reach the
    page. ``log`` is told of every request and answer; ``with_metrics`` has numbers for Prometheus
    at ``/metrics``. ``quick`` leaves out the second look at the answers. Raises
    :class:`~qa.errors.QAError` when the address is not available, and for a folder that
    cannot be served.
    """
    if mcp:
        from qa.mcp import need_mcp

        need_mcp()
    index = Path(index)
    folders = {"": Path(folder)} if isinstance(folder, str | Path) else dict(folder)
    access = access or access_of(index, host=host)
    metrics = _metrics() if with_metrics else None
    check_access(access, is_open=is_open)
    command = ["qa", "serve"]
    if store:
        command, folders = [*command, "--store", store], {}
    for name, each in folders.items():
        command += ["--collection", f"{name}={each}"] if name else [str(each)]
    command += ["--index", str(index)]
    if strict is not None:
        command += ["--strict", str(strict)]
    if quick:
        command.append("--quick")
    if is_open:
        command.append("--open")
    with listen(host, port, command) as listener:  # first: a taken port is reported at once
        from qa.builder import check_folder

        for name, each in folders.items():
            check_folder(each, index / name)
        corpora: list[Corpus] = []

        def load() -> FastAPI:
            from qa.collections import served_of
            from qa.web.opened import opened_corpora

            is_known = access.for_owner or access.users is not None
            watchers = [each.prediction for each in (log, metrics) if each is not None]
            found, networks = opened_corpora(
                folders,
                index,
                strict=strict,
                watching=watching,
                editable=is_known if editable is None else editable,
                watchers=watchers,
                store=store,
                quick=quick,
            )
            corpora.extend(found.values())
            for corpus in corpora:
                corpus.live.start()
            served = served_of(found, networks, readers=readers, access=access, watchers=watchers)
            return create_app(served, access=access, mcp=mcp, metrics=metrics)

        url = f"http://{_written(host)}:{listener.getsockname()[1]}{access.root_path}"

        def on_start() -> None:
            from qa.web.render import prepare

            _say(f"Verbatim is running at {url} (press Ctrl+C to stop)")
            threading.Thread(target=prepare, name="prepare", daemon=True).start()

        def on_end() -> None:
            for corpus in corpora:
                corpus.pool.stop(0)

        server = Server(
            load, access=access, on_start=on_start, on_end=on_end, log=log, metrics=metrics
        )
        if is_open:
            _say("Anyone who can reach this address can read the documents: there is no password.")
        with suppress(KeyboardInterrupt):  # before the server listens to signals, or after
            server.run(sockets=[listener])
        patience_s = 0 if server.force_exit else END_S
        have_ended = [corpus.close(patience_s) for corpus in corpora]
        if server.front.error is not None:
            raise server.front.error
        if not (server.front.join(0) and all(have_ended)):
            # Native code, of libraries that are being loaded or of a question, would abort the
            # interpreter as that ends below it. An unfinished build is resumed; children end too.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)


def access_of(index: Path, *, host: str = HOST) -> Access:
    """Return who may reach a page over an index: with users, only they."""
    users = Users.beside(index)
    return Access(host, users=users if users.exist else None)


def check_access(access: Access, *, is_open: bool = False) -> None:
    """Raise :class:`~qa.errors.AccessError` where others could read the documents unintended."""
    if access.users is not None:
        if is_open:
            raise AccessError(
                "there are users, so the page cannot be open to everyone",
                f"leave out --open, or move {access.users.path} away",
            )
        access.users.all()  # a file that cannot be used is reported at once
    elif not access.is_private and not is_open:
        raise AccessError(
            "anyone who can reach this address could read the documents",
            "add a user with `qa user add NAME`, who then logs in, or add --open",
        )


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
        for each in (guarded, page):
            answer_faults(each, nothing_here=lambda home: render("nothing_here.html", home=home))
        # From the inside out.
        app.add_middleware(Events, blocks=page.get_blocks())
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


def _metrics() -> Metrics:
    from qa.access.metrics import Metrics

    return Metrics()


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


def body_limit(scope: Scope) -> int | None:
    """Return the most bytes that a request may have; None for an upload, which has its own."""
    from qa.api.app import limit_of
    from qa.web.routes import UPLOAD

    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return None if path == UPLOAD else limit_of(path, Headers(scope=scope))


def listen(host: str, port: int, command: Sequence[str] = ("qa", "serve")) -> socket.socket:
    """Return a listening socket; the error names a command that serves at another address."""
    try:
        return _listener(host, port)
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None)  # None for a port that is out of range
        problem, other = f"port {port} of {host} is not available ({error})", ["--host", host]
        if number == errno.EADDRINUSE:
            problem, other = f"port {port} is taken", [] if host == HOST else other
        if number in (errno.EADDRINUSE, errno.EACCES, None):
            free = _free_port(host, port + 1)
        else:
            free, other = _free_port(HOST, port), ["--host", HOST]
        remedy = shlex.join([*command, *other, "--port", str(free)])
        raise QAError(problem, f"try `{remedy}`") from error


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The event loop sends an answer's parts at once only where it is told that this is TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Not on Windows, where it would let two servers share a port.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
        listener.listen()
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener


def _free_port(host: str, wanted: int) -> int:
    """Return the port wanted if it is free, else the usual one, else any free port."""
    for port in (wanted, PORT, 0):
        with suppress(OSError, OverflowError), _listener(host, port) as listener:
            found: int = listener.getsockname()[1]
            return found
    return PORT


class Server(uvicorn.Server):
    """A server that answers while the page is loaded, and stops although pages are open.

    Each open page keeps a stream that Gradio closes only on its stop event.
    """

    def __init__(
        self,
        load: Callable[[], FastAPI],
        *,
        access: Access | None = None,
        on_start: Callable[[], None] = lambda: None,
        on_end: Callable[[], None] = lambda: None,
        log: Log | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._on_end = on_end
        self.front = Front(load, on_start=on_start, on_error=self.stop)
        guard = Guard(self.front, access=access or Access())
        self.traffic = Traffic(guard, log=log, metrics=metrics)
        super().__init__(
            uvicorn.Config(
                self.traffic,
                http=Connection,
                ws="none",
                backlog=BACKLOG,
                log_level="warning",
                timeout_graceful_shutdown=CANCEL_S,
                timeout_keep_alive=KEEP_ALIVE_S,
                proxy_headers=False,  # uvicorn would take anybody's word on this machine
                server_header=False,
            )
        )
        Connection.allowed = allowed_connections()
        for name in ("asyncio", "uvicorn.error", "mcp.server.streamable_http"):
            logging.getLogger(name).addFilter(SELDOM)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop on a signal; when asked to terminate, once what is under way has ended.

        Any other signal, or a second one, stops without waiting for that; one more waits for
        nothing. None is raised again once the server has ended, as uvicorn does: there is more
        to end.
        """
        if sig == signal.SIGTERM and not self.traffic.is_closing:
            self.traffic.is_closing = True
            threading.Thread(target=self._drain, name="drain", daemon=True).start()
            return
        self.force_exit = self.should_exit
        self.traffic.is_closing = True
        self.stop()

    def _drain(self) -> None:
        end = time.monotonic() + GRACE_S
        calm = 0
        # A page asks, and then listens for the answer: between the two nothing is under way.
        while calm < CALM_S / LOOK_S and time.monotonic() < end and not self.should_exit:
            calm = 0 if self.traffic.under_way else calm + 1
            time.sleep(LOOK_S)
        self.stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what is answered be finished, refuse what waits, and leave who stays connected."""
        self._on_end()
        asyncio.get_running_loop().call_later(LEAVE_S, self._disconnect)
        await super().shutdown(sockets)

    def _disconnect(self) -> None:
        """Tell requests that nobody waits for them: they end, while one cancelled would fail."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def stop(self) -> None:
        """Finish the requests in progress, then return from ``run``."""
        self.should_exit = True
        if self.front.page is None:
            return
        from gradio.routes import App

        for route in self.front.page.routes:
            if isinstance(route, Mount) and isinstance(route.app, App):
                route.app.stop_event.set()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
