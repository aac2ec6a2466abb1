"""Refuses requests that do not come from the page itself."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# With it, the browser refuses to load anything from elsewhere, or to frame the page.
# Gradio's own code needs inline scripts and eval.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "object-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'self'"
)
# The page neither takes files nor serves any.
CLOSED = ("/gradio_api/upload", "/gradio_api/file", "/gradio_api/proxy", "/gradio_api/deep_link")


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is loopback."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Guard:
    """ASGI middleware that refuses what another website could send or read.

    A website can make a visitor's browser post to this machine, or point its own
    name here (DNS rebinding). So bound to a loopback address, the page answers
    only under loopback names; and wherever it is bound, a request that names an
    origin must come from the page's own.
    """

    def __init__(self, app: ASGIApp, *, host: str) -> None:
        self._app = app
        self._local = is_loopback(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 403."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and self._allows(Headers(scope=scope), scope["path"]):
            await self._app(scope, receive, _with_policy(send))
        elif scope["type"] == "http":
            response = PlainTextResponse("Refused: this request does not come from the page.", 403)
            await response(scope, receive, send)
        else:  # Gradio uses no web socket
            await send({"type": "websocket.close", "code": 1008})

    def _allows(self, headers: Headers, path: str) -> bool:
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._local and not is_loopback(_hostname(host)):
            return False
        if origin is not None and origin.partition("://")[2] != host:
            return False
        return not path.startswith(CLOSED)


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _with_policy(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["content-security-policy"] = POLICY
            headers["referrer-policy"] = "no-referrer"
            headers["x-content-type-options"] = "nosniff"
        await send(message)

    return wrapped
