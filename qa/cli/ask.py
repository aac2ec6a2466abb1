"""``qa ask`` and ``qa search``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa.cli.options import (
    COUNT,
    SHARE,
    exact_option,
    filter_options,
    index_option,
    json_option,
    store_option,
)
from qa.cli.terminal import indented, print_json
from qa.text import listed, printable

if TYPE_CHECKING:
    from qa.pipeline import QA
    from qa.types import Place, Prediction, SearchResult, Verdict

EXIT_CODES: dict[Verdict, int] = {"answer": 0, "possible": 3, "not found": 4}


@click.command()
@click.argument("question")
@click.option(
    "--top-k",
    type=COUNT,
    metavar="N",
    default=10,
    show_default=True,
    help="Passages to read at most.",
)
@click.option("--threshold", type=SHARE, help="Lowest probability shown, 0 to 1.")
@click.option(
    "--strict",
    type=SHARE,
    help="Share of the questions without an answer here to refuse, 0 to 1; "
    "at 0.95 one in twenty of them gets an answer. Instead of --threshold.",
)
@click.option("--quick", is_flag=True, help="Leave out the second look at the best answers.")
@filter_options
@exact_option
@index_option
@store_option
@json_option("Print everything as JSON.")
def ask(
    question: str,
    top_k: int,
    threshold: float | None,
    strict: float | None,
    quick: bool,
    exact: bool,
    index: Path,
    store: str | None,
    as_json: bool,
    **documents: Any,
) -> int:
    """Answer a question with quotations, or report that it is not found.

    The exit code is 0 for an answer, 3 for possible answers of which none is certain enough,
    and 4 for "not found".
    """
    from qa.answers.serialize import prediction_to_dict
    from qa.pipeline import QA

    if threshold is not None and strict is not None:
        raise click.UsageError("--threshold and --strict exclude each other")
    qa = QA.open(store or index, exact=exact)
    if strict is not None:
        threshold = qa.threshold_for(strict)
    prediction = qa.ask(question, top_k=top_k, threshold=threshold, quick=quick, **documents)
    if as_json:
        print_json(prediction_to_dict(prediction))
    else:
        print_prediction(qa, prediction)
    return EXIT_CODES[prediction.verdict]


def print_prediction(qa: QA, prediction: Prediction) -> None:
    """Print what was asked, if not what was typed, what was left out, and the verdict.

    That is the answers, or the candidates after a reservation, or the nearest passages.
    """
    if prediction.asked_otherwise:
        print(f"(asked: {printable(prediction.resolved_question)})\n")
    if prediction.outdated:
        print(f"{_left_out(qa, prediction)}\n")
    for answer in prediction.answers:
        print(f"“{answer.text}”  {answer.probability:.0%}")
        print(f"    {_cited(answer.place)}")
        for place in answer.also_at:
            print(f"    also {_cited(place)}")
        print(indented(answer.passage.text))
        print()
    if prediction.verdict == "possible":
        print("No answer is certain enough. Possibly here:\n")
        for candidate in prediction.candidates:
            print(f"    {_cited(candidate.place)}")
            print(f"    “{candidate.text}”  {candidate.probability:.0%}")
            print(indented(candidate.passage.text))
            print()
    if prediction.verdict == "not found":
        print("Not found in these documents.")
        if prediction.passages:
            print("The closest passages:\n")
        for hit in prediction.passages[:3]:
            passage = hit.passage
            print(f"    {printable(passage.document_id)}:{passage.start}-{passage.end}")
            print(indented(passage.text))
            print()


@click.command()
@click.argument("question")
@click.option(
    "--top-k", type=COUNT, metavar="N", default=5, show_default=True, help="Passages to show."
)
@filter_options
@exact_option
@index_option
@store_option
@json_option("Print the passages with their scores as JSON.")
def search(
    question: str,
    top_k: int,
    exact: bool,
    index: Path,
    store: str | None,
    as_json: bool,
    **documents: Any,
) -> None:
    """Show the passages nearest to a question, unread."""
    from qa.answers.serialize import search_to_dict
    from qa.pipeline import QA

    qa = QA.open(store or index, exact=exact)
    found = qa.search(question, top_k=top_k, **documents)
    if found.outdated:
        print(f"{_left_out(qa, found)}\n", file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print_json(search_to_dict(found))
        return
    if not found.passages:
        print("No passage is left to show.")
    for position, hit in enumerate(found.passages, start=1):
        passage = hit.passage
        ranks = f"meaning {hit.dense_rank or '–'}, words {hit.lexical_rank or '–'}"
        where = f"{printable(passage.document_id)}:{passage.start}-{passage.end}"
        print(f"{position}. {where}  ({ranks})")
        print(indented(passage.text))
        print()


def _cited(place: Place) -> str:
    """Return where an answer is, with what is known of its document, and whether OCR read it."""
    how = "read by OCR" if place.ocr else ""
    facts = place.source, place.author, place.date, how
    return printable(", ".join(filter(None, facts)))


def _left_out(qa: QA, found: Prediction | SearchResult) -> str:
    """Return in one line which documents were left out, and the remedy."""
    named = listed(found.outdated)
    return f"(left out, changed or missing since the build: {named}; run {qa.build_command()})"
