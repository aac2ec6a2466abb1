"""``qa mcp``."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click

from qa.cli.build import documents_folder
from qa.cli.options import folder_argument, index_option


@click.command()
@folder_argument
@click.option("--no-watch", is_flag=True, help="Use the index as it is; build nothing.")
@click.option(
    "--config", is_flag=True, help="Print what goes into an assistant's configuration, and end."
)
@index_option
def mcp(folder: Path | None, no_watch: bool, config: bool, index: Path) -> None:
    """Offer the documents to an assistant as read-only tools, by MCP.

    It speaks on standard input and output; the assistant starts this command itself. The index
    is kept up to date with the folder.
    """
    from qa.mcp import need_mcp

    need_mcp()
    documents = documents_folder(folder, index)
    if config:
        print(json.dumps(_configuration(documents, index, no_watch=no_watch), indent=2))
        return
    from qa.mcp.stdio import serve_stdio

    serve_stdio(documents, index, watching=not no_watch)


def _configuration(folder: Path, index: Path, *, no_watch: bool) -> dict[str, object]:
    """Return the entry of an assistant's configuration, with absolute paths."""
    program = shutil.which(sys.argv[0]) or str(Path(sys.executable).with_name("qa"))
    arguments = ["mcp", str(folder.resolve()), "--index", str(index.resolve())]
    server = {
        "command": str(Path(program).absolute()),
        "args": arguments + ["--no-watch"] * no_watch,
    }
    return {"mcpServers": {"verbatim": server}}
