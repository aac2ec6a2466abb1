"""What commands print: JSON, errors, passages and progress."""

from __future__ import annotations

import json
import sys
import textwrap
import time
from collections.abc import Callable, Mapping

from qa.cli.screen import literal_json, rewrite
from qa.errors import QAError


def print_json(value: Mapping[str, object]) -> None:
    """Print an object as JSON, with the version of Verbatim as its first key."""
    from qa.answers.serialize import versioned

    print(literal_json(json.dumps(versioned(value), ensure_ascii=False, indent=2)))


def print_json_line(value: Mapping[str, object]) -> None:
    """Print an object as one line of JSON, with the version of Verbatim as its first key."""
    from qa.answers.serialize import versioned

    print(literal_json(json.dumps(versioned(value), ensure_ascii=False)))


def print_error(error: QAError) -> None:
    """Print the problem and, on a second line, the remedy; to stderr."""
    print(f"qa: {one_line(error.problem)}", file=sys.stderr)
    if error.remedy:
        print(f"    {one_line(error.remedy)}", file=sys.stderr)


def indented(text: str) -> str:
    """Return a passage as a block of wrapped lines behind a rule."""
    return textwrap.fill(one_line(text), 88, initial_indent="    │ ", subsequent_indent="    │ ")


def counter() -> Callable[[str, int, int], None]:
    """Return a progress callback that rewrites one line, on terminals only."""
    first: int | None = None
    last, began = 0, 0.0

    def show(what: str, done: int, total: int) -> None:
        nonlocal first, last, began
        # The rate is that since the first call: what came before was other work.
        if first is None or done < last:
            first, began = done, time.monotonic()
        last = done
        if sys.stderr.isatty():
            pace = ""
            if done > first:
                rate = (done - first) / max(time.monotonic() - began, 1e-9)
                pace = f" ({rate:,.{int(rate < 10)}f}/s, {(total - done) / rate:,.0f} s left)"
            end = "\n" if done >= total else ""
            rewrite(f"{what} {done:,} of {total:,}{pace}   ", end=end)
            if end:
                first = None

    return show


def one_line(text: str) -> str:
    """Return a text with a space for each stretch of white space."""
    return " ".join(text.split())
