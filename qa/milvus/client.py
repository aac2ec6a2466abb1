"""The few calls of Milvus that are used, each with a time limit, and their errors as our own."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from qa.errors import ExtraMissing, IndexNotFound, StoredIndexError, StoreUnreachable
from qa.milvus.address import StoreAddress, store_command
from qa.milvus.collections import texts_of
from qa.milvus.file_server import FileServer

TOKEN = "VERBATIM_MILVUS_TOKEN"
# Seconds: a question waits no longer for an answer; a build does, and whoever opens an index, for
# making one ready takes its time.
QUESTION_S, BUILD_S = 10.0, 120.0
# Rows in one answer, and the most that Milvus finds in one search.
_ROWS, MOST_ROWS = 1000, 16_384
# A server that was started again is found at once, and is not asked every ten seconds whether it
# still is there: Milvus Lite hangs up then.
_OPTIONS = {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_reconnect_backoff_ms": 1_000,
    "grpc.keepalive_time_ms": 600_000,
}
_NOT_FOUND, _NOT_LOADED = 100, 101
_RELEASED = re.compile("state 'released'|not loaded")
_DENIED = ("UNAUTHENTICATED", "PERMISSION_DENIED", "auth check failure", "not authenticated")


class Client:
    """A connection to the store at an address; safe to share between threads.

    Opening the file of Milvus Lite starts its server in this process, at a free port of the
    loopback interface, and locks the file against other processes. Raises
    :class:`~qa.errors.StoreUnreachable` where nothing answers, the token is not accepted, or
    another process has the file open; each call does the same.
    """

    def __init__(self, address: StoreAddress, *, timeout_s: float = QUESTION_S) -> None:
        self.address, self.timeout_s = address, timeout_s
        pymilvus = _pymilvus()
        self._server = _file_server(address) if address.file is not None else None
        uri = self._server.uri if self._server else address.uri
        token = "" if self._server else os.environ.get(TOKEN, "")
        try:
            with self._errors():
                self._client = pymilvus.MilvusClient(
                    uri=uri, token=token, timeout=timeout_s, dedicated=True, grpc_options=_OPTIONS
                )
        except BaseException:
            if self._server:
                self._server.release()
            raise

    def target(self) -> str:
        """Return the collection that the alias points to; empty if there is no such alias."""
        try:
            with self._errors():
                found = self._client.describe_alias(self.address.name, timeout=self.timeout_s)
        except IndexNotFound:
            return ""
        return str(found["collection_name"])

    def point_to(self, collection: str) -> None:
        """Let the alias point to a collection, in the one step that readers can see."""
        exists = bool(self.target())
        change = self._client.alter_alias if exists else self._client.create_alias
        with self._errors():
            change(collection, self.address.name, timeout=self.timeout_s)

    def forget(self, collection: str) -> None:
        """Remove the alias, and the collections of the generation that it points to."""
        with self._errors():
            self._client.drop_alias(self.address.name, timeout=self.timeout_s)
        for name in (collection, texts_of(collection)):
            self.drop(name)

    def collections(self) -> list[str]:
        """Return the names of all collections."""
        with self._errors():
            return list(self._client.list_collections(timeout=self.timeout_s))

    def create(self, name: str, schema: Any, indexes: Any) -> None:
        """Create a collection with its indexes and load it."""
        with self._errors():
            self._client.create_collection(
                name,
                schema=schema,
                index_params=indexes,
                timeout=self.timeout_s,
                # Generations do not change, so a reader need not wait for the newest rows.
                consistency_level="Bounded",
            )

    def load(self, name: str, *, timeout_s: float | None = None) -> None:
        """Make a collection ready to be searched."""
        with self._errors():
            self._client.load_collection(name, timeout=timeout_s or self.timeout_s)

    def drop(self, name: str) -> None:
        """Remove a collection; one that is not there is no error."""
        with self._errors():
            self._client.drop_collection(name, timeout=self.timeout_s)

    def write(self, name: str, rows: Sequence[Mapping[str, Any]], *, again: bool = False) -> None:
        """Write rows; ``again`` where some of them may be stored already."""
        change = self._client.upsert if again else self._client.insert
        with self._errors():
            change(name, [dict(row) for row in rows], timeout=self.timeout_s)

    def flush(self, name: str) -> None:
        """Wait until all rows of a collection are stored."""
        with self._errors():
            self._client.flush(name, timeout=self.timeout_s)

    def count(self, name: str, *, at_once: bool = False) -> int:
        """Return the number of rows, those just written included.

        With ``at_once`` the newest may be missing, as in a search: a cluster waits for them.
        """
        count = partial(
            self._client.query,
            name,
            filter="",
            output_fields=["count(*)"],
            timeout=self.timeout_s,
            **({} if at_once else {"consistency_level": "Strong"}),
        )
        return int(self._read(name, count)[0]["count(*)"])

    def search(
        self,
        name: str,
        field: str,
        vector: Any,
        top_k: int,
        *,
        where: str = "",
        timeout_s: float | None = None,
    ) -> list[tuple[int, float]]:
        """Return ``(key, score)`` of the nearest rows that meet a condition, nearest first."""
        found = self._read(
            name,
            lambda: self._client.search(
                name,
                data=[vector],
                anns_field=field,
                limit=top_k,
                filter=where,
                output_fields=["row"],
                search_params={"metric_type": "IP"},
                timeout=timeout_s or self.timeout_s,
            ),
        )
        return [(int(hit["row"]), float(hit["distance"])) for hit in found[0]]

    def get(
        self, name: str, keys: Sequence[int], fields: Sequence[str]
    ) -> dict[int, dict[str, Any]]:
        """Return these fields of the rows with these keys, by key; none for an unknown key."""
        found: dict[int, dict[str, Any]] = {}
        for first in range(0, len(keys), _ROWS):
            some = list(keys[first : first + _ROWS])
            rows = self._read(name, partial(self._get, name, some, ["row", *fields]))
            found.update((int(row["row"]), dict(row)) for row in rows)
        return found

    def text(self, name: str, first: int, pieces: int) -> str:
        """Return the text in so many rows from ``first`` on; LookupError where one is missing."""
        # Whoever else writes here may have written any number.
        if pieces > _ROWS and pieces > self.count(name):
            raise LookupError(first)
        keys = range(first, first + pieces)
        found = self.get(name, keys, ("text",))
        return "".join(str(found[key]["text"]) for key in keys)

    def close(self) -> None:
        """Close the connection, and the file if it was the last one to it."""
        self._client.close()
        if self._server:
            self._server.release()
            self._server = None

    def _get(self, name: str, keys: list[int], fields: list[str]) -> list[Any]:
        return list(self._client.get(name, ids=keys, output_fields=fields, timeout=self.timeout_s))

    def _read(self, name: str, call: Callable[[], Any]) -> Any:
        """Return what a call returns; load the collection where a new start released it."""
        from pymilvus.exceptions import MilvusException

        with self._errors():
            try:
                return call()
            except MilvusException as error:
                if error.code != _NOT_LOADED and not _RELEASED.search(str(error)):
                    raise
        self.load(name)
        with self._errors():
            return call()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        import grpc
        from pymilvus.exceptions import MilvusException

        try:
            yield
        except (MilvusException, grpc.RpcError, grpc.FutureTimeoutError) as error:
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> StoredIndexError:
        where, said = str(self.address), " ".join(str(error).split())
        denied = any(word in each for word in _DENIED for each in _causes(error))
        if getattr(error, "code", None) == _NOT_FOUND or "alias not found" in said.lower():
            return IndexNotFound(
                f"there is no index in {where}, or it was built anew twice",
                f"open it again, or run {store_command(self.address, 'build', 'FOLDER')}",
            )
        if denied:
            return StoreUnreachable(
                f"{where} does not accept the token", f"set {TOKEN} to a token or USER:PASSWORD"
            )
        if self._server and "DEADLINE" in said:  # it is in this process
            return StoreUnreachable(
                f"{where} did not answer in time",
                "repeat when this machine is less busy; for many passages, use a server of Milvus",
            )
        if "UNAVAILABLE" in said or "Fail connecting" in said or "DEADLINE" in said:
            return StoreUnreachable(
                f"{where} does not answer", "start the store, or correct its address, and repeat"
            )
        if self._server:  # it cannot read or write its files
            command = store_command(self.address, "build", "FOLDER")
            return StoreUnreachable(
                f"{where} failed ({said[:200]})",
                f"repeat; if it is said again, delete {self.address.file} and run {command}",
            )
        return StoreUnreachable(f"{where} refused ({said[:200]})", "repeat, or build it anew")


def _causes(error: BaseException | None) -> list[str]:
    """Return what an error says, and the errors that led to it."""
    seen: dict[int, str] = {}
    while error is not None and id(error) not in seen:  # pymilvus lets errors cause themselves
        seen[id(error)] = str(error)
        error = error.__context__ if error.__cause__ in (None, error) else error.__cause__
    return list(seen.values())


def _file_server(address: StoreAddress) -> FileServer:
    try:
        return FileServer.at(address)
    except ImportError as error:
        raise _missing() from error


def _pymilvus() -> Any:
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        import pymilvus
    except ImportError as error:
        raise _missing() from error
    # What it would print is in the errors.
    for name in ("pymilvus", "milvus_lite", "grpc"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return pymilvus


def _missing() -> ExtraMissing:
    return ExtraMissing(
        "an index in Milvus needs two more libraries", "run `pip install 'verbatim-qa[milvus]'`"
    )
