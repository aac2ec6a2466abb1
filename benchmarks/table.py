"""The README's table of numbers, made from the newest results: ``python -m benchmarks.table``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.peers.table import markdown
from benchmarks.saved import RESULTS, named

README = Path(__file__).parents[1] / "README.md"
PICTURES = {
    "risk-coverage.svg": "Share of wrong answers by the share of questions answered",
    "reliability.svg": "Share of right answers by the probability promised",
}
BEGIN, END = "<!-- numbers: python -m benchmarks.table -->", "<!-- end of numbers -->"

PEERS = ("<!-- peers: python -m benchmarks.table -->", "<!-- end of peers -->")


def newest(kind: str) -> dict[str, Any]:
    """Return the newest saved results of a kind, ``speed`` or ``accuracy``."""
    saved = [json.loads(path.read_text("utf-8")) for path in RESULTS.glob(f"{kind}-*.json")]
    if not saved:
        raise SystemExit(f"no {kind} results in {RESULTS}: run `make bench` first")
    return max(saved, key=lambda results: results.get("date", ""))


def table() -> str:
    """Return the table as Markdown."""
    accuracy, speed = newest("accuracy"), newest("speed")
    v1, v2 = accuracy["squad_v1"], accuracy["squad_v2"]
    seeds, pooled = accuracy["seeds"], accuracy["pooled"]
    held_out, among_all = accuracy["calibration"], accuracy["held_out"]
    stopped = newest("early-stop")["pooled"]
    question, building, startup = speed["question"], speed["building"], speed["startup"]
    rows = [
        (
            "SQuAD v1.1 dev, paragraph given (int8)",
            f"EM {v1['em']:.1f}, F1 {v1['f1']:.1f}",
            "`qa eval reader squad-v1.1-dev.jsonl.gz`",
        ),
        (
            "SQuAD v2.0 dev, second half of the articles, null threshold fitted on the first",
            f"EM {v2['second_half']['em']:.1f}, F1 {v2['second_half']['f1']:.1f}",
            "`qa eval reader squad-v2.0-dev.jsonl.gz`",
        ),
        (
            f"SQuAD v1.1 dev pooled as {pooled['documents']} documents, "
            f"{pooled['questions']} questions",
            f"EM {pooled['best_em']:.1f}, F1 {pooled['best_f1']:.1f}, "
            f"right among three {pooled['top3_right']:.1f}, "
            f"recall@5 {pooled['recall_at']['5']:.1f}",
            "`python -m benchmarks.accuracy QA_DATA`",
        ),
        (
            f"`seeds/`, {seeds['questions']} golden questions, "
            f"{seeds['unanswerable']} of them unanswerable",
            f"EM {seeds['em']:.1f}, F1 {seeds['f1']:.1f}",
            "`qa eval corpus --questions tests/golden/seeds.jsonl`",
        ),
        (
            "… absent, yet answered / there, yet refused",
            f"{seeds['answered_but_absent']:.0f} % / {seeds['refused_but_there']:.0f} %",
            "the same",
        ),
        (
            f"Probability: calibration error on {held_out['questions']} held-out questions",
            f"ECE {held_out['ece']:.3f}",
            "`python -m training.calibrate squad-v2.0-dev.jsonl.gz`",
        ),
        (
            f"… on {among_all['questions']} of the same articles, asked of all "
            f"{pooled['documents']} documents: the pictures below",
            f"ECE {among_all['ece']:.3f}",
            "`python -m benchmarks.accuracy QA_DATA`",
        ),
        (
            "… over `seeds/`, other documents than it was fitted on",
            f"ECE {seeds['ece']:.3f}",
            "`qa eval corpus --questions tests/golden/seeds.jsonl`",
        ),
        (
            f"A whole question over `seeds/`, {question['passages_read']:.1f} of "
            f"{question['passages']} passages read on average",
            f"median {question['question_ms']['median']:.0f} ms, "
            f"p95 {question['question_ms']['p95']:.0f} ms",
            "`make bench`",
        ),
        (
            f"Lost by not reading every passage, {stopped['questions']} pooled questions",
            f"EM {stopped['limits'][0]['em_lost']:.1f}, "
            f"right among three {stopped['limits'][0]['top3_lost']:.1f}",
            "`python -m benchmarks.early_stop QA_DATA`",
        ),
        (
            "Reading all ten, against doing so with PyTorch in float32",
            f"× {question['read_all_over_torch']:.2f}",
            "`make bench`",
        ),
        (
            "Building, against `SentenceTransformer.encode` alone",
            f"{building['build_passages_per_s']:.0f} passages/s, "
            f"× {building['build_over_plain_encode_time']:.2f} of its time",
            "`make bench`",
        ),
        (
            "`qa ask` from nothing to its answer; peak memory",
            f"{startup['ask_s']:.1f} s; {startup['ask_peak_mib']:.0f} MiB",
            "`make bench`",
        ),
    ]
    lines = ["| what | measured | command |", "|---|---|---|"]
    lines += [f"| {what} | {measured} | {command} |" for what, measured, command in rows]
    note = (
        f"Speed at commit {speed['commit']}, on {named(speed['machine'])}, shared with others: "
        "read the ratios, they were taken side by side."
    )
    drawn = [name for name in PICTURES if (RESULTS / name).exists()]
    shown = "\n".join(f"![{PICTURES[name]}](benchmarks/results/{name})" for name in drawn)
    return "\n".join([*lines, "", note, *(["", shown] if shown else [])])


def peers_table() -> str:
    """Return the comparison with other systems as Markdown."""
    if not list(RESULTS.glob("peers-*.json")):
        return "Not measured at this version: run `make bench-peers DATA=folder`."
    return markdown(newest("peers"))


def main() -> None:
    """Write both tables into the README, each between its two marks."""
    text = README.read_text("utf-8")
    for begin, end, made in ((BEGIN, END, table()), (*PEERS, peers_table())):
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = f"{before}{begin}\n{made}\n{end}{after}"
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
