"""The comparison as Markdown, with what other systems do better."""

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


def summary(results: Mapping[str, Any]) -> str:
    """Return a short table of the systems that read, over pooled SQuAD."""
    corpus = results["pooled"]
    keys = ("em", "f1", "false_answers", "ms_median", "time_over_verbatim")
    columns = [column for column in COLUMNS if column[0] in keys]
    lines = [
        f"| {corpus['documents']} documents, {corpus['questions']:,} questions | "
        + " | ".join(heading for _, heading, *_ in columns)
        + " |",
        "|---|" + "---:|" * len(columns),
    ]
    lines += [
        f"| {NAMES[system]} | "
        + " | ".join(_cell(row, key, digits) for key, _, digits, _ in columns)
        + " |"
        for system, row in corpus["systems"].items()
        if row["reads"]
    ]
    return "\n".join(lines)


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
        "All systems have the same passages and the same encoder and reader weights (Verbatim in "
        f"int8, the others in float32) and answer blocks of {results['block']} questions in turns, "
        f"at commit {results['commit']} on {named(results['machine'])}; × is the median ratio of "
        "blocks. EM and F1 ignore every threshold. False answers: the share of the unanswerable "
        "questions that a system answers when the threshold on its own score is set so that it "
        "answers as many of the answerable ones as Verbatim does as shipped. Where that cannot be "
        "set, the share of answerable questions it answers is in brackets, with Verbatim's false "
        "answers at that share. The others build from finished passages, Verbatim from the files. "
        "`make bench-peers DATA=QA_DATA "
        f"SAMPLE={max(corpus['questions'] for _, corpus in measured)}`."
    )
    yield ""
    for system, row in measured[0][1]["systems"].items():
        versions = ", ".join(f"{package} {number}" for package, number in row["versions"].items())
        line = f"- {NAMES[system]} ({versions}): {row['setting']}."
        if row.get("errors"):
            line += f" Its reader raised an exception on {row['errors']} questions: no answer."
        yield line


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
    """Yield what each other system does better."""
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
