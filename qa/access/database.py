"""The file of users: SQLite, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from qa.errors import AccessError

FORMAT_VERSION = 1
# Each request waits for it, in a thread: writers hold the file for milliseconds.
TIMEOUT_S = 1.0
OWNER_ONLY = 0o600
_SCHEMA = f"""
CREATE TABLE users (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, created TEXT NOT NULL
) STRICT;
CREATE TABLE sessions (
    hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    expires REAL NOT NULL
) STRICT;
CREATE TABLE tokens (
    hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    label TEXT NOT NULL, created TEXT NOT NULL, expires REAL
) STRICT;
CREATE TABLE secret (value BLOB NOT NULL) STRICT;
PRAGMA user_version = {FORMAT_VERSION};
"""


class Database:
    """Opens the file anew for each transaction, so that a replaced file is noticed at once.

    Raises :class:`~qa.errors.AccessError` for a file that is missing, damaged, of another
    version, or readable by others.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Create the file with a new secret, unless there is one."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # With these rights from the first moment on: SQLite would create it for everyone.
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, OWNER_ONLY))
        except OSError as error:
            raise AccessError(
                f"{self.path} cannot be written ({error.strerror})", "make its folder writable"
            ) from error
        self._check()
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            if _version(connection) == 0:  # new, or left by a process that was killed just here
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute("INSERT INTO secret VALUES (?)", [secrets.token_bytes(32)])
            connection.commit()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in a transaction, which an exception rolls back."""
        self._check()
        with self._connected() as connection:
            if _version(connection) != FORMAT_VERSION:
                raise AccessError(
                    f"{self.path} is not a file of users, or was written by another version",
                    "move it away, and add the users again",
                )
            with connection:
                yield connection

    def _check(self) -> None:
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            raise AccessError("there are no users", "add one with `qa user add NAME`") from None
        except OSError as error:
            raise AccessError(
                f"{self.path} cannot be read ({error.strerror})", "make it readable"
            ) from error
        if sys.platform != "win32" and stat.S_IMODE(mode) & 0o077:
            raise AccessError(
                f"{self.path} can be read by other users of this machine",
                f"run `chmod 600 {self.path}`, and let everyone choose a new password",
            )

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        uri = f"{self.path.resolve().as_uri()}?mode=rw"  # never creates it
        try:
            with closing(sqlite3.connect(uri, timeout=TIMEOUT_S, uri=True)) as connection:
                connection.execute("PRAGMA foreign_keys = ON")
                yield connection
        except sqlite3.Error as error:
            raise AccessError(
                f"{self.path} cannot be used ({error})",
                "make it and its folder writable, or move it away and add the users again",
            ) from error


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
