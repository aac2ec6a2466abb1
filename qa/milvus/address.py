"""Where an index is in Milvus, as people write it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from qa.errors import StoredIndexError

FILE = "milvus:"
NAME = "verbatim"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_REMEDY = f"write {FILE}./verbatim.db for a file, or http://HOST:19530 for a server"


def is_address(text: str) -> bool:
    """Return whether a text is meant as an address in Milvus, and not as a folder."""
    return text.startswith((FILE, "http://", "https://"))


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """The address of an index in Milvus.

    ``file`` is the folder of Milvus Lite, None for a server at ``uri``. ``name`` is the alias
    of the live generation, so that one server can keep several indexes.
    """

    uri: str
    file: Path | None
    name: str = NAME

    @classmethod
    def parse(cls, text: str) -> StoreAddress:
        """Read ``milvus:PATH``, ``http://HOST:PORT`` or ``http://HOST:PORT/NAME``.

        Raises :class:`~qa.errors.StoredIndexError` for anything else, and for a password in
        the address, which would be shown in messages.
        """
        if text.startswith(FILE):
            path = text.removeprefix(FILE)
            if not path:
                raise StoredIndexError(f"{text} names no file", _REMEDY)
            try:  # a shell leaves a tilde behind a colon as it is
                return cls("", Path(path).expanduser())
            except RuntimeError as error:
                raise StoredIndexError(f"{text}: nobody here has that name", _REMEDY) from error
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise StoredIndexError(f"{text!r} is no address ({error})", _REMEDY) from error
        if parts.username or parts.password:
            raise StoredIndexError(
                "the address of the store contains a password",
                "leave it out, and set VERBATIM_MILVUS_TOKEN to USER:PASSWORD",
            )
        name = parts.path.strip("/") or NAME
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise StoredIndexError(f"{text!r} is no address of a store", _REMEDY)
        if not _NAME.fullmatch(name):
            raise StoredIndexError(
                f"{name!r} is no name for an index in a store",
                "use letters without accents, digits and underscores, as in /papers",
            )
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(f"{parts.scheme}://{host}:{19530 if port is None else port}", None, name)

    def __str__(self) -> str:
        if self.file is not None:
            return f"{FILE}{self.file}"
        return self.uri if self.name == NAME else f"{self.uri}/{self.name}"


def store_command(address: StoreAddress, *words: str, index: str = "") -> str:
    """Return a command of ``qa`` about a store in backticks, quoted for a shell.

    ``index`` is the folder that a build copies the store from, empty for the usual one.
    """
    beside = ["--index", index] if index else []
    return f"`{shlex.join(['qa', *words, *beside, '--store', str(address)])}`"
