"""Serve the page on this machine."""

from __future__ import annotations

import errno
import shlex
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from starlette.routing import Mount

from qa.errors import QAError
from qa.web.guard import Guard, is_loopback

if TYPE_CHECKING:
    from qa.web.corpus import Corpus

HOST = "127.0.0.1"
PORT = 7860


def serve(
    folder: str | Path,
    index: str | Path,
    host: str = HOST,
    port: int = PORT,
    strict: float | None = None,
) -> None:
    """Open the index, building it where needed, and serve the page until interrupted.

    ``strict`` is the first position of its slider: see :meth:`~qa.pipeline.QA.threshold_for`.
    Raises :class:`~qa.errors.QAError` when the address is not available.
    """
    command = ["qa", "serve", str(folder), "--index", str(index)]
    if strict is not None:
        command += ["--strict", str(strict)]
    with listen(host, port, command) as listener:  # first: a taken port is reported at once
        from qa.pipeline import open_or_build
        from qa.web.corpus import Corpus

        _say(f"Opening {index} …")
        qa = open_or_build(folder, index, progress=_progress, on_build=print)
        if strict is not None:
            qa = qa.with_threshold(qa.threshold_for(strict))
        app = create_app(Corpus(qa, folder=folder, index=index), host=host)
        url = f"http://{_written(host)}:{listener.getsockname()[1]}"
        if not is_loopback(host):
            _say("Anyone who can reach this address can read the documents: there is no password.")
        _say(f"Verbatim is running at {url} (press Ctrl+C to stop)")
        with suppress(KeyboardInterrupt):  # the way to stop it
            Server(app).run(sockets=[listener])


def create_app(corpus: Corpus, *, host: str = HOST) -> FastAPI:
    """Return the page as a guarded ASGI application."""
    import gradio as gr

    from qa.web.page import create_page
    from qa.web.theme import Theme

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, host=host)
    # Explicit, because environment variables can change each of these defaults.
    guarded: FastAPI = gr.mount_gradio_app(
        app,
        create_page(corpus, for_owner=is_loopback(host)),
        path="/",
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
    )
    return guarded


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
    listener = socket.socket(family)
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
    """A server that stops although pages are open.

    Each open page keeps a stream that Gradio closes only on its stop event.
    """

    def __init__(self, app: FastAPI) -> None:
        from gradio.routes import App

        super().__init__(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5))
        mounted = [route.app for route in app.routes if isinstance(route, Mount)]
        self._pages = [page for page in mounted if isinstance(page, App)]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop on a signal."""
        super().handle_exit(sig, frame)
        self.stop()

    def stop(self) -> None:
        """Finish the requests in progress, then return from ``run``."""
        self.should_exit = True
        for page in self._pages:
            page.stop_event.set()


def _progress(stage: str, done: int, total: int) -> None:
    if done == total or done % 320 == 0:
        _say(f"{stage.capitalize()}: {done:,} of {total:,}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
