"""The tools over standard input and output, for an assistant that starts this program."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from mcp.server import Server
from mcp.server.stdio import stdio_server

from qa.api.pool import Pool
from qa.builder import BuildReport, check_folder
from qa.library import Live, State, open_library
from qa.mcp.server import create_server
from qa.mcp.source import Source, in_words
from qa.networks.threads import cores
from qa.pipeline import QA
from qa.text import printable


def serve_stdio(folder: Path, index: Path, *, watching: bool = True) -> None:
    """Serve until standard input is closed, and keep the index up to date with the folder.

    Nothing but the protocol is written to standard output. Raises
    :class:`~qa.errors.QAError` for a folder that cannot be served.
    """
    with _stdout_kept():
        check_folder(folder, index)
        now = [open_library(folder, index)]
    errors = _Errors()

    def on_open(qa: QA) -> None:
        now[0] = qa

    live = Live(
        now[0], folder=folder, index=index, on_open=on_open, watching=watching, listener=errors
    )
    source = Source(lambda: now[0], lambda: in_words(live.state, for_owner=True), for_owner=True)
    # By the system, not by Python: a thread waits for input that Ctrl-C would not end. A build
    # ends with this process, and an index survives that.
    if sys.stdin.isatty():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    anyio.run(_serve, create_server(source, Pool(max(cores(), 2))), live)


async def _serve(server: Server[Any], live: Live) -> None:
    # While it serves, file descriptor 1 leads to stderr, for this process and its children.
    async with stdio_server() as (incoming, outgoing):
        with redirect_stdout(sys.stderr):
            live.start()
            try:
                await server.run(incoming, outgoing, server.create_initialization_options())
            finally:
                with anyio.CancelScope(shield=True):
                    await to_thread.run_sync(live.stop)


@contextmanager
def _stdout_kept() -> Iterator[None]:
    """Send what is printed in the block to stderr, by libraries in C too."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


class _Errors:
    """Prints why a build failed, once, to stderr."""

    def __init__(self) -> None:
        self._told = ""

    def on_state(self, state: State) -> None:
        """Print trouble that is new."""
        trouble = str(state.trouble or "")
        if trouble and trouble != self._told:
            print(f"qa: {printable(str(trouble))}", file=sys.stderr, flush=True)
        self._told = trouble

    def on_report(self, report: BuildReport) -> None:
        """Print nothing: what was read is in the list of documents."""
