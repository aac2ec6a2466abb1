"""``qa ask`` and ``qa search``."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa.cli.clipboard import copy
from qa.cli.last import places_of, remember
from qa.cli.options import (
    COUNT,
    SHARE,
    exact_option,
    filter_options,
    index_option,
    json_option,
    quick_option,
    store_option,
)
from qa.cli.screen import BOLD, DIM, PLAIN, emit
from qa.cli.terminal import indented, one_line, print_error, print_json, print_json_line
from qa.errors import QuestionError
from qa.text import listed, printable

if TYPE_CHECKING:
    from qa.pipeline import QA
    from qa.types import Disagreement, Passage, Place, Prediction, SearchResult, Verdict

EXIT_CODES: dict[Verdict, int] = {"answer": 0, "possible": 3, "not found": 4}


@click.command()
@click.argument(
    "question",
    required=False,
    help="The question; - reads questions from standard input, a line each.",
)
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
@quick_option
@click.option("--copy", "copied", is_flag=True, help="Copy the best answer with its source.")
@click.option(
    "--jsonl",
    "as_lines",
    is_flag=True,
    help="Answer objects from standard input, one a line, by one line of JSON each: "
    '{"question": "…", "id": …, "only": [], "strict": 0.95, …}.',
)
@filter_options
@exact_option
@index_option
@store_option
@json_option("Print everything as JSON; of several questions, one line each.")
def ask(
    question: str | None,
    copied: bool,
    as_lines: bool,
    exact: bool,
    index: Path,
    store: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Answer a question with quotations, or report that it is not found.

    The exit code is 0 for an answer, 3 for possible answers of which none is certain enough,
    and 4 for "not found".
    """
    from qa.answers.serialize import prediction_to_dict
    from qa.pipeline import QA

    if options["threshold"] is not None and options["strict"] is not None:
        raise click.UsageError("--threshold and --strict exclude each other")
    if as_lines and (question not in (None, "-") or copied or as_json):
        raise click.UsageError("--jsonl takes its questions from standard input, without --copy")
    if as_lines:
        return _ask_lines(QA.open(store or index, exact=exact, quick=options["quick"]), options)
    is_piped = question is None or question == "-"
    questions = iter([question]) if question is not None and not is_piped else _piped(question)
    first = next(questions, None)
    if first is None and question == "-":
        raise QuestionError("standard input has no question", "write one a line")
    if first is None:
        raise click.UsageError("Missing argument 'QUESTION'", click.get_current_context())
    qa = QA.open(store or index, exact=exact, quick=options["quick"])
    codes, last = [], None
    for each in chain([first], questions):
        try:
            last = _asked(qa, each, options)
        except QuestionError as error:
            if not is_piped:
                raise
            print_error(error)
            codes.append(2)
            continue
        codes.append(EXIT_CODES[last.verdict])
        if as_json:
            show = print_json_line if is_piped else print_json
            show(prediction_to_dict(last))
        else:
            if is_piped:
                emit(BOLD, "? ", one_line(each), PLAIN)
            print_prediction(qa, last)
        sys.stdout.flush()
    if last is not None:
        remember(store or index, Path(qa.manifest.folder), places_of(last))
        if copied:
            _copy(last)
    return 2 if 2 in codes else max(codes)


def _asked(qa: QA, question: str, options: Mapping[str, Any]) -> Prediction:
    given = dict(options)
    strict = given.pop("strict", None)
    if strict is not None:
        given["threshold"] = qa.threshold_for(strict)
    return qa.ask(question, **given)


def _piped(question: str | None) -> Iterator[str]:
    """Yield each line of standard input that is not empty, as soon as it is there.

    Without "-", nothing is waited for on a terminal.
    """
    if sys.stdin is None or (question is None and sys.stdin.isatty()):
        return
    while line := sys.stdin.readline():
        if line.strip("\ufeff \t\r\n"):
            yield line.strip("\ufeff \t\r\n")


