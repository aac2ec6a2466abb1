"""The command line: every verb is one call of the library."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import QAError

if TYPE_CHECKING:
    from qa.builder import BuildReport

INDEX = "index"


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
    added.add_argument("folder", nargs="?", default="seeds", help="default: %(default)s")
    added.add_argument("--json", action="store_true", help="print the report as JSON")
    added.add_argument("--watch", action="store_true", help="go on, and build at each change")
    added = verb("ask", _ask, "Answer a question with quotations, or say it is not found.")
    added.add_argument("question")
    added.add_argument("--json", action="store_true", help="print everything as JSON")
    added.add_argument("--top-k", type=_positive, default=10, help="passages to read")
    added.add_argument("--threshold", type=_share, help="least probability shown, 0 to 1")
    added = verb("search", _search, "Show the passages nearest to a question.")
    added.add_argument("question")
    added.add_argument("--json", action="store_true", help="print the hits as JSON")
    added.add_argument("--top-k", type=_positive, default=5, help="passages to show")
    added = verb("info", _info, "Say what the index holds and how it was built.")
    added.add_argument("--json", action="store_true", help="print it as JSON")
    added = verb("verify", _verify, "Check every byte of the index against its hashes.")
    added.add_argument(
        "--answer", metavar="FILE", help="check what `qa ask --json` printed against the documents"
    )
    added = verb("serve", _serve, "Serve the page on this machine.")
    added.add_argument("folder", nargs="?", default="seeds", help="default: %(default)s")
    added.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    added.add_argument("--port", type=int, default=7860, help="default: %(default)s")

    evaluate = verbs.add_parser("eval", help="Measure answers on labelled questions.")
    kinds = evaluate.add_subparsers(title="what", required=True, metavar="WHAT")
    added = kinds.add_parser("reader", help="each question with its paragraph given")
    added.add_argument("file", help="paragraphs with questions, .jsonl or .jsonl.gz")
    added.add_argument("--limit", type=_positive, help="only the first questions")
    added.add_argument("--json", action="store_true", help="print the scores as JSON")
    added.set_defaults(run=_eval_reader)
    added = kinds.add_parser("corpus", help="each question asked of the whole index")
    added.add_argument("--questions", required=True, metavar="FILE", help=".jsonl or .jsonl.gz")
    added.add_argument("--index", default=INDEX, metavar="DIR", help="default: %(default)s")
    added.add_argument("--top-k", type=_positive, default=10, help="passages to read")
    added.add_argument("--threshold", type=_share, help="least probability shown, 0 to 1")
    added.add_argument("--json", action="store_true", help="print the scores as JSON")
    added.set_defaults(run=_eval_corpus)
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _counter(what: str) -> Callable[[int, int], None]:
    """Return a progress callback that rewrites one line, on terminals only."""
    began = time.monotonic()

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            rate = done / max(time.monotonic() - began, 1e-9)
            end = "\n" if done >= total else ""
            left = f"{(total - done) / max(rate, 1e-9):,.0f} s left"
            line = f"\r{what} {done:,} of {total:,} ({rate:,.0f}/s, {left})   "
            print(line, end=end, file=sys.stderr, flush=True)

    return show


def _build(options: argparse.Namespace) -> None:
    from qa.builder import build, watch
    from qa.encoder import SentenceEncoder

    folder, index, encoder = Path(options.folder), Path(options.index), SentenceEncoder()
    progress = _counter("encoding passages")
    reports: Iterable[BuildReport | QAError]
    if options.watch:
        reports = watch(folder, index, encoder=encoder, progress=progress)
    else:
        reports = [build(folder, index, encoder=encoder, progress=progress)]
    for report in reports:
        if isinstance(report, QAError):
            print(f"qa: {report}", file=sys.stderr)
        elif options.json:
            _print_json(report.to_dict())
        else:
            print(report, flush=True)


def _ask(options: argparse.Namespace) -> None:
    from qa.pipeline import QA
    from qa.serialize import prediction_to_dict

    prediction = QA.open(options.index).ask(
        options.question, top_k=options.top_k, threshold=options.threshold
    )
    if options.json:
        _print_json(prediction_to_dict(prediction))
        return
    for document in prediction.outdated:
        print(f"(left out, changed since the build: {document}; run `qa build`)\n")
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
    from qa.pipeline import QA
    from qa.serialize import hit_to_dict

    hits = QA.open(options.index).search(options.question, top_k=options.top_k)
    if options.json:
        _print_json([hit_to_dict(hit) for hit in hits])
        return
    for position, hit in enumerate(hits, start=1):
        passage = hit.passage
        ranks = f"meaning {hit.dense_rank or '–'}, words {hit.lexical_rank or '–'}"
        print(f"{position}. {passage.document_id}:{passage.start}-{passage.end}  ({ranks})")
        print(_indented(passage.text))
        print()


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
    from qa.quotations import check_answers

    checked = check_answers(Path(options.answer), Path(read_manifest(index).folder))
    print("\n".join(map(str, checked)) or "no answers: not found was the answer")
    return int(any(place.verdict != "valid" for place in checked))


def _serve(options: argparse.Namespace) -> None:
    from qa.web import serve

    serve(options.folder, options.index, host=options.host, port=options.port)


def _eval_reader(options: argparse.Namespace) -> None:
    from qa.evaluation.reader import evaluate_reader
    from qa.reader import OnnxReader

    scores = evaluate_reader(options.file, OnnxReader(), limit=options.limit)
    _print_scores(scores, as_json=options.json)


def _eval_corpus(options: argparse.Namespace) -> None:
    from qa.evaluation.corpus import evaluate_corpus
    from qa.evaluation.golden import read_golden
    from qa.pipeline import QA

    questions = read_golden(options.questions)
    count = _counter("asked")
    scores = evaluate_corpus(
        questions,
        QA.open(options.index),
        top_k=options.top_k,
        threshold=options.threshold,
        progress=lambda done: count(done, len(questions)),
    )
    _print_scores(scores, as_json=options.json)


def _print_scores(scores: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        _print_json(scores)
        return
    for name, value in scores.items():
        print(f"{name.replace('_', ' '):22} {value}")
