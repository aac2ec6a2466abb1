"""Users, with their passwords and roles."""

from __future__ import annotations

import re
import secrets
import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from qa.access.credentials import Sessions, Tokens, User, require
from qa.access.database import Database
from qa.errors import AccessError
from qa.text import without_surrogates

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# What each role may do. Someone who edits may also read.
ROLES = ("reads", "edits")
NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
MIN_PASSWORD, MAX_PASSWORD = 8, 1_000


class Users:
    """The users of a served page; safe to share between threads and processes.

    ``clock`` gives seconds since the epoch. Every method raises
    :class:`~qa.errors.AccessError` where the file cannot be used.
    """

    def __init__(self, path: str | Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = Path(path)
        self._database = Database(self.path)
        self.sessions = Sessions(self._database, clock)
        self.tokens = Tokens(self._database, clock)

    @classmethod
    def beside(cls, index: str | Path) -> Users:
        """Return the users of an index: ``index-users.sqlite`` next to ``index``."""
        place = Path(index).resolve()
        return cls(place.parent / f"{place.name}-users.sqlite")

    @property
    def exist(self) -> bool:
        """Whether there is a file of users: with one, everybody has to log in."""
        return self.path.exists()

    def all(self) -> list[User]:
        """Return every user by name."""
        if not self.exist:
            return []
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT name, role, (SELECT count(*) FROM tokens WHERE user = name)"
                " FROM users ORDER BY name"
            ).fetchall()
        return [User(*row) for row in rows]

    def add(self, name: str, password: str, role: str = "reads") -> User:
        """Add a user."""
        name = checked_name(name)
        _check_role(role)
        hashed = _hasher().hash(_checked_password(password))
        self._database.create()
        created = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.transaction() as connection:
            row = (name, role, hashed, created)
            done = connection.execute("INSERT OR IGNORE INTO users VALUES (?,?,?,?)", row)
            if not done.rowcount:
                raise AccessError(
                    f"there is a user {name} already", f"change them with `qa user change {name}`"
                )
        return User(name, role)

    def change(self, name: str, *, password: str | None = None, role: str | None = None) -> None:
        """Change a user's password, which ends their sessions, or their role."""
        name = checked_name(name)
        if role is not None:
            _check_role(role)
        hashed = None if password is None else _hasher().hash(_checked_password(password))
        with self._database.transaction() as connection:
            require(connection, name)
            if role is not None:
                connection.execute("UPDATE users SET role = ? WHERE name = ?", (role, name))
            if hashed is not None:
                connection.execute("UPDATE users SET password = ? WHERE name = ?", (hashed, name))
                connection.execute("DELETE FROM sessions WHERE user = ?", [name])

    def remove(self, name: str) -> None:
        """Remove a user; their sessions and tokens end at once."""
        name = checked_name(name)
        with self._database.transaction() as connection:
            require(connection, name)
            connection.execute("DELETE FROM users WHERE name = ?", [name])

    def with_password(self, name: str, password: str) -> User | None:
        """Return the user of this name and password, None if there is none.

        Takes as long for unknown names: nobody can find out who is a user.
        """
        known = name.strip().lower()
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT password, role FROM users WHERE name = ?", [known]
            ).fetchone()
        hashed, role = row or (_unknown(), "")
        given = without_surrogates(unicodedata.normalize("NFKC", password))
        is_right = _is_right(hashed, given[:MAX_PASSWORD]) and len(given) <= MAX_PASSWORD
        return User(known, role, password=hashed) if is_right and row else None


def checked_name(name: str) -> str:
    """Return a name in lower case; raise :class:`~qa.errors.AccessError` where it is none."""
    name = name.strip().lower()
    if not NAME.fullmatch(name):
        raise AccessError(
            "a user's name has letters from a to z, digits and . _ @ + -, and at most 64 of them",
            "choose another, such as ada or ada@example.org",
        )
    return name


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise AccessError(f"there is no role {role}", f"choose one of {', '.join(ROLES)}")


def _checked_password(password: str) -> str:
    """Return a password as it is hashed: keyboards write the same letter in several ways."""
    password = without_surrogates(unicodedata.normalize("NFKC", password))
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise AccessError(
            f"a password has from {MIN_PASSWORD} to {MAX_PASSWORD:,} characters",
            "choose another; several words are easy to remember and hard to guess",
        )
    return password


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()  # Argon2id with the second set of parameters of RFC 9106


@lru_cache(maxsize=1)
def _unknown() -> str:
    """Return the hash of a password that nobody has."""
    return _hasher().hash(secrets.token_urlsafe(32))


def _is_right(hashed: str, password: str) -> bool:
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return _hasher().verify(hashed, password)
    except (Argon2Error, InvalidHashError):
        return False
