"""What stands for a user in a request: the cookie of a session, or a token."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeSerializer

from qa.access.database import Database
from qa.errors import AccessError

SESSION_S = 7 * 24 * 3600
DAY_S = 24 * 3600
TOKEN = "verbatim_"  # by which scanners for leaked secrets know one


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may log in.

    ``tokens`` is how many tokens their programs have; ``password`` the hash of the one that they
    logged in with.
    """

    name: str
    role: str
    tokens: int = 0
    password: str = field(default="", repr=False, compare=False)


class Sessions:
    """The sessions of users who logged in.

    A cookie has a random key, signed with the secret of the file of users. Only the hash of the
    key is stored, so a copy of the file opens no session.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    def open(self, user: User) -> tuple[str, str] | None:
        """Return the name and the value of a cookie that stands for a user from now on.

        None if the user was removed or got another password meanwhile.
        """
        key, now = secrets.token_urlsafe(32), self._clock()
        with self._database.transaction() as connection:
            secret = _secret(connection)
            connection.execute("DELETE FROM sessions WHERE expires <= ?", [now])
            done = connection.execute(
                "INSERT INTO sessions SELECT ?, name, ? FROM users WHERE name = ? AND password = ?",
                (_hash(key), now + SESSION_S, user.name, user.password),
            )
        return (_cookie(secret), str(_signer(secret).dumps(key))) if done.rowcount else None

    def user(self, cookies: Mapping[str, str]) -> User | None:
        """Return whom the cookies of a request stand for.

        None if the session ended or expired, and for a cookie that was changed or is not from here.
        """
        with self._database.transaction() as connection:
            key = _key(_secret(connection), cookies)
            return _holder(connection, "sessions", key, self._clock()) if key else None

    def close(self, cookies: Mapping[str, str]) -> str:
        """End the session of these cookies, if there is one; return the name of its cookie."""
        with self._database.transaction() as connection:
            secret = _secret(connection)
            if key := _key(secret, cookies):
                connection.execute("DELETE FROM sessions WHERE hash = ?", [_hash(key)])
        return _cookie(secret)


class Tokens:
    """The tokens of users' programs; only their hashes are stored."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    def add(self, name: str, label: str = "", *, days: int | None = None) -> str:
        """Return a new token for a user; without ``days`` it does not expire."""
        token = f"{TOKEN}{secrets.token_urlsafe(32)}"
        expires = None if days is None else self._clock() + days * DAY_S
        created = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.transaction() as connection:
            require(connection, name)
            row = (_hash(token), name, label, created, expires)
            connection.execute("INSERT INTO tokens VALUES (?,?,?,?,?)", row)
        return token

    def revoke(self, name: str) -> int:
        """End every token of a user; return how many there were."""
        with self._database.transaction() as connection:
            require(connection, name)
            return connection.execute("DELETE FROM tokens WHERE user = ?", [name]).rowcount

    def user(self, token: str) -> User | None:
        """Return whose token it is; None if it is unknown, revoked or expired."""
        with self._database.transaction() as connection:
            return _holder(connection, "tokens", token, self._clock())


def require(connection: sqlite3.Connection, name: str) -> None:
    """Raise :class:`~qa.errors.AccessError` where there is no user of this name."""
    if connection.execute("SELECT 1 FROM users WHERE name = ?", [name]).fetchone() is None:
        raise AccessError(f"there is no user {name}", "see `qa user list`")


def _secret(connection: sqlite3.Connection) -> bytes:
    row = connection.execute("SELECT value FROM secret").fetchone()
    if row is None or len(row[0]) < 32:
        raise AccessError(
            "the file of users has no secret", "move it away, and add the users again"
        )
    secret: bytes = row[0]
    return secret


def _cookie(secret: bytes) -> str:
    # By its name, servers at several ports of one host do not take each other's cookie.
    return f"verbatim-{hashlib.sha256(secret).hexdigest()[:8]}"


def _signer(secret: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="verbatim.session")


def _key(secret: bytes, cookies: Mapping[str, str]) -> str:
    try:
        key = _signer(secret).loads(cookies.get(_cookie(secret), ""))
    except BadSignature:
        return ""
    return key if isinstance(key, str) else ""


def _holder(connection: sqlite3.Connection, table: str, key: str, now: float) -> User | None:
    row = connection.execute(
        f"SELECT name, role FROM {table} JOIN users ON name = user"
        " WHERE hash = ? AND (expires IS NULL OR expires > ?)",
        (_hash(key), now),
    ).fetchone()
    return User(*row) if row else None


def _hash(secret: str) -> str:
    # Of 256 random bits, which nobody can guess: a quick hash is enough.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
