"""Many questions, one JSON object a line, from standard input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, TextIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa.api.answers import Share
from qa.errors import QAError
from qa.text import listed

# A longer line is refused without being kept.
MAX_LINE = 1_000_000
_Count = Annotated[int, Field(ge=1)]


class Line(BaseModel):
    """A question, and how it is asked if not as the options of the command say."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: str
    id: Any = None
    only: str | list[str] | None = None
    since: str | None = None
    until: str | None = None
    language: str | None = None
    top_k: _Count | None = None
    threshold: Share | None = None
    strict: Share | None = None
    quick: bool | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The options that it gives."""
        return self.model_dump(exclude_none=True, exclude={"question", "id"})


def answered(
    lines: TextIO, answer: Callable[[str, dict[str, Any]], dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield the result of each line in order, and whether it is one and no error.

    Empty lines are left out. The ``id`` of a line comes back with its result. An error has the
    number of its line, from 1.
    """
    for number, text in _numbered(lines):
        given: dict[str, Any] = {}
        try:
            line = _read(text)
            if line.id is not None:
                given = {"id": line.id}
            result = answer(line.question, line.options)
        except QAError as error:
            problem = {"problem": error.problem, "remedy": error.remedy}
            yield {**given, "line": number, "error": problem}, False
        else:
            yield {**given, **result}, True


def _numbered(lines: TextIO) -> Iterator[tuple[int, str]]:
    number, is_rest = 0, False
    while part := lines.readline(MAX_LINE):
        is_whole = part.endswith("\n") or len(part) < MAX_LINE
        if not is_rest:
            number += 1
            if part.strip("\ufeff \t\r\n"):
                yield number, part if is_whole else ""
        is_rest = not is_whole


def _read(text: str) -> Line:
    remedy = 'write one object a line, as in {"question": "Who signed?"}'
    if not text:
        raise QAError(f"the line has more than {MAX_LINE:,} characters", remedy)
    try:
        line = Line.model_validate_json(text.strip("\ufeff \t\r\n"))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        said = [
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}".removeprefix(": ") for each in found
        ]
        raise QAError(f"the line is not a question ({listed(said)})", remedy) from error
    if line.threshold is not None and line.strict is not None:
        raise QAError("threshold and strict exclude each other", remedy)
    return line
