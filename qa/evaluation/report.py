"""A report as one self-contained page of HTML: scores, plots, and misses with passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from qa.evaluation.outcomes import MISSES, RIGHT, Outcome
from qa.evaluation.plots import plots
from qa.evaluation.table import COLUMNS, LEGEND, score_rows

TEMPLATE = Path(__file__).parent / "report.html"
# More would be slow to lay out in a browser.
MAX_MISSES = 1000


def report_html(
    scores: Mapping[str, Any],
    outcomes: Sequence[Outcome],
    *,
    title: str,
    compared: Mapping[str, Any] | None = None,
) -> str:
    """Return the report, with the text of documents and questions escaped.

    Raises :class:`~qa.errors.QAError` if Matplotlib is not installed.
    """
    drawn = [(words, Markup(svg)) for words, svg in plots(outcomes)]
    missed = [outcome for outcome in outcomes if outcome.stage != RIGHT]
    by_stage = [
        (stage, words, [outcome for outcome in missed[:MAX_MISSES] if outcome.stage == stage])
        for stage, words in MISSES.items()
    ]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        title=title,
        scores=scores,
        rows=list(score_rows(scores)),
        columns=COLUMNS,
        legend=LEGEND,
        plots=drawn,
        by_stage=[stage for stage in by_stage if stage[2]],
        left_out=max(len(missed) - MAX_MISSES, 0),
        compared=compared,
        is_read=any(outcome.is_read for outcome in outcomes),
        marked=_marked,
    )


def _marked(outcome: Outcome) -> Markup:
    """Return the passage of a miss with the first occurrence of its best answer marked."""
    if not outcome.best or outcome.best not in outcome.passage:
        return Markup("{}").format(outcome.passage)
    before, found, after = outcome.passage.partition(outcome.best)
    return Markup("{}<mark>{}</mark>{}").format(before, found, after)
