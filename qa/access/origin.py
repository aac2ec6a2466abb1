"""Where a request comes from: its host, its origin, and what a proxy says of it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from qa.access.users import Users
from qa.errors import AccessError

# Where a page is served unless told otherwise: to this machine alone.
HOST = "127.0.0.1"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Gradio would take the page's own address from the last.
FROM_PROXIES = (b"forwarded", b"x-forwarded-", b"x-real-ip", b"x-gradio-server")


@dataclass(frozen=True, slots=True)
class Access:
    """Who may reach the page, and under which names.

    ``host`` is the address that it is bound to, ``hosts`` are further names that it has.
    ``proxies`` are those whose word on the visitor is taken. ``root_path`` is where a proxy puts
    the page, as "/docs", empty for the top. Without ``users`` nobody has to log in.
    """

    host: str = HOST
    hosts: tuple[str, ...] = ()
    proxies: tuple[Network, ...] = ()
    root_path: str = ""
    users: Users | None = None

    @classmethod
    def of(
        cls,
        host: str,
        *,
        hosts: Iterable[str] = (),
        proxies: Iterable[str] = (),
        root_path: str = "",
        users: Users | None = None,
    ) -> Access:
        """Read what is written on a command line; raises AccessError where it makes no sense."""
        names = tuple(name.lower().rstrip(".") for name in hosts)
        for name in names:
            if not re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]{0,250}[a-z0-9])?", name):
                raise AccessError(
                    f"{name} is not the name of a host", "give one such as docs.example.org"
                )
        path = f"/{root_path.strip('/')}" if root_path.strip("/") else ""
        if not re.fullmatch(r"(/[\w.~-]+)*", path, re.ASCII) or {".", ".."} & set(path.split("/")):
            raise AccessError(f"{root_path} is not a path", "give one such as /docs")
        return cls(host, names, networks(proxies), path, users)

    @classmethod
    def beside(cls, index: Path, *, host: str = HOST) -> Access:
        """Return who may reach a page over an index: with users, only they."""
        users = Users.beside(index)
        return cls(host, users=users if users.exist else None)

    def check(self, *, is_open: bool = False) -> None:
        """Raise :class:`~qa.errors.AccessError` where others could read the documents unintended.

        ``is_open`` is whether everyone may.
        """
        if self.users is not None:
            if is_open:
                raise AccessError(
                    "there are users, so the page cannot be open to everyone",
                    f"leave out --open, or move {self.users.path} away",
                )
            self.users.all()  # a file that cannot be used is reported at once
        elif not self.is_private and not is_open:
            raise AccessError(
                "anyone who can reach this address could read the documents",
                "add a user with `qa user add NAME`, who then logs in, or add --open",
            )

    @property
    def is_private(self) -> bool:
        """Whether only this machine reaches the page: nothing else leads to it."""
        return is_loopback(self.host) and not (self.hosts or self.proxies or self.root_path)

    @property
    def for_owner(self) -> bool:
        """Whether every visitor sits at this machine, as its owner does."""
        return self.is_private and self.users is None

    def knows(self, host: str) -> bool:
        """Return whether the page may be asked under a host, given without a port.

        A name in somebody else's hands can be pointed at this machine (DNS rebinding); an address
        cannot, and neither can the names that were given for it.
        """
        if is_loopback(host) or host.lower() in self.hosts:
            return True
        if is_loopback(self.host):
            return False
        return _is_address(host) or host.lower() == self.host.lower()


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is loopback."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def networks(given: Iterable[str]) -> tuple[Network, ...]:
    """Return addresses and networks, as "10.0.0.7" or "172.16.0.0/12"."""
    found = []
    for each in given:
        try:
            found.append(ipaddress.ip_network(each))
        except ValueError as error:
            raise AccessError(
                f"{each} is neither an address nor a network ({error})",
                "give one such as 127.0.0.1 or 172.16.0.0/12",
            ) from error
    return tuple(found)


def hostname(host: str) -> str:
    """Return the host of a Host header without its port, empty if it is not one."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    is_bare = parts.netloc == host and "@" not in host
    return (parts.hostname or "") if is_bare else ""


def without_proxy(scope: Scope, proxies: tuple[Network, ...]) -> Scope:
    """Return the scope as the visitor sent it, without the headers of proxies.

    Their word is taken if the request comes from one of ``proxies``, and the last word where
    several have spoken: the first can be the visitor's own.
    """
    headers = [pair for pair in scope["headers"] if not pair[0].startswith(FROM_PROXIES)]
    changed = {**scope, "headers": headers}
    peer = (scope.get("client") or ("", 0))[0]
    if not _is_in(peer, proxies):
        return changed
    said = Headers(scope=scope)
    for address in reversed(_listed(said, "x-forwarded-for")):
        if not _is_address(address):
            break
        changed["client"] = (address.strip("[]"), 0)
        if not _is_in(address, proxies):
            break
    if (scheme := _last(said, "x-forwarded-proto").lower()) in ("http", "https"):
        changed["scheme"] = scheme
    if host := _last(said, "x-forwarded-host"):
        kept = [pair for pair in headers if pair[0] != b"host"]
        changed["headers"] = [*kept, (b"host", host.encode("latin-1"))]
    return changed


def below_root(scope: Scope, root_path: str) -> Scope:
    """Return the scope with its path below ``root_path``, which a proxy may have taken off."""
    path = scope["path"]
    if not root_path:
        return scope
    if path != root_path and not path.startswith(f"{root_path}/"):
        path = f"{root_path}{path}"
    return {**scope, "path": path, "raw_path": path.encode(), "root_path": root_path}


def path_of(scope: Scope) -> str:
    """Return the path of a request below where the page begins."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def is_direct(scope: Scope) -> bool:
    """Return whether a request comes from this machine, and from no proxy on it that says so."""
    by_proxy = any(name.startswith((*FROM_PROXIES, b"via")) for name, _ in scope["headers"])
    return is_loopback((scope.get("client") or ("",))[0]) and not by_proxy


def is_same_origin(scope: Scope, headers: Headers) -> bool:
    """Return whether the origin that a request names, if any, is the page's own.

    Where a proxy speaks HTTPS and nobody trusts what it says, the scheme is unknown.
    """
    schemes = ("https",) if scope["scheme"] == "https" else ("http", "https")
    own = [f"{scheme}://{headers['host']}".lower() for scheme in schemes]
    return all(origin.lower() in own for origin in headers.getlist("origin"))


def _listed(headers: Headers, name: str) -> list[str]:
    return [part.strip() for part in ",".join(headers.getlist(name)).split(",") if part.strip()]


def _last(headers: Headers, name: str) -> str:
    return (_listed(headers, name) or [""])[-1]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _is_in(address: str, several: tuple[Network, ...]) -> bool:
    try:
        given = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(given, "ipv4_mapped", None) or given
    return any(mapped in network for network in several)
