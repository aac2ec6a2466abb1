"""Compare two runs over the same questions: the flips, and whether they are significant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qa.errors import DatasetError
from qa.evaluation.chance import mcnemar, mean_interval, sign_flip

Row = Mapping[str, Any]


def read_run(path: str | Path, *, kind: str) -> list[Row]:
    """Return the rows of a run saved with ``--json``; raise :class:`~qa.errors.DatasetError`."""
    remedy = f"give a file saved by `qa eval {kind} … --json > FILE`"
    try:
        saved = json.loads(Path(path).read_text(encoding="utf-8"))
        if saved["kind"] != kind:
            raise ValueError(f"it was saved by `qa eval {saved['kind']}`")
        rows = comparable(saved["rows"])
    except OSError as error:
        raise DatasetError(f"cannot read {path} ({error.strerror})", remedy) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path} is not a saved run ({error!r})", remedy) from error
    return rows


def comparable(rows: Iterable[Row]) -> list[Row]:
    """Return the fields of a run's rows that are compared.

    Raises TypeError, KeyError or ValueError for an invalid row.
    """
    return [
        {
            "id": str(row["id"]),
            "question": str(row["question"]),
            "accepted": sorted(map(str, row["accepted"])),
            "answer": str(row["answer"]) if row["found"] else "",
            "em": float(row["em"]),
            "f1": float(row["f1"]),
        }
        for row in rows
    ]


def compare(new: Sequence[Row], old: Sequence[Row]) -> dict[str, Any]:
    """Return the flips from ``old`` to ``new``, both differences, and the questions left out.

    Both are rows from :func:`comparable`. A question is compared if both runs have the same
    question and the same accepted answers under its id. ``em_p`` is the p-value of McNemar's
    exact test over the flips, ``f1_p`` that of :func:`~qa.evaluation.chance.sign_flip`;
    ``f1_interval`` is the paired bootstrap interval of the mean difference of F1 (points of
    100), which is too narrow if few questions changed. A difference is called more than
    chance at p < 0.05.
    """
    before = {row["id"]: row for row in old}
    after = {row["id"]: row for row in new}
    both = [row_id for row_id in after if row_id in before]
    same = [row_id for row_id in both if _asked(after[row_id]) == _asked(before[row_id])]
    if not same:
        raise DatasetError(
            "the two runs have no question in common", "compare runs over one file of questions"
        )
    flips = [
        {
            "id": row_id,
            "question": after[row_id]["question"],
            "was": _shown(before[row_id]),
            "is": _shown(after[row_id]),
            "gained": after[row_id]["em"] > before[row_id]["em"],
        }
        for row_id in same
        if after[row_id]["em"] != before[row_id]["em"]
    ]
    gained = sum(bool(flip["gained"]) for flip in flips)
    em = [100 * (after[row_id]["em"] - before[row_id]["em"]) for row_id in same]
    differences = [100 * (after[row_id]["f1"] - before[row_id]["f1"]) for row_id in same]
    interval = mean_interval(differences)
    p, f1_p = mcnemar(gained, len(flips) - gained), sign_flip(differences)
    return {
        "compared": len(same),
        "only_new": [row_id for row_id in after if row_id not in before],
        "only_old": [row_id for row_id in before if row_id not in after],
        "changed": [row_id for row_id in both if _asked(after[row_id]) != _asked(before[row_id])],
        "gained": gained,
        "lost": len(flips) - gained,
        "em_difference": round(sum(em) / len(same), 2),
        "em_p": round(p, 4),
        "em_more_than_chance": p < 0.05,
        "f1_difference": round(sum(differences) / len(same), 2),
        "f1_interval": interval and [round(edge, 2) for edge in interval],
        "f1_p": round(f1_p, 4),
        "f1_more_than_chance": f1_p < 0.05,
        "flips": flips,
    }


def comparison_text(compared: Mapping[str, Any]) -> str:
    """Return a comparison as text for the terminal."""
    lines = [f"Against the earlier run, over {compared['compared']:,} questions of both:"]
    for name, words in [
        ("only_new", "only in this run"),
        ("only_old", "only in the earlier run"),
        ("changed", "other question or accepted answers under the same id"),
    ]:
        if ids := compared[name]:
            shown = ", ".join(ids[:5]) + (" …" if len(ids) > 5 else "")
            lines.append(f"  left out, {words}: {len(ids):,} ({shown})")
    lines.append(
        f"  EM {compared['em_difference']:+.1f}: {compared['gained']} gained, "
        f"{compared['lost']} lost; {_verdict(compared['em_more_than_chance'])} "
        f"(McNemar, p = {compared['em_p']:.3f})"
    )
    low, high = compared["f1_interval"] or (float("nan"), float("nan"))
    lines.append(
        f"  F1 {compared['f1_difference']:+.1f}, 95 % from {low:+.1f} to {high:+.1f}; "
        f"{_verdict(compared['f1_more_than_chance'])} (sign flips, p = {compared['f1_p']:.3f})"
    )
    for flip in compared["flips"]:
        mark = "+" if flip["gained"] else "-"
        lines.append(f"  {mark} {flip['id']}: {flip['question']}")
        lines.append(f"      {flip['was']} → {flip['is']}")
    return "\n".join(lines)


def _verdict(is_more: bool) -> str:
    return "more than chance" if is_more else "may be chance"


def _asked(row: Row) -> tuple[str, list[str]]:
    return row["question"], row["accepted"]


def _shown(row: Row) -> str:
    return f"“{row['answer']}”" if row["answer"] else "not found"
