"""The login page, logging in and logging out."""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from qa.access.attempts import Attempts
from qa.access.credentials import SESSION_S
from qa.access.refusals import refused
from qa.access.users import Users
from qa.errors import AccessError

LOGIN, LOGOUT = "/login", "/logout"
# Cookies of this name cannot be set by another server of the domain, nor without HTTPS.
HOST_ONLY = "__Host-"
# Each check of a password takes 64 MB for a moment.
CHECKS, WAITING = 2, 16
MAX_FORM, SILENCE_S = 8_000, 10.0
# A place in a document, which a browser keeps to itself: the script sends it along.
PLACE = re.compile(r"#\d{1,12}-\d{1,12}")
SCRIPT = "document.forms[0].place.value = location.hash;"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; "
    f"script-src 'sha256-{b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'"
)
_PAGE = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("login.html")


class Login:
    """Answers at ``/login`` and ``/logout``; ``root_path`` is where the page begins."""

    def __init__(
        self, users: Users, *, root_path: str = "", attempts: Attempts | None = None
    ) -> None:
        self._users, self._root = users, root_path
        self._attempts = attempts or Attempts()
        self._checks = ThreadPoolExecutor(CHECKS, thread_name_prefix="login")
        self._waiting = 0

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show the form, or read it."""
        if scope["method"] in ("GET", "HEAD"):
            response = self._form(Request(scope).query_params.get("next", ""))
        elif scope["method"] == "POST":
            response = await self._post(scope, receive)
        else:
            response = _wrong_method("GET, HEAD, POST")
        await response(scope, receive, send)

    async def end(self, scope: Scope, receive: Receive, send: Send) -> None:
        """End the session of a request."""
        if scope["method"] != "POST":
            response = _wrong_method("POST")
        else:
            response = await self._end(scope)
        await response(scope, receive, send)

    async def _end(self, scope: Scope) -> Response:
        loop = asyncio.get_running_loop()
        close = self._users.sessions.close
        try:
            name = await loop.run_in_executor(self._checks, close, cookies(scope))
        except AccessError:
            return self._form("", "Nobody can log out at the moment: try again soon.", 503, wait=2)
        response = RedirectResponse(f"{self._root}{LOGIN}", 303)
        self._set_cookie(response, scope, name, "", 0)
        # What the browser keeps of this user's questions.
        response.headers["clear-site-data"] = '"cache"'
        return response

    def redirect(self, scope: Scope) -> Response:
        """Send a browser to the form, which brings it back."""
        query = scope["query_string"].decode("latin-1")
        path = quote(scope["path"].removeprefix(self._root)) + (f"?{query}" if query else "")
        wanted = f"?{urlencode({'next': path})}" if path != "/" and len(path) < MAX_FORM / 4 else ""
        return RedirectResponse(f"{self._root}{LOGIN}{wanted}", 303)

    async def _post(self, scope: Scope, receive: Receive) -> Response:
        if "origin" not in Headers(scope=scope):
            return self._form("", "The browser does not say where this form comes from.", 403)
        form = await _read(Request(scope, receive))
        if form is None:
            return self._form("", "The form is too long, or broke off.", 413)
        name, password, wanted = (
            form.get("name", ""),
            form.get("password", ""),
            form.get("next", ""),
        )
        address = (scope.get("client") or ("", 0))[0]
        if self._waiting >= WAITING:
            said = "Many are logging in just now: try again soon."
            return self._form(wanted, said, 503, name=name, wait=2)
        if wait := self._attempts.take(name, address):
            minutes = -(-wait // 60)
            said = f"Too many attempts: try again in {minutes} minute{'s' * (minutes > 1)}."
            return self._form(wanted, said, 429, name=name, wait=wait)
        try:
            session = await self._checked(name, password)
        except AccessError:
            said = "Nobody can log in at the moment."
            return self._form(wanted, said, 503, name=name, wait=60)
        if session is None:
            said = "There is no user of this name and password."
            return self._form(wanted, said, 401, name=name)
        self._attempts.forgive(name, address)
        response = RedirectResponse(f"{self._root}{inside(wanted)}{_place(form)}", 303)
        self._set_cookie(response, scope, *session, SESSION_S)
        return response

    def _set_cookie(
        self, response: Response, scope: Scope, name: str, value: str, seconds: int
    ) -> None:
        is_https = scope["scheme"] == "https"
        response.set_cookie(
            f"{HOST_ONLY}{name}" if is_https else name,
            value,
            max_age=seconds,
            # What else is on the host has no use for it; a cookie of the host alone has no path.
            path="/" if is_https else f"{self._root}/",
            httponly=True,
            samesite="lax",  # strict, and a link to an answer would lead to the login page
            # Where a proxy is not trusted, the browser says that it sees HTTPS.
            secure=is_https or Headers(scope=scope).get("origin", "").startswith("https://"),
        )

    async def _checked(self, name: str, password: str) -> tuple[str, str] | None:
        """Return the cookie of a new session, None for no user of this name and password."""

        def check() -> tuple[str, str] | None:
            user = self._users.with_password(name, password)
            return self._users.sessions.open(user) if user else None

        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._checks, check)
        finally:
            self._waiting -= 1

    def _form(
        self, wanted: str, said: str = "", status: int = 200, *, name: str = "", wait: int = 0
    ) -> Response:
        # A password that was mistyped is typed again, the name is not.
        html = _PAGE.render(
            said=said, name=name, wanted=inside(wanted), root=self._root, script=SCRIPT
        )
        headers = {"content-security-policy": POLICY, "cache-control": "no-store"}
        headers["referrer-policy"] = "same-origin"  # without one, a browser names no origin
        if wait:
            headers["retry-after"] = str(wait)
        return HTMLResponse(html, status, headers)


def inside(wanted: str) -> str:
    """Return a path of this page to go on to; "/" for anything that could lead elsewhere."""
    is_path = wanted.startswith("/") and wanted[1:2] not in ("/", "\\")
    is_plain = all("!" <= character <= "~" for character in wanted)
    return wanted if is_path and is_plain and "\\" not in wanted else "/"


def cookies(scope: Scope) -> dict[str, str]:
    """Return the cookies of a request by name, over HTTPS only those that are the host's own."""
    prefix = HOST_ONLY if scope["scheme"] == "https" else ""
    pairs = ";".join(Headers(scope=scope).getlist("cookie")).split(";")
    named = (pair.strip().partition("=") for pair in pairs)
    return {name.removeprefix(prefix): value for name, _, value in named if name.startswith(prefix)}


def _wrong_method(allowed: str) -> Response:
    return refused(405, "there is no such method here", f"send {allowed}", {"allow": allowed})


def _place(form: dict[str, str]) -> str:
    place = form.get("place", "")
    return place if PLACE.fullmatch(place) else ""


async def _read(request: Request) -> dict[str, str] | None:
    """Return the fields of a form; None if it is too long, or does not arrive."""
    body = b""
    try:
        async with asyncio.timeout(SILENCE_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_FORM:
                    return None
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=10)
    except (TimeoutError, ClientDisconnect, ValueError):
        return None
    return {name: values[0] for name, values in fields.items()}
