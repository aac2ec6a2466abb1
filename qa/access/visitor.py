"""Who sends a request, and which requests a role may send."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Scope

KEY = "verbatim.visitor"
# Whoever watches the requests puts a dictionary there, and the guard writes who was let in.
SEEN = "verbatim.seen"
SAFE = ("GET", "HEAD", "OPTIONS")
# What somebody who only reads may send with any other method, each path with all below it.
# Everything that is not here changes something, and is for those who edit.
ASKING = (
    "/gradio_api/queue/join",
    "/gradio_api/run",
    "/gradio_api/api",
    "/gradio_api/call",
    "/gradio_api/cancel",
    "/gradio_api/reset",
    "/api/ask",
    "/api/search",
    "/api/verify",
    "/mcp",
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whose request the guard let in; ``name`` is empty where nobody logs in."""

    name: str = ""
    may_edit: bool = False

    def may_send(self, method: str, path: str) -> bool:
        """Return whether this visitor's role allows a request."""
        return self.may_edit or method in SAFE or _is_below(path, ASKING)


def visitor_of(scope: Scope) -> Visitor:
    """Return who sent a request; someone without rights if no guard has seen it."""
    visitor = scope.get(KEY)
    return visitor if isinstance(visitor, Visitor) else Visitor()


def turn_of(scope: Mapping[str, Any]) -> str:
    """Return whose turn a request takes: the user's who is logged in, else the network's."""
    visitor = scope.get(KEY)
    if isinstance(visitor, Visitor) and visitor.name:
        return visitor.name
    return network_of((scope.get("client") or ("",))[0])


def network_of(address: str) -> str:
    """Return the address, of IPv6 the network: one visitor has as many addresses as they want."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return address
    if given.version == 6 and given.ipv4_mapped is None:
        return str(ipaddress.ip_network((given, 64), strict=False))
    return str(given)


def _is_below(path: str, above: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in above)
