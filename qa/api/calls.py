"""Calls in a pool for requests, as long as somebody waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request

from qa.access import turn_of
from qa.api.pool import Pool

T = TypeVar("T")


async def call_for(request: Request, pool: Pool, work: Callable[[], T]) -> T | None:
    """Call when it is the visitor's turn; give up when they leave, and return None.

    The body of the request has been read. Raises :class:`~qa.errors.Busy` if too many wait.
    """
    job = asyncio.ensure_future(pool.call(work, turn_of(request.scope)))
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({job, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return job.result() if job.done() else None
    finally:
        leaving.cancel()
        job.cancel()


async def _left(request: Request) -> None:
    """Wait until the visitor has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
