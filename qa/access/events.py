"""What Gradio is told: events of the page, each of the visitor's own session."""

from __future__ import annotations

import json
import secrets
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.access.origin import path_of
from qa.access.refusals import refused
from qa.access.visitor import turn_of, visitor_of
from qa.access.visits import Visits
from qa.text import without_surrogates

ROUTES = "/gradio_api/"
HEARTBEAT, CALL, STREAM = f"{ROUTES}heartbeat/", f"{ROUTES}call/", f"{ROUTES}queue/data"
JOIN = f"{ROUTES}queue/join"
RUNNING = (CALL, f"{ROUTES}run/", f"{ROUTES}api/", JOIN)
SESSION = "session_hash"
# What a browser sends of an event; what else Gradio would take is left out.
FIELDS = {
    SESSION: str,
    "event_id": str,
    "data": list,
    "event_data": dict,
    "fn_index": int,
    "trigger_id": int,
    "simple_format": bool,
}
_UNKNOWN = refused(404, "there is no such event or function", "")
_INVALID = refused(422, "the page sends no such event", "send what /config describes")
# What Gradio itself says, after which it fails and writes a traceback.
_LOST = {"msg": "unexpected_error", "message": "404: Not Found", "session_not_found": True}
_ENDED = Response(
    f"data: {json.dumps(_LOST | {'success': False})}\n\n", media_type="text/event-stream"
)


class Events:
    """ASGI middleware between the guard and Gradio; ``blocks`` are Gradio's own.

    Gradio hands the conversation of a page, and the answers on their way to it, to whoever says
    the session's name, which a browser made up and which logs and proxies write down. So each name
    is put below the visitor's own before Gradio sees it: who says another's is at a page that is
    empty. Events have names that Gradio gives; those of others do not exist.

    At what the page would not send Gradio fails, and writes what it was sent into the log: a
    function that is not there, other data than its function takes, values of other types.

    What one visitor may have of Gradio's queue and sessions is bounded by
    :class:`~qa.access.visits.Visits`.
    """

    def __init__(self, app: ASGIApp, *, blocks: Any) -> None:
        self._app, self._blocks, self._visits = app, blocks, Visits(blocks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on under the visitor's own names."""
        path = "" if scope["type"] != "http" else path_of(scope)
        if not path.startswith(ROUTES):
            await self._app(scope, receive, send)
            return
        own, visitor = f"{visitor_of(scope).name}:", turn_of(scope)
        refusal: Response | None = None
        session: str | None = None
        joining: Any = None
        if scope["method"] == "POST":
            body, receive = await _read(receive)
            if isinstance(body, dict):
                event = {name: body[name] for name in FIELDS if body.get(name) is not None}
                if type(event.get("event_data", {})) is not dict:
                    del event["event_data"]
                function = self._function(event, path)
                refusal = self._refusal(event, path, own, function)
                joining = function if path.startswith((CALL, JOIN)) else None
                event = _named(event, path, own)
                session = event.get(SESSION)
                receive = _given(json.dumps(event).encode(), receive)
        elif path.startswith(CALL):
            name = path.rpartition("/")[2]
            refusal = None if self._is_own(name, own) else _UNKNOWN
            session = self._session(name)
        elif path == STREAM:
            refusal = _ENDED if self._is_over(scope, own) else None
        with ExitStack() as held:
            if refusal is None and joining is not None:
                refusal = held.enter_context(self._visits.joining(joining, visitor))
            if refusal is not None:
                await refusal(scope, receive, send)
                return
            scope = _addressed(scope, path, own)
            if session is None:
                session = _session_of(scope, path)
            if session is not None:
                held.enter_context(self._visits.open(session, visitor))
            await self._app(scope, receive, send)

    def _function(self, event: dict[str, Any], path: str) -> Any:
        """Return Gradio's function that an event is for; None for none."""
        if not path.startswith(RUNNING):
            return None
        functions = self._blocks.fns
        if "fn_index" in event:
            number = event["fn_index"]
            return functions.get(number) if type(number) is int else None
        called = path.rstrip("/").rpartition("/")[2]
        return next((each for each in functions.values() if each.api_name == called), None)

    def _refusal(self, event: dict[str, Any], path: str, own: str, found: Any) -> Response | None:
        if any(type(value) is not FIELDS[name] for name, value in event.items()):
            return _INVALID
        if without_surrogates(event.get(SESSION, "")) != event.get(SESSION, ""):
            return _INVALID  # Gradio fails at the end of each event while it counts one
        name = event.get("event_id", "")
        if self._session(name) and not self._is_own(name, own):
            return _UNKNOWN
        if not path.startswith(RUNNING):
            return None
        if found is None:
            return _UNKNOWN
        shown = sum(not each.skip_api for each in found.inputs)
        counts = {len(found.inputs), shown} if path.startswith(CALL) else {len(found.inputs)}
        return None if len(event.get("data", ())) in counts else _INVALID

    def _is_over(self, scope: Scope, own: str) -> bool:
        session = QueryParams(scope["query_string"]).get(SESSION)
        waiting = self._blocks._queue.pending_messages_per_session
        return session is not None and own + session not in waiting

    def _is_own(self, event: str, own: str) -> bool:
        return self._session(event).startswith(own)

    def _session(self, event: str) -> str:
        """Return the session of an event that is not over, empty if there is none."""
        queue = self._blocks._queue
        if event in queue.event_ids_to_events:
            session: str = queue.event_ids_to_events[event].session_hash
            return session
        waiting = queue.pending_event_ids_session.items()
        return next((session for session, events in waiting if event in events), "")


def _named(event: dict[str, Any], path: str, own: str) -> dict[str, Any]:
    """Return an event of a session that is named below the visitor."""
    named = event.get(SESSION)
    if named is None and path.startswith(CALL):
        named = secrets.token_hex(16)  # or it would have the name of the event
    if path.startswith(RUNNING):
        event = {"event_data": {}, **event}
    return event if named is None else {**event, SESSION: f"{own}{named}"}


def _addressed(scope: Scope, path: str, own: str) -> Scope:
    """Return the scope with the session that its address names below the visitor."""
    if path.startswith(HEARTBEAT):
        above = scope["path"].removesuffix(path)
        path = f"{above}{HEARTBEAT}{own}{path.removeprefix(HEARTBEAT)}"
        scope = {**scope, "path": path, "raw_path": path.encode("utf-8", "replace")}
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if any(name == SESSION for name, _ in pairs):
        renamed = [(name, own + value if name == SESSION else value) for name, value in pairs]
        scope = {**scope, "query_string": urlencode(renamed).encode()}
    return scope


def _session_of(scope: Scope, path: str) -> str | None:
    """Return the session that an address names, as Gradio is told it."""
    if path.startswith(HEARTBEAT):
        return path_of(scope).removeprefix(HEARTBEAT)
    return QueryParams(scope["query_string"]).get(SESSION) if path == STREAM else None


async def _read(receive: Receive) -> tuple[Any, Receive]:
    """Return the JSON of a body, None where it is none, and what gives the body again."""
    body, message = b"", await receive()
    while message["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
        message = await receive()
    else:  # the visitor has left
        return None, _given(b"", receive, first=message)
    try:
        return json.loads(body), _given(body, receive)
    except (ValueError, RecursionError):
        return None, _given(body, receive)


def _given(body: bytes, receive: Receive, *, first: Message | None = None) -> Receive:
    given = [first or {"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return given.pop() if given else await receive()

    return again
