"""The command line: every verb is one call of the library."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.arguments import number, whole
from qa.errors import IndexNotFound, QAError
from qa.text import counted, listed

if TYPE_CHECKING:
    from qa.builder import BuildReport, Progress
    from qa.evaluation.comparison import Row
    from qa.evaluation.golden import GoldenQuestion
    from qa.evaluation.outcomes import Outcome
    from qa.pipeline import QA
    from qa.types import Prediction, SearchResult

INDEX = "index"
FOLDER = "seeds"
_FOLDER_HELP = f"default: the one that the index was built from; {FOLDER} where there is no index"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``qa``; return 0, or 2 after printing what went wrong and what mends it.

    1 means that a check asked for (``qa verify --answer``) did not hold.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except QAError as error:
        print(f"qa: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("qa: interrupted: run the same command to go on", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `qa search … | head` is no error
        sys.stderr.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qa", description="Answers about a folder of documents, in the documents' own words."
    )
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    def verb(name: str, run: Callable[[argparse.Namespace], int | None], words: str) -> Any:
        added = verbs.add_parser(name, help=words, description=words)
        added.add_argument("--index", default=INDEX, metavar="DIR", help="default: %(default)s")
        added.set_defaults(run=run)
        return added

    added = verb("build", _build, "Bring the index up to date with a folder of documents.")
    added.add_argument("folder", nargs="?", help=_FOLDER_HELP)
    added.add_argument("--json", action="store_true", help="print the report as JSON")
    added.add_argument("--retry", action="store_true", help="try files that were too much again")
    added.add_argument("--watch", action="store_true", help="go on, and build at each change")
    added = verb("ask", _ask, "Answer a question with quotations, or say it is not found.")
    added.add_argument("question")
    added.add_argument("--json", action="store_true", help="print everything as JSON")
    added.add_argument("--top-k", type=_positive, default=10, help="passages to read at most")
    point = added.add_mutually_exclusive_group()
    point.add_argument("--threshold", type=_share, help="least probability shown, 0 to 1")
    point.add_argument(
        "--strict",
        type=_share,
        metavar="SHARE",
        help="0.95: of the questions whose answer is absent, 95 %% get none",
    )
    _add_filter(added)
    added = verb("search", _search, "Show the passages nearest to a question.")
    added.add_argument("question")
    added.add_argument("--json", action="store_true", help="print the hits as JSON")
    added.add_argument("--top-k", type=_positive, default=5, help="passages to show")
    _add_filter(added)
    added = verb("info", _info, "Say what the index holds and how it was built.")
    added.add_argument("--json", action="store_true", help="print it as JSON")
    added = verb("verify", _verify, "Check every byte of the index against its hashes.")
    added.add_argument(
        "--answer", metavar="FILE", help="check what `qa ask --json` printed against the documents"
    )
    added = verb("serve", _serve, "Serve the page on this machine.")
    added.add_argument("folder", nargs="?", help=_FOLDER_HELP)
    added.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    added.add_argument("--port", type=int, default=7860, help="default: %(default)s")
    added.add_argument(
        "--strict", type=_share, metavar="SHARE", help="where the page's slider stands at first"
    )

    evaluate = verbs.add_parser("eval", help="Measure answers on labelled questions.")
    kinds = evaluate.add_subparsers(title="what", required=True, metavar="WHAT")

    def kind(name: str, run: Callable[[argparse.Namespace], None], words: str) -> Any:
        added = kinds.add_parser(name, help=words, description=words)
        added.add_argument("--json", action="store_true", help="print scores and rows as JSON")
        added.add_argument("--html", metavar="FILE", help="write a report with plots and misses")
        added.set_defaults(run=run, against=None)
        return added

    added = kind("reader", _eval_reader, "Ask each question with its paragraph given.")
    added.add_argument("file", help="paragraphs with questions, .jsonl or SQuAD's .json, or .gz")
    added.add_argument("--limit", type=_positive, help="only the first questions")
    added.add_argument("--against", metavar="FILE", help="an earlier run saved with --json")
    for name, run, top_k, words in [
        ("corpus", _eval_corpus, 10, "Ask each question of the whole index."),
        ("retrieval", _eval_retrieval, 50, "Look for the passages of each question, unread."),
    ]:
        added = kind(name, run, words)
        added.add_argument(
            "--questions", required=True, metavar="FILE", help=".jsonl or SQuAD's .json, or .gz"
        )
        added.add_argument("--index", default=INDEX, metavar="DIR", help="default: %(default)s")
        added.add_argument("--top-k", type=_positive, default=top_k, help="passages to retrieve")
        if name == "corpus":
            added.add_argument("--threshold", type=_share, help="least probability shown, 0 to 1")
            added.add_argument("--against", metavar="FILE", help="an earlier run saved with --json")

    words = "Reword questions as people type them, and count what the reader loses."
    added = kinds.add_parser("robustness", help=words, description=words)
    added.add_argument("file", help="paragraphs with questions, .jsonl or SQuAD's .json, or .gz")
    added.add_argument("--sample", type=_positive, default=1000, help="how many questions")
    added.add_argument("--json", action="store_true", help="print the scores as JSON")
    added.set_defaults(run=_eval_robustness)

    feedback = verbs.add_parser("feedback", help="Turn thumbs on the page into golden questions.")
    kinds = feedback.add_subparsers(title="what", required=True, metavar="WHAT")
    for name, run, words in [
        ("list", _feedback_list, "Show every vote and whether its question is settled."),
        ("review", _feedback_review, "Settle the questions whose right answer is not known."),
        ("export", _feedback_export, "Write the settled ones as golden questions."),
    ]:
        added = kinds.add_parser(name, help=words, description=words)
        added.add_argument("--index", default=INDEX, metavar="DIR", help="default: %(default)s")
        added.set_defaults(run=run)
        if name == "list":
            added.add_argument("--json", action="store_true", help="print the votes as JSON")
        if name == "export":
            added.add_argument("file", help="a new file, .jsonl")
    return parser


def _add_filter(parser: argparse.ArgumentParser) -> None:
    only = "ask only documents whose path fits, as in '2024/*'; may be repeated"
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help=only)
    parser.add_argument("--since", default="", metavar="DATE", help="2024-02-20, 2024-02 or 2024")
    parser.add_argument("--until", default="", metavar="DATE", help="the same; inclusive")


def _filter(options: argparse.Namespace) -> dict[str, Any]:
    return {"only": options.only, "since": options.since, "until": options.until}


def _positive(text: str) -> int:
    return whole(text, 1)


def _share(text: str) -> float:
    return number(text, lambda value: 0 <= value <= 1, "no number from 0 to 1, such as 0.95")


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _counter() -> Progress:
    """Return a progress callback that rewrites one line, on terminals only."""
    first = last = 0
    began = 0.0

    def show(what: str, done: int, total: int) -> None:
        nonlocal first, last, began
        # The rate is that since the first call: what came before was other work.
        if not first or done < last:
            first, began = done, time.monotonic()
        last = done
        if sys.stderr.isatty():
            pace = ""
            if done > first:
                rate = (done - first) / max(time.monotonic() - began, 1e-9)
                pace = f" ({rate:,.{int(rate < 10)}f}/s, {(total - done) / rate:,.0f} s left)"
            end = "\n" if done >= total else ""
            line = f"\r{what} {done:,} of {total:,}{pace}   "
            print(line, end=end, file=sys.stderr, flush=True)
            if end:
                first = 0

    return show


def _folder(options: argparse.Namespace) -> Path:
    """Return the folder given, or else the one that the index was built from."""
    from qa.index import read_manifest

    if options.folder is not None:
        return Path(options.folder)
    index = Path(options.index)
    try:
        manifest = read_manifest(index)
    except IndexNotFound:
        if any(index.glob("g-*")):  # there is one, and which of it is live is not known
            raise
        return Path(FOLDER)
    # As it was written then, where that leads there still: a build then finds nothing changed.
    written = Path(str(manifest.settings.get("folder", manifest.folder)))
    folder = Path(manifest.folder)
    return written if written.resolve() == folder.resolve() else folder


def _build(options: argparse.Namespace) -> None:
    from qa.builder import build, watch
    from qa.networks.encoder import SentenceEncoder

    folder, index, encoder = _folder(options), Path(options.index), SentenceEncoder()
    progress = _counter()
    reports: Iterable[BuildReport | QAError]
    if options.watch:
        reports = watch(folder, index, encoder=encoder, progress=progress, retry=options.retry)
    else:
        reports = [build(folder, index, encoder=encoder, progress=progress, retry=options.retry)]
    before: BuildReport | None = None
    for report in reports:
        if isinstance(report, QAError):
            print(f"qa: {report}", file=sys.stderr)
            continue
        if options.json:
            _print_json(report.to_dict())
        else:
            print(report.changes(before) if before else report, flush=True)
        if options.watch and before is None:
            print(f"watching {folder}; Ctrl-C ends it", file=sys.stderr)
        before = report


def _ask(options: argparse.Namespace) -> None:
    from qa.answers.serialize import prediction_to_dict
    from qa.pipeline import QA

    qa = QA.open(options.index)
    threshold = options.threshold
    if options.strict is not None:
        threshold = qa.threshold_for(options.strict)
    prediction = qa.ask(
        options.question, top_k=options.top_k, threshold=threshold, **_filter(options)
    )
    if options.json:
        _print_json(prediction_to_dict(prediction))
        return
    if prediction.asked_otherwise:
        print(f"(asked: {prediction.resolved_question})\n")
    if prediction.outdated:
        print(f"{_left_out(qa, prediction)}\n")
    for answer in prediction.answers:
        print(f"“{answer.text}”  {answer.probability:.0%}")
        print(f"    {answer.source}")
        for place in answer.also_at:
            print(f"    also {place.source}")
        print(_indented(answer.passage.text))
        print()
    if not prediction.found:
        print("Not found in these documents.")
        if prediction.passages:
            print("The nearest passages, which do not answer it:\n")
        for hit in prediction.passages[:3]:
            passage = hit.passage
            print(f"    {passage.document_id}:{passage.start}-{passage.end}")
            print(_indented(passage.text))
            print()


def _search(options: argparse.Namespace) -> None:
    from qa.answers.serialize import hit_to_dict
    from qa.pipeline import QA

    qa = QA.open(options.index)
    found = qa.search(options.question, top_k=options.top_k, **_filter(options))
    if found.outdated:
        print(f"{_left_out(qa, found)}\n", file=sys.stderr if options.json else sys.stdout)
    if options.json:
        _print_json([hit_to_dict(hit) for hit in found.passages])
        return
    if not found.passages:
        print("No passage is left to show.")
    for position, hit in enumerate(found.passages, start=1):
        passage = hit.passage
        ranks = f"meaning {hit.dense_rank or '–'}, words {hit.lexical_rank or '–'}"
        print(f"{position}. {passage.document_id}:{passage.start}-{passage.end}  ({ranks})")
        print(_indented(passage.text))
        print()


def _left_out(qa: QA, found: Prediction | SearchResult) -> str:
    """Return in one line which documents were left out, and what mends it."""
    folder, mend = Path(qa.manifest.folder), qa.build_command()
    if not folder.is_dir():
        return f"(left out: {folder}, the documents' folder, is gone; put it back, or run {mend})"
    named = listed(found.outdated)
    return f"(left out, changed or gone since the build: {named}; run {mend})"


def _indented(text: str) -> str:
    import textwrap

    return textwrap.fill(
        " ".join(text.split()), 88, initial_indent="    │ ", subsequent_indent="    │ "
    )


def _info(options: argparse.Namespace) -> None:
    from qa.index import read_manifest

    manifest = read_manifest(Path(options.index))
    if options.json:
        _print_json(manifest.to_dict())
    else:
        print(manifest.summary())


def _verify(options: argparse.Namespace) -> int:
    from qa.index import read_manifest, verify

    index = Path(options.index)
    if options.answer is None:
        print(verify(index))
        return 0
    from qa.answers.verification import check_answers

    checked = check_answers(Path(options.answer), Path(read_manifest(index).folder))
    print("\n".join(map(str, checked)) or "no answers: not found was the answer")
    return int(any(place.verdict != "valid" for place in checked))


def _serve(options: argparse.Namespace) -> None:
    from qa.web import serve

    serve(
        _folder(options),
        options.index,
        host=options.host,
        port=options.port,
        strict=options.strict,
    )


def _eval_reader(options: argparse.Namespace) -> None:
    from qa.evaluation.reader import ask_reader, reader_scores
    from qa.networks.reader import OnnxReader

    earlier = _earlier(options, "reader")
    outcomes = ask_reader(options.file, OnnxReader(), limit=options.limit)
    scores = reader_scores(outcomes, file=Path(options.file).name)
    _report(options, "reader", scores, outcomes, earlier)


def _eval_corpus(options: argparse.Namespace) -> None:
    from qa.evaluation.corpus import ask_corpus, corpus_scores

    earlier = _earlier(options, "corpus")
    qa, questions = _golden(options)
    threshold = qa.threshold if options.threshold is None else options.threshold
    count = partial(_counter(), "asked")
    outcomes = ask_corpus(
        questions,
        qa,
        top_k=options.top_k,
        threshold=threshold,
        progress=lambda done: count(done, len(questions)),
    )
    scores = corpus_scores(outcomes, top_k=options.top_k, threshold=threshold)
    _report(options, "corpus", scores, outcomes, earlier)


def _eval_retrieval(options: argparse.Namespace) -> None:
    from qa.evaluation.corpus import retrieve_corpus, retrieve_scores

    earlier = _earlier(options, "retrieval")
    qa, questions = _golden(options)
    outcomes = retrieve_corpus(questions, qa, top_k=options.top_k)
    scores = retrieve_scores(outcomes, top_k=options.top_k)
    _report(options, "retrieval", scores, outcomes, earlier)


def _eval_robustness(options: argparse.Namespace) -> None:
    from qa.evaluation.robustness import evaluate_robustness
    from qa.networks.reader import OnnxReader

    count = partial(_counter(), "asked")
    scores = evaluate_robustness(
        options.file,
        OnnxReader(),
        sample=options.sample,
        progress=lambda done: count(done, options.sample),
    )
    if options.json:
        _print_json(scores)
        return
    print(f"{'':18}{'questions':>9}{'EM':>7}{'F1':>7}   lost: EM     F1")
    for name, row in scores.items():
        lost = f"{row['em_lost']:11.1f}{row['f1_lost']:7.1f}" if "em_lost" in row else ""
        name = name.replace("_", " ")
        print(f"{name:18}{row['questions']:9,.0f}{row['em']:7.1f}{row['f1']:7.1f}{lost}")


def _golden(options: argparse.Namespace) -> tuple[QA, list[GoldenQuestion]]:
    """Return the index and the questions, once the documents are seen to hold their answers."""
    from qa.evaluation.corpus import check_current
    from qa.evaluation.golden import check_golden, read_golden
    from qa.pipeline import QA

    questions = read_golden(options.questions)
    qa = QA.open(options.index)
    check_current(qa)
    document_ids = [file.path for file in qa.manifest.documents]
    check_golden(options.questions, questions, document_ids, lambda name: qa.document(name).text)
    return qa, questions


def _earlier(options: argparse.Namespace, kind: str) -> list[Row] | None:
    """Return the run to compare with; what --against and --html want is looked at before asking."""
    if options.html:
        from qa.evaluation.plots import need_matplotlib

        need_matplotlib()
        target = Path(options.html)
        written = target if target.exists() else target.parent
        if target.is_dir() or not written.exists() or not os.access(written, os.W_OK):
            raise QAError(f"{target} cannot be written", "name another with --html")
    if not options.against:
        return None
    from qa.evaluation.comparison import read_run

    return read_run(options.against, kind=kind)


def _report(
    options: argparse.Namespace,
    kind: str,
    scores: dict[str, Any],
    outcomes: Sequence[Outcome],
    earlier: list[Row] | None,
) -> None:
    from qa.evaluation.comparison import comparable, compare, comparison_text
    from qa.evaluation.table import table

    rows = [outcome.to_dict() for outcome in outcomes]
    compared = None if earlier is None else compare(comparable(rows), earlier)
    if options.html:
        from qa.evaluation.report import report_html

        name = Path(getattr(options, "questions", None) or options.file).name
        page = report_html(scores, outcomes, title=f"{name}: {kind}", compared=compared)
        try:
            Path(options.html).write_text(page, encoding="utf-8")
        except OSError as error:
            raise QAError(
                f"{options.html} cannot be written ({error.strerror})", "name another with --html"
            ) from error
    if options.json:
        against = {"against": compared} if compared else {}
        _print_json({"kind": kind, **scores, **against, "rows": rows})
        return
    print(table(scores))
    if compared:
        print(f"\n{comparison_text(compared)}")
    if options.html:
        print(f"\nThe report is {options.html}.")


def _feedback_list(options: argparse.Namespace) -> None:
    from dataclasses import asdict

    from qa.feedback import FeedbackStore, feedback_questions

    store = FeedbackStore.beside(options.index)
    votes = store.votes()
    if options.json:
        _print_json([asdict(vote) for vote in votes])
        return
    for asked in feedback_questions(votes, store.reviews()):
        print(f"{asked.question}  ({'settled' if asked.is_settled else 'to be reviewed'})")
        for line in asked.lines:
            print(f"    {line}")
    if not votes:
        print(f"No feedback yet: it is kept in {store.path} once a thumb is pressed on the page.")


def _feedback_review(options: argparse.Namespace) -> None:
    from qa.feedback import FeedbackStore, review
    from qa.index import index_command, open_index

    index = open_index(Path(options.index))
    texts = {file.path: index.document(file.path).text for file in index.manifest.documents}
    settled = review(
        FeedbackStore.beside(options.index),
        lambda answer: tuple(name for name, text in texts.items() if answer in text),
    )
    export = index_command(options.index, "feedback", "export", "FILE")
    print(f"{settled:,} settled; {export} writes golden questions.")


def _feedback_export(options: argparse.Namespace) -> None:
    from qa.feedback import FeedbackStore, export
    from qa.index import open_index

    index = open_index(Path(options.index))
    known = set(index.indexed)
    rows, left_out = export(
        FeedbackStore.beside(options.index),
        Path(options.file),
        lambda name: index.document(name).text if name in known else None,
    )
    for line in left_out:
        print(f"left out: {line}")
    print(f"{counted(rows, 'golden question')} written to {options.file}.")
