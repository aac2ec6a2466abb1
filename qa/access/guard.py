"""The one guard in front of every route."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.access.login import LOGIN, LOGOUT, Login, cookies
from qa.access.origin import (
    Access,
    below_root,
    hostname,
    is_direct,
    is_same_origin,
    path_of,
    without_proxy,
)
from qa.access.refusals import busy, refused
from qa.access.turns import Places
from qa.access.users import Users
from qa.access.visitor import KEY, SAFE, SEEN, Visitor, network_of
from qa.errors import AGAIN_S, AccessError, Busy

# With it, the browser refuses to load anything from elsewhere, or to frame the page.
# Gradio's own code needs inline scripts and eval.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "object-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'self'"
)
# What the page does not use of Gradio's: it neither takes files nor serves any, runs no function
# of a component, and streams, records and measures nothing.
CLOSED = (
    *(
        "/gradio_api/upload",
        "/gradio_api/file",
        "/gradio_api/proxy",
        "/gradio_api/deep_link",
        "/gradio_api/call/v2",
    ),
    *("/gradio_api/component_server", "/gradio_api/custom_component", "/gradio_api/stream"),
    *("/gradio_api/process_recording", "/gradio_api/vibe-", "/gradio_api/undo-vibe"),
    *("/gradio_api/dev/", "/gradio_api/token", "/gradio_api/run-history", "/gradio_api/profiling"),
    *("/monitoring", "/pwa_icon"),
)
# Below it, a path is the name of a document; elsewhere Gradio makes it one of a file.
NAMES = "/api/"
MAX_PART = 255  # bytes of a name in a file system
# Answered without a login. The icon is that of the login page.
PUBLIC = ("/api/health", "/api/health/ready", "/favicon.ico")
# Without users, it is answered to this machine alone.
METRICS = "/metrics"
# What a browser may keep: the same for everyone, and nothing of the documents.
STATIC = ("/assets/", "/static/", "/theme.css", "/favicon.ico")
BEARER = "bearer "
NO_PAGE = refused(404, "there is no such page", "")
# Users are looked up in so many threads: the file of users may be slow, or locked. Those of each
# address wait in turn, or a stranger with a thousand wrong tokens would keep everybody waiting.
CHECKS, WAITING = 4, 1_000
# An answer in parts is looked after once in so long.
CHECK_S = 1.0
STRANGER = ("nobody is logged in", "log in, or send a valid token")


class Guard:
    """ASGI middleware that refuses everything but what a visitor may ask.

    A website can make a visitor's browser post to this machine, or point its own name here (DNS
    rebinding). So the page answers only under names that are its own, and a request that names an
    origin must come from the page's own. With users, it also must have the cookie of a session or
    a token, and a role that allows it. The guard knows no list of what is closed to strangers: all
    is, but for the login page, its icon and the health.
    """

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        self._app, self._access = app, access
        self._login = Login(access.users, root_path=access.root_path) if access.users else None
        self._checks = ThreadPoolExecutor(CHECKS, thread_name_prefix="users")
        self._places = Places(CHECKS, WAITING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan" or KEY in scope:  # another guard has let it in
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            is_near = is_direct(scope)
            scope = below_root(without_proxy(scope, self._access.proxies), self._access.root_path)
            app, visitor = await self._route(scope, is_near=is_near)
            if (seen := scope.get(SEEN)) is not None:
                seen["client"] = (scope.get("client") or ("",))[0]
                seen.update({"user": visitor.name} if visitor and visitor.name else {})
            if visitor is not None and visitor.name:
                watch = _Watch(scope, receive, send, self._identify)
                receive, send = watch.receive, watch.send
            await app({**scope, KEY: visitor or Visitor()}, receive, _with_policy(send, scope))
        else:  # Gradio uses no web socket
            await send({"type": "websocket.close", "code": 1008})

    async def _identify(self, scope: Scope) -> Visitor | None:
        """Return who sent a request; without users, nobody is known."""
        if self._access.users is None:
            return None
        if not await self._places.take(network_of((scope.get("client") or ("",))[0])):
            raise self._places.full()
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._checks, identify, scope, self._access.users)
        finally:
            self._places.leave()

    async def _route(self, scope: Scope, *, is_near: bool) -> tuple[ASGIApp, Visitor | None]:
        """Return what answers a request, and who sent it if that is known."""
        headers, path, method = Headers(scope=scope), path_of(scope), scope["method"]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._access.knows(hostname(hosts[0])):
            return refused(
                403, "this page is not served under that name", "give the name with --allow-host"
            ), None
        if not is_same_origin(scope, headers) or path.startswith(CLOSED):
            return refused(403, "this request does not come from the page", ""), None
        if path == "" and self._access.root_path:
            return RedirectResponse(f"{self._access.root_path}/"), None
        if self._access.users is None or self._login is None:
            if path == METRICS and not is_near:
                return refused(403, "these numbers are for this machine", ""), None
            return self._app if _is_plain(path) else NO_PAGE, Visitor(may_edit=True)
        if path in PUBLIC and method in SAFE:
            return self._app, None
        if path == LOGIN:
            return self._login.answer, None
        try:
            visitor = await self._identify(scope)
        except Busy as error:
            return busy(error), None
        except AccessError:  # said to whoever serves the page, when it starts
            again = {"retry-after": str(AGAIN_S)}
            problem, remedy = "nobody can log in at the moment", "ask whoever serves it"
            return refused(503, problem, remedy, again), None
        return self._for(self._login, visitor, scope, headers, path)

    def _for(
        self, login: Login, visitor: Visitor | None, scope: Scope, headers: Headers, path: str
    ) -> tuple[ASGIApp, Visitor | None]:
        method = scope["method"]
        if visitor is None:
            is_page = method in ("GET", "HEAD") and "text/html" in headers.get("accept", "")
            if is_page and "authorization" not in headers:
                return login.redirect(scope), None
            response = refused(401, *STRANGER)
            response.headers["www-authenticate"] = "Bearer"
            return response, None
        has_token = "authorization" in headers
        if method not in SAFE and not has_token and "origin" not in headers:
            # A browser names the origin of all that it posts.
            return refused(403, "this request does not name its origin", "send a token"), None
        if path == LOGOUT:
            return login.end, None
        if not visitor.may_send(method, path):
            return refused(
                403, f"{visitor.name} may read, not change", "ask whoever serves the page"
            ), None
        return self._app if _is_plain(path) else NO_PAGE, visitor


def identify(scope: Scope, users: Users) -> Visitor | None:
    """Return who sent a request, by its token if it has one, else by its cookies."""
    headers = Headers(scope=scope)
    if given := headers.getlist("authorization"):
        is_token = len(given) == 1 and given[0][: len(BEARER)].lower() == BEARER
        user = users.tokens.user(given[0][len(BEARER) :].strip()) if is_token else None
    else:
        user = users.sessions.user(cookies(scope))
    return None if user is None else Visitor(user.name, may_edit=user.role == "edits")


class _Watch:
    """Ends an answer, or an upload, whose sender is no longer allowed it.

    The sender was allowed the request when this is made. They are looked up again when its answer
    begins, and then at most each ``CHECK_S``.
    """

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        identify: Callable[[Scope], Awaitable[Visitor | None]],
    ) -> None:
        self._scope, self._receive, self._send, self._identify = scope, receive, send, identify
        self._checked = time.monotonic()
        self._ended = False

    async def receive(self) -> Message:
        """Return the next part of the request; that the visitor has gone, if they may not be in."""
        message = await self._receive()
        is_part = message["type"] == "http.request" and message.get("more_body")
        if is_part and not await self._may():
            self._ended = True
        return {"type": "http.disconnect"} if self._ended else message

    async def send(self, message: Message) -> None:
        """Send the next part of the answer, or its end."""
        if self._ended:
            return
        is_start = message["type"] == "http.response.start"
        if not await self._may(at_once=is_start):
            self._ended = True
            if is_start:
                await refused(401, *STRANGER)(self._scope, self._receive, self._send)
            else:
                await self._send({"type": "http.response.body", "more_body": False})
            return
        await self._send(message)

    async def _may(self, *, at_once: bool = False) -> bool:
        now = time.monotonic()
        if now - self._checked < CHECK_S and not at_once:
            return True
        self._checked = now
        try:
            return await self._identify(self._scope) is not None
        except (AccessError, Busy):
            return False


def _is_plain(path: str) -> bool:
    """Return whether a path can be that of a file; Gradio fails on one that cannot."""
    if path.startswith(NAMES):
        return True
    parts = path.encode("utf-8", "replace").split(b"/")
    return path.isprintable() and max(map(len, parts)) <= MAX_PART


def _with_policy(send: Send, scope: Scope) -> Send:
    path = path_of(scope)

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("content-security-policy", POLICY)
            headers.setdefault("referrer-policy", "no-referrer")
            headers["x-content-type-options"] = "nosniff"
            headers["cross-origin-opener-policy"] = "same-origin"
            headers["cross-origin-resource-policy"] = "same-origin"
            if not path.startswith(STATIC):
                headers.setdefault("cache-control", "no-store")
        await send(message)

    return wrapped
