"""The tools over HTTP, beside the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import Receive, Scope, Send

from qa.access.refusals import refused
from qa.api.pool import Pool
from qa.mcp.server import create_server
from qa.mcp.source import Source

PATH = "/mcp"
MAX_BODY = 200_000
ALLOW = {"allow": "POST"}
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Endpoint:
    """ASGI application for one path; it answers while ``lifespan`` is entered.

    No session is kept and no stream: each call is one request with one answer, so that nothing
    grows, and a server that was restarted goes on. ``is_local`` is whether it is bound to a
    loopback address: then it answers under loopback names alone, against DNS rebinding, and
    requests of pages of other origins are refused. Elsewhere that is for what stands before it.
    """

    path = PATH

    def __init__(self, source: Source, pool: Pool, *, is_local: bool) -> None:
        self.source = source
        self._manager = StreamableHTTPSessionManager(
            create_server(source, pool),
            json_response=True,
            stateless=True,
            security_settings=_security() if is_local else None,
            max_request_body_size=MAX_BODY,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a message, or say that there is nothing to listen to."""
        if scope["method"] == "POST":
            await self._manager.handle_request(scope, receive, send)
        else:
            response = refused(405, "nothing is sent without a message", "POST one", ALLOW)
            await response(scope, receive, send)

    @asynccontextmanager
    async def lifespan(self, _: Any) -> AsyncIterator[None]:
        """Answer while the block runs; once, for the manager does not start again."""
        async with self._manager.run():
            yield


def _security() -> TransportSecuritySettings:
    hosts = [each for name in _LOOPBACK for each in (name, f"{name}:*")]
    return TransportSecuritySettings(
        allowed_hosts=hosts, allowed_origins=[f"http://{host}" for host in hosts]
    )
