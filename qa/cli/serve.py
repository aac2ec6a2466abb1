"""``qa serve``."""

from __future__ import annotations

from pathlib import Path

import click

from qa.cli.build import documents_folder
from qa.cli.options import SHARE, folder_argument, index_option


@click.command()
@folder_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option("--port", type=int, default=7860, show_default=True, help="Port to serve at.")
@click.option("--strict", type=SHARE, help="First position of the page's slider, 0 to 1.")
@click.option("--no-watch", is_flag=True, help="Look for changed files only on request.")
@click.option(
    "--editable/--read-only",
    default=None,
    help="Whether visitors may add, delete and rename documents. Default: at this machine's own "
    "address alone.",
)
@click.option(
    "--mcp",
    is_flag=True,
    help="Offer the documents to assistants too, at /mcp of the same address.",
)
@index_option
def serve(
    folder: Path | None,
    host: str,
    port: int,
    strict: float | None,
    no_watch: bool,
    editable: bool | None,
    mcp: bool,
    index: Path,
) -> None:
    """Serve the page on this machine, and keep its index up to date with the folder."""
    from qa import web

    web.serve(
        documents_folder(folder, index),
        index,
        host=host,
        port=port,
        strict=strict,
        watching=not no_watch,
        editable=editable,
        mcp=mcp,
    )
