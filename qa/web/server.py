"""The server of the page: it answers while that is loaded, and ends in order."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from starlette.routing import Mount

from qa.access import Access, Guard
from qa.access.connections import BACKLOG, SELDOM, Connection, allowed_connections
from qa.access.traffic import Log, Traffic
from qa.web.front import Front

if TYPE_CHECKING:
    from qa.access.metrics import Metrics

# How long answers that are under way may take when the server is asked to end; and no request for
# so long is calm.
GRACE_S, CALM_S, LOOK_S = 30.0, 0.5, 0.1
# After the grace, what is still connected is left alone for so long, and then disconnected.
LEAVE_S, CANCEL_S = 4.0, 5
# Longer than a reverse proxy (nginx: 60 s) or a client keeps a connection for its next request: one
# that is closed here while that is on its way fails, and a POST is not sent again.
KEEP_ALIVE_S = 75


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
