"""``qa feedback``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from qa.cli.options import PATH, index_option, json_option
from qa.cli.terminal import print_json
from qa.text import counted


@click.group()
def feedback() -> None:
    """Turn the feedback given on the page into golden questions."""


@feedback.command("list")
@index_option
@json_option("Print the votes as JSON.")
def list_votes(index: Path, as_json: bool) -> None:
    """Show every vote and whether its question is settled."""
    from dataclasses import asdict

    from qa.feedback import FeedbackStore, feedback_questions

    store = FeedbackStore.beside(index)
    votes = store.votes()
    if as_json:
        print_json({"votes": [asdict(vote) for vote in votes]})
        return
    for asked in feedback_questions(votes, store.reviews()):
        print(f"{asked.question}  ({'settled' if asked.is_settled else 'to be reviewed'})")
        for line in asked.lines:
            print(f"    {line}")
    if not votes:
        print(f"No feedback yet: {store.path} is written when a visitor votes on the page.")


@feedback.command()
@index_option
def review(index: Path) -> None:
    """Settle the questions whose right answer is not known."""
    from qa import feedback as votes
    from qa.index import index_command, open_index

    with closing(open_index(index)) as stored:
        names = [file.path for file in stored.manifest.documents]
        settled = votes.review(
            votes.FeedbackStore.beside(index),
            lambda answer: tuple(each for each in names if answer in stored.document(each).text),
        )
    command = index_command(index, "feedback", "export", "FILE")
    print(f"{settled:,} settled; {command} writes golden questions.")


@feedback.command()
@click.argument("file", type=PATH, help="A new file, .jsonl.")
@index_option
def export(file: Path, index: Path) -> None:
    """Write the settled questions as golden questions."""
    from qa import feedback as votes
    from qa.index import open_index

    with closing(open_index(index)) as stored:
        known = set(stored.indexed)
        rows, left_out = votes.export(
            votes.FeedbackStore.beside(index),
            file,
            lambda name: stored.document(name).text if name in known else None,
        )
    for line in left_out:
        print(f"left out: {line}")
    print(f"{counted(rows, 'golden question')} written to {file}.")
