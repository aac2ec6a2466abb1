"""Serve the page on this machine."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from fastapi import FastAPI

from qa.access import Access
from qa.access.origin import HOST
from qa.access.traffic import Log
from qa.web.application import create_app
from qa.web.listener import PORT, listen, written
from qa.web.server import Server

if TYPE_CHECKING:
    from qa.access.metrics import Metrics
    from qa.collections import Corpus

# How long to wait for threads when the server ends.
END_S = 10.0


def serve(
    folder: str | Path | Mapping[str, Path],
    index: str | Path,
    host: str = HOST,
    port: int = PORT,
    strict: float | None = None,
    *,
    watching: bool = True,
    editable: bool | None = None,
    mcp: bool = False,
    access: Access | None = None,
    is_open: bool = False,
    log: Log | None = None,
    with_metrics: bool = False,
    readers: Mapping[str, frozenset[str]] = MappingProxyType({}),
    store: str = "",
    quick: bool = False,
) -> None:
    """Serve the page until interrupted, and keep the index up to date with the folder.

    ``folder`` may be several by the names of the collections that they are; each has its index in
    a folder of its name below ``index``, and ``readers`` are the users who may read one, where
    not everybody may: see :mod:`qa.collections.options`. With the address of a ``store`` the index
    there is served, which others build, and ``folder`` does not count: several servers may do so,
    and answer alike. ``index`` is then where votes and users are.

    The page is there while the index is built. ``strict`` is the first position of its slider:
    see :meth:`~qa.pipeline.QA.threshold_for`. Without ``watching`` the index is built on request
    alone. ``editable`` is whether visitors may upload, delete and rename documents, None for only
    those at this machine or logged in. ``mcp`` is whether assistants may ask at ``/mcp``.
    ``access`` says under which names the page is served and who may see it, by default the users
    of the index, if it has any; without users, ``is_open`` must say so where others can reach the
    page. ``log`` is told of every request and answer; ``with_metrics`` has numbers for Prometheus
    at ``/metrics``. ``quick`` leaves out the second look at the answers. Raises
    :class:`~qa.errors.QAError` when the address is not available, and for a folder that
    cannot be served.
    """
    if mcp:
        from qa.mcp import need_mcp

        need_mcp()
    index = Path(index)
    folders = {"": Path(folder)} if isinstance(folder, str | Path) else dict(folder)
    access = access or Access.beside(index, host=host)
    metrics = _metrics() if with_metrics else None
    access.check(is_open=is_open)
    command = ["qa", "serve"]
    if store:
        command, folders = [*command, "--store", store], {}
    for name, each in folders.items():
        command += ["--collection", f"{name}={each}"] if name else [str(each)]
    command += ["--index", str(index)]
    if strict is not None:
        command += ["--strict", str(strict)]
    if quick:
        command.append("--quick")
    if is_open:
        command.append("--open")
    with listen(host, port, command) as listener:  # first: a taken port is reported at once
        from qa.builder import check_folder

        for name, each in folders.items():
            check_folder(each, index / name)
        corpora: list[Corpus] = []

        def load() -> FastAPI:
            from qa.collections import served_of
            from qa.web.opened import opened_corpora

            is_known = access.for_owner or access.users is not None
            watchers = [each.prediction for each in (log, metrics) if each is not None]
            found, networks = opened_corpora(
                folders,
                index,
                strict=strict,
                watching=watching,
                editable=is_known if editable is None else editable,
                watchers=watchers,
                store=store,
                quick=quick,
            )
            corpora.extend(found.values())
            for corpus in corpora:
                corpus.live.start()
            served = served_of(found, networks, readers=readers, access=access, watchers=watchers)
            return create_app(served, access=access, mcp=mcp, metrics=metrics)

        url = f"http://{written(host)}:{listener.getsockname()[1]}{access.root_path}"

        def on_start() -> None:
            from qa.web.render import prepare

            _say(f"Verbatim is running at {url} (press Ctrl+C to stop)")
            threading.Thread(target=prepare, name="prepare", daemon=True).start()

        def on_end() -> None:
            for corpus in corpora:
                corpus.pool.stop(0)

        server = Server(
            load, access=access, on_start=on_start, on_end=on_end, log=log, metrics=metrics
        )
        if is_open:
            _say("Anyone who can reach this address can read the documents: there is no password.")
        with suppress(KeyboardInterrupt):  # before the server listens to signals, or after
            server.run(sockets=[listener])
        patience_s = 0 if server.force_exit else END_S
        have_ended = [corpus.close(patience_s) for corpus in corpora]
        if server.front.error is not None:
            raise server.front.error
        if not (server.front.join(0) and all(have_ended)):
            # Native code, of libraries that are being loaded or of a question, would abort the
            # interpreter as that ends below it. An unfinished build is resumed; children end too.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)


def _metrics() -> Metrics:
    from qa.access.metrics import Metrics

    return Metrics()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
