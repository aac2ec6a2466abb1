"""Format scores as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qa.evaluation.outcomes import MISSES

# The label of each score, in the order of the table; the JSON has more.
NAMES = {
    "em": "EM",
    "f1": "F1",
    "best_em": "EM at any probability",
    "best_f1": "F1 at any probability",
    "best_right": "right at any probability",
    "best_right_in_place": "… and from the right place",
    "top3_em": "EM, best of three",
    "top3_right": "right among three (F1 ≥ 0.8)",
    "right_shown": "right answer shown",
    "wrong_shown": "wrong answer shown",
    "refused_but_there": "refused though present",
    "answered_but_absent": "false answers",
    "right_against_absent_auc": "AUC, right against absent",
    "mrr": "MRR",
    "ndcg_at_10": "nDCG@10",
    "ece": "calibration error (ECE)",
    "sigmoid_ece": "ECE of the bare sigmoid",
    "risk_coverage_auc": "risk–coverage area",
    "coverage_at_80": "coverage at 80 % accuracy",
}
FRACTIONS = {
    "right_against_absent_auc",
    "ece",
    "sigmoid_ece",
    "risk_coverage_auc",
    "coverage_at_80",
}
# The columns of the table by tag: all in percent.
COLUMNS = {
    "em": "EM",
    "f1": "F1",
    "best_right": "best",
    "right_shown": "right",
    "wrong_shown": "wrong",
    "refused_but_there": "refused",
    "answered_but_absent": "false",
    "recall_at_5": "in 5",
    "recall_at_20": "in 20",
}
LEGEND = (
    "best: right, shown or not; right, wrong: shown; refused: though present; "
    "false: though absent; in k: recall@k"
)


def table(scores: Mapping[str, Any]) -> str:
    """Return the scores with their 95 % intervals, then tags, stages and milliseconds."""
    return "\n".join(_lines(scores))


def score_rows(scores: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and 95 % interval of each score that was measured."""
    values = {name: scores.get(name) for name in NAMES}
    labels = dict(NAMES)
    for k, value in scores.get("recall_at", {}).items():
        values[f"recall_at_{k}"] = value
        labels[f"recall_at_{k}"] = f"recall@{k}"
    for name, value in values.items():
        if value is not None:
            digits = 3 if name in FRACTIONS else 1
            edges = scores["intervals"].get(name)
            shown = " – ".join(f"{edge:.{digits}f}" for edge in edges) if edges else ""
            yield labels[name], f"{value:.{digits}f}", shown


def _lines(scores: Mapping[str, Any]) -> Iterator[str]:
    counts = f"{scores['questions']:,} questions"
    if "unanswerable" in scores:
        counts += f", {scores['unanswerable']:,} of them unanswerable"
    yield counts
    yield f"{'':28}{'':>7}   95 % from – to"
    for name, value, interval in score_rows(scores):
        yield f"{name:28}{value:>7}   {interval}".rstrip()
    if half := scores.get("second_half"):
        yield (
            f"second half of the titles, at the best null threshold of the first, "
            f"{half['null_threshold']:.2f}: EM {half['em']:.1f}, F1 {half['f1']:.1f}"
        )
    if by_tag := scores.get("by_tag"):
        yield f"\n{'tag':16}{'questions':>9}" + "".join(f"{words:>8}" for words in COLUMNS.values())
        for tag, row in by_tag.items():
            values = (row[name] for name in COLUMNS)
            shown = "".join(f"{'–' if each is None else f'{each:.1f}':>8}" for each in values)
            yield f"{tag:16}{row['questions']:9,}{shown}"
        yield LEGEND
    if stages := scores.get("stages"):
        yield "\nmisses"
        for stage, words in MISSES.items():
            yield f"  {stage:20}{stages[stage]:>5}   {words}"
    yield f"\n{'milliseconds':28}{'median':>7}   {'p95':>7}"
    for stage, row in scores["ms"].items():
        yield f"  {stage:26}{row['median']:7.1f}   {row['p95']:7.1f}"
