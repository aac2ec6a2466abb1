"""What reaches the terminal: text whose control characters are written out, and three styles."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO

# What a terminal acts on, what changes the order or the look of what follows, and what is not
# seen: control characters but tab and line feed, controls of direction and format, tags,
# separators of lines, letters without a form.
_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufff9-\ufffb"
    "\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2800\u3164\ufeff\uffa0\U000e0000-\U000e01ef]"
)


class Style(str):
    """A sequence that a terminal acts on; only this module makes them."""


BOLD, DIM, PLAIN = Style("\x1b[1m"), Style("\x1b[2m"), Style("\x1b[0m")


class Screen:
    """A stream to which text goes literally, whatever it contains; the rest is the stream's own.

    Documents, file names and questions may contain sequences that clear the screen, change the
    window's title or worse.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, with an escape for each character that a terminal would act on."""
        self._stream.write(_ACTING.sub(_escape, text))
        return len(text)

    def act(self, sequence: str) -> None:
        """Write a sequence of our own for the terminal to act on."""
        self._stream.write(sequence)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def screened() -> Iterator[None]:
    """Let everything that the block prints go through a :class:`Screen`."""
    out: Any = Screen(sys.stdout)
    error: Any = Screen(sys.stderr)
    with redirect_stdout(out), redirect_stderr(error):
        yield


def is_coloured(stream: Any) -> bool:
    """Return whether styles are wanted: on a terminal that has them, without ``NO_COLOR``."""
    return bool(
        isinstance(stream, Screen)
        and stream.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") not in (None, "", "dumb")
    )


def emit(*parts: str) -> None:
    """Print parts in one line; of these, styles only where they are wanted."""
    stream: Any = sys.stdout
    coloured = is_coloured(stream)
    for part in parts:
        if not isinstance(part, Style):
            stream.write(part)
        elif coloured:
            stream.act(part)
    stream.write("\n")


def rewrite(line: str, *, end: str) -> None:
    """Write a line over the last one on the terminal of stderr."""
    stream: Any = sys.stderr
    stream.act("\r") if isinstance(stream, Screen) else stream.write("\r")
    stream.write(f"{line}{end}")
    stream.flush()


def literal_json(text: str) -> str:
    """Return JSON in which what a terminal acts on is an escape of JSON: the same value."""
    return _ACTING.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
