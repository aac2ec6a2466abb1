"""What the commands of training share: one line for an error, and counts that are checked."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from qa.errors import QAError


def run(main: Callable[[], None]) -> None:
    """Run a command; an error of Verbatim ends it in one line, without a traceback."""
    try:
        main()
    except QAError as error:
        sys.exit(f"error: {error}")


def at_least_one(text: str) -> int:
    """Return a whole number of 1 or more; argparse prints the error for anything else."""
    if text.isdecimal() and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a whole number of 1 or more")
