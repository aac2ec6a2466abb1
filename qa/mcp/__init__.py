"""The documents as read-only tools of an assistant, by the Model Context Protocol (MCP)."""

from __future__ import annotations

from importlib.util import find_spec

from qa.errors import QAError

INSTALL = "run `pip install 'verbatim-qa[mcp]'`, or `pip install -e '.[mcp]'` in a clone"


def need_mcp() -> None:
    """Raise QAError where the library that speaks the protocol is not installed."""
    if find_spec("mcp") is None:
        raise QAError("the package that speaks MCP is not installed", INSTALL)
