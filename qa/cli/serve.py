"""``qa serve``."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from qa.cli.build import documents_folder
from qa.cli.options import (
    PATH,
    SHARE,
    folder_argument,
    index_option,
    quick_option,
    store_option,
)
from qa.errors import QAError


@click.command()
@folder_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option("--port", type=int, default=7860, show_default=True, help="Port to serve at.")
@click.option("--strict", type=SHARE, help="First position of the page's slider, 0 to 1.")
@quick_option
@click.option("--no-watch", is_flag=True, help="Look for changed files only on request.")
@click.option(
    "--editable/--read-only",
    default=None,
    help="Whether visitors may add, delete and rename documents. Default: at this machine's own "
    "address, and those whose role is to edit.",
)
@click.option(
    "--mcp",
    is_flag=True,
    help="Offer the documents to assistants too, at /mcp of the same address.",
)
@click.option(
    "--collection",
    multiple=True,
    metavar="NAME=FOLDER",
    help="Serve several folders under these names, each with an index of its own in DIR/NAME. "
    "Repeatable, instead of FOLDER.",
)
@click.option(
    "--allow",
    multiple=True,
    metavar="NAME=USER,…",
    help="Only these users may read a collection; others do not see that it is there. Repeatable.",
)
@click.option("--users", type=PATH, metavar="FILE", help="Who may log in. Default: see `qa user`.")
@click.option(
    "--open",
    "is_open",
    is_flag=True,
    help="Let everyone who can reach the address read the documents, without a login.",
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="A name under which the page is served, as docs.example.org. Repeatable.",
)
@click.option(
    "--trust-proxy",
    multiple=True,
    metavar="ADDRESS",
    help="Believe the X-Forwarded headers of a proxy at this address or network. Repeatable.",
)
@click.option("--root-path", default="", metavar="PATH", help="Where a proxy puts the page: /docs.")
@click.option("--log", is_flag=True, help="Print a line of JSON for each request and answer.")
@click.option("--log-questions", is_flag=True, help="Print what was asked, too.")
@click.option("--metrics", is_flag=True, help="Offer numbers for Prometheus at /metrics.")
@store_option
@index_option
def serve(
    folder: Path | None,
    host: str,
    port: int,
    strict: float | None,
    quick: bool,
    no_watch: bool,
    editable: bool | None,
    mcp: bool,
    collection: tuple[str, ...],
    allow: tuple[str, ...],
    users: Path | None,
    is_open: bool,
    allow_host: tuple[str, ...],
    trust_proxy: tuple[str, ...],
    root_path: str,
    log: bool,
    log_questions: bool,
    metrics: bool,
    store: str | None,
    index: Path,
) -> None:
    """Serve the page on this machine, and keep its index up to date with the folder."""
    from qa import web
    from qa.access import Access, Users
    from qa.access.traffic import Log
    from qa.collections.options import folders_of, readers_of

    if collection and folder is not None:
        raise QAError(
            "a folder is given beside collections", f"write --collection NAME={folder} for it too"
        )

    if store:
        _check_store(store, folder=folder, collection=collection, editable=editable)
    known = Users(users) if users else Users.beside(index)
    access = Access.of(
        host,
        hosts=allow_host,
        proxies=trust_proxy,
        root_path=root_path,
        # A file that was named is wanted, also where it is not there.
        users=known if users or known.exist else None,
    )
    folders = folders_of(collection, index)
    web.serve(
        folders or (Path() if store else documents_folder(folder, index)),
        index,
        host=host,
        port=port,
        strict=strict,
        watching=not no_watch,
        editable=editable,
        mcp=mcp,
        access=access,
        is_open=is_open,
        log=Log(with_questions=log_questions) if log or log_questions else None,
        with_metrics=metrics,
        readers=readers_of(allow, folders, access.users),
        store=store or "",
        quick=quick,
    )
    # The interpreter would search all objects for cycles as it ends: a second of processor time.
    gc.freeze()


def _check_store(
    store: str, *, folder: Path | None, collection: tuple[str, ...], editable: bool | None
) -> None:
    """Raise QAError unless a store can be served, and nothing else is asked for."""
    from qa.remote import check_store

    if folder is not None or collection or editable:
        raise QAError(
            "a page over a store neither builds an index nor changes documents",
            f"leave out the folder, --collection and --editable, and run "
            f"`qa build FOLDER --store {store}` where the documents are",
        )
    check_store(store, to_ask=True)
