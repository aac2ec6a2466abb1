"""Memory that is free is given back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Return free memory of this process to the system, where its allocator can (glibc).

    An index is opened in one thread and used in others, and the allocator keeps what each of them
    has freed in a place of its own, for its next use: with every build, the process would be a
    little larger than before.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
