"""Numbers for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from qa.types import Prediction

# Seconds: an answer takes some tenths of one, in a queue more.
BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")


class Metrics:
    """Counts requests and answers; none of its labels is a visitor's own word."""

    def __init__(self) -> None:
        from prometheus_client import (
            CollectorRegistry,
            Counter,
            GCCollector,
            Histogram,
            ProcessCollector,
        )

        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        self._requests = Counter(
            "verbatim_requests",
            "Requests by method and status.",
            ["method", "status"],
            registry=registry,
        )
        self._request_s = Histogram(
            "verbatim_request_seconds", "Duration of requests.", buckets=BUCKETS, registry=registry
        )
        self._questions = Counter(
            "verbatim_questions",
            "Questions that were answered, by verdict.",
            ["verdict"],
            registry=registry,
        )
        self._answer_s = Histogram(
            "verbatim_answer_seconds",
            "Time to answer a question, without waiting.",
            buckets=BUCKETS,
            registry=registry,
        )

    def request(self, method: str, status: int, seconds: float) -> None:
        """Count a request; streams last as long as the page listens."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, str(status)).inc()
        self._request_s.observe(seconds)

    def prediction(self, prediction: Prediction) -> None:
        """Count an answered question."""
        self._questions.labels(prediction.verdict).inc()
        self._answer_s.observe(prediction.timings_ms.get("total", 0.0) / 1000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with every number, in the text format of Prometheus."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        headers = {"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"}
        await Response(generate_latest(self._registry), headers=headers)(scope, receive, send)
