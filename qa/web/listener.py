"""The socket that a page is served at."""

from __future__ import annotations

import errno
import shlex
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

from qa.access.origin import HOST
from qa.errors import QAError

PORT = 7860


def listen(host: str, port: int, command: Sequence[str] = ("qa", "serve")) -> socket.socket:
    """Return a listening socket; the error names a command that serves at another address."""
    try:
        return _listener(host, port)
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None)  # None for a port that is out of range
        problem, other = f"port {port} of {host} is not available ({error})", ["--host", host]
        if number == errno.EADDRINUSE:
            problem, other = f"port {port} is taken", [] if host == HOST else other
        if number in (errno.EADDRINUSE, errno.EACCES, None):
            free = _free_port(host, port + 1)
        else:
            free, other = _free_port(HOST, port), ["--host", HOST]
        remedy = shlex.join([*command, *other, "--port", str(free)])
        raise QAError(problem, f"try `{remedy}`") from error


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The event loop sends an answer's parts at once only where it is told that this is TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Not on Windows, where it would let two servers share a port.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
        listener.listen()
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener


def _free_port(host: str, wanted: int) -> int:
    """Return the port wanted if it is free, else the usual one, else any free port."""
    for port in (wanted, PORT, 0):
        with suppress(OSError, OverflowError), _listener(host, port) as listener:
            found: int = listener.getsockname()[1]
            return found
    return PORT


def written(host: str) -> str:
    """Return a host as it is written in an address."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
