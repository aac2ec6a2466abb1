"""Watches the requests from outside the guard: counts, logs and measures them."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.access.refusals import busy
from qa.access.visitor import SEEN
from qa.errors import Busy

if TYPE_CHECKING:
    from qa.access.metrics import Metrics
    from qa.types import Prediction

# Open as long as a page is: nobody waits for its end.
HEARTBEAT = "/gradio_api/heartbeat"
READY = "/api/health/ready"
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
CLOSING = Busy("the server is closing", retry_after_s=10)


class Log:
    """Writes one JSON object a line, by default to stderr.

    What was asked is left out unless ``with_questions``, and so is the query of an address, which
    can contain it.
    """

    def __init__(
        self, write: Callable[[str], object] | None = None, *, with_questions: bool = False
    ) -> None:
        self._write, self._with_questions = write or _print, with_questions

    def request(self, fields: dict[str, Any]) -> None:
        """Write what was asked of the server, and what became of it."""
        self._line("request", fields)

    def prediction(self, prediction: Prediction) -> None:
        """Write how a question was answered."""
        fields: dict[str, Any] = {
            "verdict": prediction.verdict,
            "ms": prediction.timings_ms.get("total"),
        }
        if self._with_questions:
            fields["question"] = prediction.question
        self._line("question", fields)

    def _line(self, event: str, fields: dict[str, Any]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        # ASCII: whatever is in a path or a question, it stays on its line and cannot move a cursor.
        self._write(json.dumps({"at": at, "event": event, **fields}))


class Traffic:
    """ASGI middleware around everything; ``log`` and ``metrics`` are told of each request."""

    def __init__(
        self, app: ASGIApp, *, log: Log | None = None, metrics: Metrics | None = None
    ) -> None:
        self._app, self._log, self._metrics = app, log, metrics
        self.under_way = 0
        self.is_closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; while the server is closing, nothing new is begun."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen: dict[str, Any] = {}
        began, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        counts = not scope["path"].endswith("/metrics") and HEARTBEAT not in scope["path"]
        self.under_way += counts
        try:
            is_new = scope["method"] in CHANGING or scope["path"].endswith(READY)
            app = _closing if self.is_closing and is_new else self._app
            await app({**scope, SEEN: seen}, receive, watched)
        except asyncio.CancelledError:  # only a server that ends does so, and it is no defect
            pass
        finally:
            self.under_way -= counts
            seconds = time.perf_counter() - began
            if self._metrics is not None and counts:
                self._metrics.request(scope["method"], status, seconds)
            if self._log is not None:
                fields = {"method": scope["method"], "path": scope["path"], "status": status}
                fields |= {"ms": round(1000 * seconds, 1), **seen}
                self._log.request(fields)


async def _closing(scope: Scope, receive: Receive, send: Send) -> None:
    response = busy(CLOSING, {"connection": "close"})
    await response(scope, receive, send)


def _print(line: str) -> None:
    # In one piece: several threads write, and print would write the end of the line by itself.
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
