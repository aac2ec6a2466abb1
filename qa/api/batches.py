"""Many questions in one request, as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from starlette.exceptions import HTTPException

from qa.api import operations
from qa.api.bodies import parsed
from qa.api.pool import Pool
from qa.api.problems import for_visitors, problem_of, problem_of_status
from qa.api.requests import Ask
from qa.asking import Askable
from qa.errors import InvalidRequest, QAError

MAX_LINES = 1_000


def lines_of(body: bytes) -> list[bytes]:
    """Return the lines of a batch; raises :class:`~qa.errors.InvalidRequest` if they are many."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    if len(lines) > MAX_LINES:
        raise InvalidRequest(
            f"the batch has {len(lines):,} questions", f"send at most {MAX_LINES:,} at once"
        )
    return lines


async def answers_of(
    lines: Sequence[bytes], qa: Askable, pool: Pool, visitor: str, *, for_owner: bool
) -> AsyncIterator[bytes]:
    """Yield a line for each question, in order; one at a time waits for its turn.

    A batch has one index, whatever is built meanwhile. What goes wrong with a question is its
    line.
    """
    for line in lines:
        yield await _line(line, qa, pool, visitor, for_owner=for_owner)


async def _line(line: bytes, qa: Askable, pool: Pool, visitor: str, *, for_owner: bool) -> bytes:
    try:
        given = parsed(line, Ask)
        values: dict[str, Any] = await pool.call(lambda: operations.ask(qa, given), visitor)
    except HTTPException as error:
        values = problem_of_status(error.status_code, error.detail)
    except QAError as error:
        values = problem_of(error if for_owner else for_visitors(error))
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
