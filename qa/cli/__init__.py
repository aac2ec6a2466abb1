"""The command line: each command is one call of the library."""

from qa.cli.commands import main

__all__ = ["main"]
