"""Options that several commands share, and the types of their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import click

from qa.defaults import FOLDER, INDEX

Command = TypeVar("Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)
COUNT = click.IntRange(min=1)


class Share(click.ParamType[float]):
    """A number from 0 to 1."""

    name = "share"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number; fail for any other value."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not 0 <= number <= 1:
            self.fail(f"{value} is not a number from 0 to 1, such as 0.95", param, ctx)
        return number


SHARE = Share()

index_option = click.option(
    "--index",
    type=PATH,
    default=INDEX,
    show_default=True,
    metavar="DIR",
    help="Folder of the index.",
)
exact_option = click.option(
    "--exact", is_flag=True, help="Compare all vectors of a large index, which takes longer."
)
quick_option = click.option(
    "--quick", is_flag=True, help="Leave out the second look at the best answers."
)
store_option = click.option(
    "--store",
    metavar="ADDRESS",
    help="Index in Milvus instead: milvus:FILE.db, http://HOST:19530 or http://HOST:19530/NAME.",
)
folder_argument = click.argument(
    "folder",
    type=PATH,
    required=False,
    help="Folder of documents. Default: the one that the index was built from, "
    f"{FOLDER} without an index.",
)


def json_option(words: str) -> Callable[[Command], Command]:
    """Return the option ``--json``, described by these words."""
    return click.option("--json", "as_json", is_flag=True, help=words)


def filter_options(command: Command) -> Command:
    """Add the options that choose documents, named as the arguments of ``QA.ask``."""
    options = (
        click.option(
            "--only",
            multiple=True,
            metavar="PATTERN",
            help="Ask only documents whose path matches, as in '2024/*'. Repeatable.",
        ),
        click.option(
            "--since",
            default="",
            metavar="DATE",
            help="Ask only documents of this date or later: 2024-02-20, 2024-02 or 2024.",
        ),
        click.option(
            "--until", default="", metavar="DATE", help="Ask only documents up to this date."
        ),
        click.option(
            "--language",
            default="",
            metavar="CODE",
            help="Ask only documents in this language: en, de, … (ISO 639-1).",
        ),
    )
    return reduce(lambda made, option: option(made), reversed(options), command)
