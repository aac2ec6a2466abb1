"""Numbers of a command line: argparse prints what is wrong with one that does not fit."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def whole(text: str, least: int) -> int:
    """Return a whole number of ``least`` or more."""
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"{text} is no whole number of {least} or more")
    return value


def number(text: str, allowed: Callable[[float], bool], wrong: str) -> float:
    """Return a number that is ``allowed``; of another is said that it is ``wrong``."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not allowed(value):
        raise argparse.ArgumentTypeError(f"{text} is {wrong}")
    return value
