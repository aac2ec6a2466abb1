"""What a browser is told before any script runs."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.access import path_of

_END = b"</head>"


class Head:
    """ASGI middleware that puts HTML at the end of the head of the page at ``/``.

    What Gradio is given for the head comes there by script: too late for a browser without any.
    ``html`` returns it for the scope of a request.
    """

    def __init__(self, app: ASGIApp, html: Callable[[Scope], str]) -> None:
        self._app, self._html = app, html

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; of the page, change the answer."""
        if scope["type"] != "http" or scope["method"] != "GET" or path_of(scope) not in ("", "/"):
            await self._app(scope, receive, send)
            return
        # Compressed, it could not be read.
        headers = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
        begun: list[Message] = []
        body = b""

        async def changed(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            start = begun.pop()
            whole = body.replace(_END, self._html(scope).encode() + _END, 1)
            kept = [each for each in start["headers"] if each[0] != b"content-length"]
            length = (b"content-length", str(len(whole)).encode())
            await send({**start, "headers": [*kept, length]})
            await send({"type": "http.response.body", "body": whole})

        await self._app({**scope, "headers": headers}, receive, changed)
