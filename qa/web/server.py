"""Serve the page on this machine."""

from __future__ import annotations

import socket
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import QAError
from qa.web.guard import Guard, is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from qa.web.corpus import Corpus

HOST = "127.0.0.1"
PORT = 7860


def serve(
    folder: str | Path = "seeds",
    index: str | Path = "index",
    host: str = HOST,
    port: int = PORT,
    open_browser: bool = False,
) -> None:
    """Open the index, building it where needed, and serve the page until interrupted.

    Raises :class:`~qa.errors.QAError` when the address cannot be had.
    """
    with listen(host, port) as listener:  # before the work: a taken port is told at once
        from qa.pipeline import open_or_build
        from qa.web.corpus import Corpus

        _say(f"Opening {index} …")
        qa = open_or_build(folder, index, progress=_progress, on_build=print)
        app = create_app(Corpus(qa, folder=folder, index=index), host=host)
        url = f"http://{_written(host)}:{listener.getsockname()[1]}"
        if not is_loopback(host):
            _say("Anyone who reaches this machine can read the documents: there is no password.")
        _say(f"Verbatim is at {url} (Ctrl+C stops it)")
        if open_browser:
            webbrowser.open(url)
        run(app, listener)


def create_app(corpus: Corpus, *, host: str = HOST) -> ASGIApp:
    """Return the page as a guarded ASGI application."""
    import gradio as gr
    from fastapi import FastAPI

    from qa.web.page import create_page
    from qa.web.theme import Theme

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, host=host)
    # Spelled out, because environment variables could switch each of them on.
    guarded: ASGIApp = gr.mount_gradio_app(
        app,
        create_page(corpus),
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


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there, or say what to do instead."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        # Not on Windows, where it would let two servers share a port.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        other = port + 1 if 0 < port < 65535 else PORT
        raise QAError(
            f"{host}:{port} cannot be served ({error}): try `qa serve --port {other}`"
        ) from error
    return listener


def run(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until interrupted; open pages do not hold it up."""
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])


def _progress(done: int, total: int) -> None:
    if done == total or done % 320 == 0:
        _say(f"Encoding passages: {done:,} of {total:,}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