def _ask_lines(qa: QA, options: Mapping[str, Any]) -> int:
    from qa.answers.serialize import prediction_to_dict
    from qa.cli.batch import answered

    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8")

    def answer(question: str, given: dict[str, Any]) -> dict[str, Any]:
        # What a line says of the bar takes the place of what the command said.
        bar = {"threshold": None, "strict": None} if {"threshold", "strict"} & given.keys() else {}
        return prediction_to_dict(_asked(qa, question, {**options, **bar, **given}))

    code = 0
    for result, is_answered in answered(sys.stdin, answer):
        print_json_line(result)
        sys.stdout.flush()
        code = code if is_answered else 1
    return code


def _print_disagreement(found: Disagreement) -> None:
    """Print what documents say that contradict each other, the newest first."""
    from qa.answers.disagreement import told

    print(f"Your documents disagree{told(found)}:\n")
    for answer in found.answers:
        day = f", {answer.place.date[:10]}" if answer.place.date else ""
        emit(BOLD, f"    “{one_line(answer.text)}”", PLAIN)
        emit(DIM, f"        {cited(answer.place)}{day}", PLAIN)
    print()


def _copy(prediction: Prediction) -> None:
    """Put the best answer on the clipboard, and say what happened."""
    if not prediction.answers:
        print("(nothing was copied: there is no answer)", file=sys.stderr)
        return
    best = prediction.answers[0]
    how = copy(f"“{best.text}” ({cited(best.place)})", os.environ)
    print(f"(copied by {how})", file=sys.stderr)


def print_prediction(qa: QA, prediction: Prediction) -> None:
    """Print what was asked, if not what was typed, what was left out, and the verdict.

    That is the answers, or the candidates after a reservation, or the nearest passages.
    """
    from qa.answers.verdict import shown

    if prediction.asked_otherwise:
        print(f"(asked: {printable(prediction.asked_as)})\n")
    if prediction.outdated:
        print(f"{_left_out(qa, prediction)}\n")
    for answer in shown(prediction.answers):
        emit(BOLD, f"“{one_line(answer.text)}”", PLAIN, f"  {answer.probability:.0%}")
        emit(DIM, f"    {cited(answer.place)}", PLAIN)
        for place in answer.also_at:
            emit(DIM, f"    also {cited(place)}", PLAIN)
        print(indented(answer.passage.text))
        print()
    if prediction.disagreement:
        _print_disagreement(prediction.disagreement)
    if prediction.verdict == "possible":
        print("No answer is certain enough. Possibly here:\n")
        for candidate in shown(prediction.candidates):
            emit(DIM, f"    {cited(candidate.place)}", PLAIN)
            print(f"    “{one_line(candidate.text)}”  {candidate.probability:.0%}")
            print(indented(candidate.passage.text))
            print()
    if prediction.verdict == "not found":
        print("Not found in these documents.")
        if prediction.passages:
            print("The closest passages:\n")
        for hit in prediction.passages[:3]:
            passage = hit.passage
            emit(DIM, f"    {_placed(qa, passage)}", PLAIN)
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

    qa = QA.open(store or index, exact=exact, quick=True)
    found = qa.search(question, top_k=top_k, **documents)
    remember(store or index, Path(qa.manifest.folder), list(found.passages))
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
        emit(f"{position}. {_placed(qa, passage)}", DIM, f"  ({ranks})", PLAIN)
        print(indented(passage.text))
        print()


def _placed(qa: QA, passage: Passage) -> str:
    """Return where a passage is, in the words of :func:`cited`."""
    from qa.types import Place

    document = qa.document(passage.document_id)
    page = document.page_at(passage.start)
    place = Place(document.id, passage.start, passage.end, document.source, page=page)
    return printable(place.source)


def cited(place: Place) -> str:
    """Return where an answer is, with what is known of its document, and whether OCR read it."""
    how = "read by OCR" if place.ocr else ""
    facts = place.source, place.author, place.date, how
    return printable(", ".join(filter(None, facts)))


def _left_out(qa: QA, found: Prediction | SearchResult) -> str:
    """Return in one line which documents were left out, and the remedy."""
    named = listed([printable(name) for name in found.outdated])
    return f"(left out, changed or missing since the build: {named}; run {qa.build_command()})"
