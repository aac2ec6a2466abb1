"""``qa chat``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from qa.cli.ask import print_prediction
from qa.cli.last import places_of, remember
from qa.cli.options import filter_options, index_option, quick_option, store_option
from qa.cli.terminal import print_error, print_json_line
from qa.errors import QuestionError

PROMPT = "? "
# Of a conversation so many answers are kept; no follow-up refers to what is further back.
REMEMBERED = 20
# A longer line is asked in parts, each of which is too long for a question.
_LINE = 1_000_000


@click.command()
@quick_option
@filter_options
@index_option
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print each answer as JSON, one a line.")
def chat(index: Path, store: str | None, as_json: bool, quick: bool, **documents: Any) -> None:
    """Answer questions and follow-ups, a line each, from standard input.

    A follow-up such as "and when?" is asked as the stand-alone question that it means, which is
    printed. An empty line starts a new conversation; Ctrl-D ends.
    """
    from qa.answers.serialize import prediction_to_dict
    from qa.pipeline import QA
    from qa.types import Prediction

    qa = QA.open(store or index, quick=quick)
    history: list[Prediction] = []
    while (question := _read()) is not None:
        if not question.strip():
            history = []
            continue
        try:
            prediction = qa.ask(question, history=history, **documents)
        except QuestionError as error:
            print_error(error)
            continue
        history = [*history[1 - REMEMBERED :], prediction]
        remember(store or index, Path(qa.manifest.folder), places_of(prediction))
        if as_json:
            print_json_line(prediction_to_dict(prediction))
        else:
            print_prediction(qa, prediction)
        sys.stdout.flush()


def _read() -> str | None:
    """Return the next line, None at the end; prompt for it on a terminal."""
    if sys.stdin.isatty():
        print(PROMPT, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline(_LINE) or None
