"""The comparison as Markdown; where another system is ahead, it says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.saved import named

NAMES = {
    "verbatim": "**Verbatim**",
    "haystack": "Haystack",
    "txtai": "txtai",
    "llamaindex": "LlamaIndex, retrieval alone",
    "bm25": "BM25, retrieval alone",
    "dense": "FAISS, retrieval alone",
}
# Key in the results, heading, digits, and whether more is better.
COLUMNS = (
    ("recall_at_5", "recall@5", 1, True),
    ("em", "EM", 1, True),
    ("f1", "F1", 1, True),
    ("false_answers", "false answers %", 0, False),
    ("ms_median", "median ms", 0, False),
    ("ms_p95", "p95 ms", 0, False),
    ("time_over_verbatim", "time, × ours", 2, False),
    ("build_s", "build s", 0, False),
    ("index_mib", "index MiB", 1, False),
    ("peak_mib", "peak MiB", 0, False),
)
CORPORA = {"pooled": "SQuAD dev pooled", "seeds": "`seeds/`"}

Row = Mapping[str, Any]


def markdown(results: Mapping[str, Any]) -> str:
    """Return a table for each corpus, what is ahead of Verbatim, and how each was set up."""
    return "\n".join(_lines(results))


def _lines(results: Mapping[str, Any]) -> Iterator[str]:
    measured = [(name, results[name]) for name in CORPORA if name in results]
    for name, corpus in measured:
        yield (
            f"{CORPORA[name]}: {corpus['documents']} documents, {corpus['passages']:,} passages, "
            f"{corpus['questions']} questions, {corpus['unanswerable']} of them unanswerable."
        )
        yield ""
        yield "| | " + " | ".join(heading for _, heading, *_ in COLUMNS) + " |"
        yield "|---|" + "---:|" * len(COLUMNS)
        for system, row in corpus["systems"].items():
            cells = (_cell(row, key, digits) for key, _, digits, _ in COLUMNS)
            yield f"| {NAMES[system]} | " + " | ".join(cells) + " |"
        yield ""
        ahead = "; ".join(_ahead(corpus["systems"]))
        yield f"Ahead of Verbatim: {ahead or 'none'}."
        yield ""
    yield (
        "The same passages, encoder and reader weights for all (Verbatim runs them in int8, the "
        f"others in float32), blocks of {results['block']} questions in turns, at commit "
        f"{results['commit']} on {named(results['machine'])}; "
        "× is the median ratio of blocks. EM and F1 leave every threshold aside. False answers: of "
        "the unanswerable questions, those answered when a bar on the system's own score lets it "
        "answer as many of the answerable ones as Verbatim does as shipped; where a system "
        "cannot be set to that, its own share is in brackets, with Verbatim's false answers at "
        "that share. Others are given finished passages to build from, Verbatim the files. "
        "`make bench-peers DATA=QA_DATA "
        f"SAMPLE={max(corpus['questions'] for _, corpus in measured)}`."
    )
    yield ""
    for system, row in measured[0][1]["systems"].items():
        versions = ", ".join(f"{package} {number}" for package, number in row["versions"].items())
        told = f"- {NAMES[system]} ({versions}): {row['setting']}."
        if row.get("errors"):
            told += f" Its reader raised an exception on {row['errors']} questions: no answer."
        yield told


def _cell(row: Row, key: str, digits: int) -> str:
    if row.get(key) is None:
        return "–"
    shown = _figure(row[key], digits)
    if key == "false_answers" and row["is_elsewhere"]:
        shown += f" (at {row['coverage']:.0f} %; ours {row['verbatim_false_answers']:.0f})"
    return shown


def _figure(value: float, digits: int) -> str:
    return f"{value:,.{max(digits, 1) if 0 < value < 10 else digits}f}"


def _ahead(systems: Mapping[str, Row]) -> Iterator[str]:
    """Yield for each other system what it does better."""
    ours = systems["verbatim"]
    for name, row in systems.items():
        better = []
        for key, heading, digits, more in COLUMNS:
            if name == "verbatim" or row.get(key) is None or key == "time_over_verbatim":
                continue
            mine = row["verbatim_false_answers"] if key == "false_answers" else ours[key]
            if (row[key] > mine) if more else (row[key] < mine):
                better.append(f"{heading} {_figure(row[key], digits)} to {_figure(mine, digits)}")
        if better:
            yield f"{NAMES[name]} ({', '.join(better)})"
