"""The server of Milvus Lite in this process, and the file that it serves."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import ClassVar

from qa.errors import StoreUnreachable
from qa.index import may_become_milvus_lite
from qa.milvus.address import StoreAddress


def check_file(address: StoreAddress) -> None:
    """Raise StoreUnreachable where the file is a folder of something else: it stays as it is."""
    if address.file is None:
        return
    try:
        is_free = may_become_milvus_lite(address.file)
    except OSError as error:
        raise _closed(address, error) from error
    if not is_free:
        raise StoreUnreachable(
            f"{address} is a folder of other files", "name another, as in milvus:./verbatim.db"
        )


class FileServer:
    """A server of Milvus Lite in this process, shared by all connections to its file."""

    _open: ClassVar[dict[str, FileServer]] = {}
    # Again by the same thread: an index may be closed wherever memory is collected.
    _lock = threading.RLock()

    def __init__(self, key: str, address: StoreAddress) -> None:
        check_file(address)
        from milvus_lite.adapter.grpc.server import start_server_in_thread
        from milvus_lite.exceptions import DataDirLockedError

        self._key, self.users = key, 0
        try:
            self._running, self._database, port = start_server_in_thread(key)
        except DataDirLockedError as error:
            raise StoreUnreachable(
                f"another process has {address} open",
                "close that, or let `milvus-lite server` serve the file and use its address",
            ) from error
        except (OSError, ValueError) as error:
            raise _closed(address, error) from error
        self.uri = f"http://127.0.0.1:{port}"

    @classmethod
    def at(cls, address: StoreAddress) -> FileServer:
        """Return the server of a file, started if none is; :meth:`release` it once."""
        key = str(Path(address.file or "").resolve())
        with cls._lock:
            server = cls._open.get(key) or cls._open.setdefault(key, cls(key, address))
            server.users += 1
            return server

    def release(self) -> None:
        """Stop the server if nobody else uses it."""
        with self._lock:
            self.users -= 1
            if self.users:
                return
            self._open.pop(self._key, None)
            self._running.stop(grace=2).wait()
            self._database.close()


def _closed(address: StoreAddress, error: Exception) -> StoreUnreachable:
    return StoreUnreachable(f"{address} cannot be opened ({error})", "name another file")
