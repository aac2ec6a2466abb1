"""``qa eval``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa.cli.options import COUNT, PATH, SHARE, index_option, json_option
from qa.cli.terminal import counter, print_json
from qa.errors import QAError
from qa.text import counted, listed

if TYPE_CHECKING:
    from qa.evaluation.comparison import Row
    from qa.evaluation.golden import GoldenQuestion
    from qa.evaluation.outcomes import Outcome
    from qa.pipeline import QA

_file = click.argument(
    "file", type=PATH, help="Paragraphs with questions: .jsonl or SQuAD's .json, or .gz of either."
)
_questions = click.option(
    "--questions",
    type=PATH,
    required=True,
    metavar="FILE",
    help="Questions: .jsonl or SQuAD's .json, or .gz of either.",
)
_against = click.option(
    "--against", type=PATH, metavar="FILE", help="Compare with an earlier run, saved with --json."
)
_html = click.option(
    "--html", type=PATH, metavar="FILE", help="Write a report with plots and misses."
)
_json = json_option("Print scores and rows as JSON.")


@click.group("eval")
def evaluate() -> None:
    """Measure answers on labelled questions."""


@evaluate.command()
@_file
@click.option("--limit", type=COUNT, metavar="N", help="Ask only the first questions.")
@_against
@_html
@_json
def reader(
    file: Path, limit: int | None, against: Path | None, html: Path | None, as_json: bool
) -> None:
    """Ask each question with its paragraph given."""
    from qa.evaluation.reader import ask_reader, reader_scores
    from qa.networks.reader import OnnxReader

    earlier = _earlier("reader", against, html)
    outcomes = ask_reader(file, OnnxReader(), limit=limit)
    scores = reader_scores(outcomes, file=file.name)
    _report("reader", file, scores, outcomes, earlier=earlier, html=html, as_json=as_json)


@evaluate.command()
@_questions
@click.option(
    "--top-k", type=COUNT, metavar="N", default=10, show_default=True, help="Passages to retrieve."
)
@click.option("--threshold", type=SHARE, help="Lowest probability shown, 0 to 1.")
@_against
@_html
@index_option
@_json
def corpus(
    questions: Path,
    top_k: int,
    threshold: float | None,
    against: Path | None,
    html: Path | None,
    index: Path,
    as_json: bool,
) -> None:
    """Ask each question of the whole index."""
    from qa.evaluation.corpus import ask_corpus, corpus_scores

    earlier = _earlier("corpus", against, html)
    qa, golden = _golden(questions, index)
    threshold = qa.threshold if threshold is None else threshold
    outcomes = ask_corpus(
        golden, qa, top_k=top_k, threshold=threshold, progress=_progress(len(golden))
    )
    scores = corpus_scores(outcomes, top_k=top_k, threshold=threshold)
    _report("corpus", questions, scores, outcomes, earlier=earlier, html=html, as_json=as_json)


@evaluate.command()
@_questions
@click.option(
    "--top-k", type=COUNT, metavar="N", default=50, show_default=True, help="Passages to retrieve."
)
@_html
@index_option
@_json
def retrieval(questions: Path, top_k: int, html: Path | None, index: Path, as_json: bool) -> None:
    """Search the passages of each question, and read none."""
    from qa.evaluation.corpus import retrieve_corpus, retrieve_scores

    _earlier("retrieval", None, html)
    qa, golden = _golden(questions, index)
    answerable = sum(bool(question.answers) for question in golden)
    outcomes = retrieve_corpus(golden, qa, top_k=top_k, progress=_progress(answerable))
    scores = retrieve_scores(outcomes, top_k=top_k)
    _report("retrieval", questions, scores, outcomes, html=html, as_json=as_json)


@evaluate.command()
@_file
@click.option(
    "--sample", type=COUNT, metavar="N", default=1000, show_default=True, help="Questions to ask."
)
@json_option("Print the scores as JSON.")
def robustness(file: Path, sample: int, as_json: bool) -> None:
    """Measure what the reader loses when questions are reworded.

    The shipped reader was trained on questions reworded by the same rules.
    """
    from qa.evaluation.robustness import NOTE, evaluate_robustness
    from qa.networks.reader import OnnxReader

    scores = evaluate_robustness(
        file, OnnxReader(), sample=sample, progress=partial(counter(), "asked")
    )
    if as_json:
        print_json({"note": NOTE, **scores})
        return
    print(f"{'':18}{'questions':>9}{'EM':>7}{'F1':>7}   lost: EM     F1")
    for name, row in scores.items():
        lost = f"{row['em_lost']:11.1f}{row['f1_lost']:7.1f}" if "em_lost" in row else ""
        name = name.replace("_", " ")
        print(f"{name:18}{row['questions']:9,.0f}{row['em']:7.1f}{row['f1']:7.1f}{lost}")
    print(f"\n{NOTE}")


def _progress(total: int) -> Callable[[int], None]:
    show = counter()
    return lambda done: show("asked", done, total)


def _golden(path: Path, index: Path) -> tuple[QA, list[GoldenQuestion]]:
    """Return the index and the questions, after checking that its documents contain the answers."""
    from qa.evaluation.corpus import check_current
    from qa.evaluation.golden import check_golden, markup_free, read_golden
    from qa.pipeline import QA

    questions = read_golden(path)
    qa = QA.open(index)
    check_current(qa)
    document_ids = [file.path for file in qa.manifest.documents]
    folder = Path(qa.manifest.folder)
    lost = check_golden(
        path,
        questions,
        document_ids,
        lambda name: qa.document(name).text,
        lambda name: markup_free(folder / name),
    )
    if lost:
        count = counted(len(lost), "question")
        print(
            f"not extracted from its file: the answer of {count}, {listed(lost)}", file=sys.stderr
        )
    return qa, questions


def _earlier(kind: str, against: Path | None, html: Path | None) -> list[Row] | None:
    """Return the run to compare with; check both files before any question is asked."""
    if html:
        from qa.evaluation.plots import need_matplotlib

        need_matplotlib()
        written = html if html.exists() else html.parent
        if html.is_dir() or not written.exists() or not os.access(written, os.W_OK):
            raise QAError(f"{html} cannot be written", "name another file with --html")
    if not against:
        return None
    from qa.evaluation.comparison import read_run

    return read_run(against, kind=kind)


def _report(
    kind: str,
    file: Path,
    scores: dict[str, Any],
    outcomes: Sequence[Outcome],
    *,
    html: Path | None,
    as_json: bool,
    earlier: list[Row] | None = None,
) -> None:
    from qa.evaluation.comparison import comparable, compare, comparison_text
    from qa.evaluation.table import table

    rows = [outcome.to_dict() for outcome in outcomes]
    compared = None if earlier is None else compare(comparable(rows), earlier)
    if html:
        from qa.evaluation.report import report_html

        page = report_html(scores, outcomes, title=f"{file.name}: {kind}", compared=compared)
        try:
            html.write_text(page, encoding="utf-8")
        except OSError as error:
            raise QAError(
                f"{html} cannot be written ({error.strerror})", "name another file with --html"
            ) from error
    if as_json:
        against = {"against": compared} if compared else {}
        print_json({"kind": kind, **scores, **against, "rows": rows})
        return
    print(table(scores))
    if compared:
        print(f"\n{comparison_text(compared)}")
    if html:
        print(f"\nThe report is {html}.")
