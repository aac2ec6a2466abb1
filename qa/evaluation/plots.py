"""The plots of a report, as SVG in the colours of the page around it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.errors import QAError
from qa.evaluation.confidence import Bin, reliability, risk_coverage
from qa.evaluation.outcomes import Outcome
from qa.evaluation.retrieval_metrics import recall_at
from qa.evaluation.scores import confidences_of, percentile_95

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Matplotlib writes these into the SVG; each is replaced by a variable of the page's style
# sheet, which has a dark scheme too.
INK, SOFT, LINE, ACCENT, MARKER = "#010101", "#020202", "#030303", "#040404", "#050505"
VARIABLES = {INK: "ink", SOFT: "soft", LINE: "line", ACCENT: "accent", MARKER: "marker-edge"}
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 11,
    "svg.fonttype": "none",  # text stays text, in the page's own font
    "svg.hashsalt": "verbatim",  # the same figures make the same bytes
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 12,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "legend.frameon": False,
}


def plots(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Return ``(caption, SVG)`` of each plot that these outcomes allow.

    Raises :class:`~qa.errors.QAError` if Matplotlib is not installed.
    """
    drawn = []
    confidences, right = confidences_of(outcomes)
    if any(outcome.candidates for outcome in outcomes):
        coverage, risk = risk_coverage(confidences, right)
        drawn.append(("Risk and coverage, most confident answers first", risk_plot(coverage, risk)))
    if all(outcome.calibrated for outcome in outcomes):
        bins = reliability(confidences, right)
        drawn.append(("Calibration of the probability", reliability_plot(bins)))
    there = [outcome.relevant for outcome in outcomes if outcome.answerable]
    if there and (depth := max(map(len, there))) > 1:
        ranks = range(1, depth + 1)
        shares = np.array([np.mean([recall_at(found, k) for found in there]) for k in ranks])
        drawn.append(("Recall of the first k passages", _recall(np.array(ranks), shares)))
    stages = {name: None for outcome in outcomes for name in outcome.timings_ms}
    times = {name: np.array([o.timings_ms[name] for o in outcomes]) for name in stages}
    drawn.append(("Milliseconds per question", _latency(times)))
    return drawn


def risk_plot(coverage: Any, risk: Any) -> str:
    """Return the risk–coverage curve as SVG; both arrays contain shares, 0 to 1."""

    def draw(axes: Axes) -> None:
        axes.fill_between(100 * coverage, 100 * risk, color=ACCENT, alpha=0.15, linewidth=0)
        axes.plot(100 * coverage, 100 * risk, color=ACCENT, linewidth=2)
        axes.set(xlim=(0, 100), ylim=(0, None))
        axes.set(xlabel="coverage: questions answered, %", ylabel="risk: wrong answers, %")

    return _svg(draw)


def reliability_plot(bins: Sequence[Bin]) -> str:
    """Return the reliability diagram of these bins as SVG."""

    def draw(axes: Axes) -> None:
        answers = sum(bin.count for bin in bins)
        axes.plot([0, 100], [0, 100], color=SOFT, linewidth=1, linestyle=(0, (3, 3)))
        axes.plot(
            [100 * bin.probability for bin in bins],
            [100 * bin.right for bin in bins],
            color=ACCENT,
            linewidth=1,
        )
        axes.scatter(
            [100 * bin.probability for bin in bins],
            [100 * bin.right for bin in bins],
            s=[20 + 400 * bin.count / answers for bin in bins],
            color=ACCENT,
            zorder=3,
        )
        axes.set(xlim=(0, 103), ylim=(0, 103))
        axes.set(xlabel="predicted probability, % (size: answers)", ylabel="right answers, %")

    return _svg(draw)


def _recall(ranks: Any, shares: Any) -> str:
    def draw(axes: Axes) -> None:
        from matplotlib.ticker import MaxNLocator

        axes.plot(ranks, 100 * shares, color=ACCENT, linewidth=2, marker="o", markersize=4)
        axes.set(xlim=(0.5, len(ranks) + 0.5), ylim=(min(50, 95 * shares.min()), 101))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlabel="passages, k", ylabel="recall@k, %")

    return _svg(draw)


def _latency(times: dict[str, Any]) -> str:
    def draw(axes: Axes) -> None:
        names = list(times)[::-1]
        medians = [np.median(times[name]) for name in names]
        highest = [percentile_95(times[name]) for name in names]
        axes.barh(names, medians, color=ACCENT, height=0.5)
        axes.hlines(names, medians, highest, color=MARKER, linewidth=2)
        axes.scatter(highest, names, color=MARKER, marker="|", s=90, linewidth=2)
        for name, middle, high in zip(names, medians, highest, strict=True):
            axes.annotate(
                f"{middle:.1f} · {high:.1f}",
                (high, name),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                color=INK,
            )
        axes.grid(axis="y", visible=False)
        centre = (len(names) - 1) / 2
        axes.set_ylim(centre - 2, centre + 2)  # bars of the same width, whatever their number
        axes.set(xlim=(0, 1.35 * max(highest) or 1), xlabel="median · 95th percentile")

    return _svg(draw)


def need_matplotlib() -> None:
    """Raise :class:`~qa.errors.QAError` if Matplotlib is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise QAError(
            "the report's plots need Matplotlib", "run `pip install 'verbatim-qa[report]'`"
        ) from error


def _svg(draw: Any) -> str:
    need_matplotlib()
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.2, 3.4), layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        draw(axes)
        written = io.StringIO()
        FigureCanvasSVG(figure)
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :]
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    # Matplotlib's metadata contains addresses; a report contains none.
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s(?:width|height)="[\d.]+pt"', "", svg, count=2)
    return re.sub(r"font: [^;\"]*", "font-size: 11px", svg)
