"""Read the numbers of a chart, which its file keeps beside the picture."""

from __future__ import annotations

from typing import Any

from qa.loaders.extracted import TextBuilder
from qa.loaders.office.parts import local_name

_MAX_POINTS = 10_000


def add_chart(root: Any, builder: TextBuilder) -> None:
    """Append a chart's title, then a row for each category with the value of each series."""
    chart = None if root is None else root.find(".//{*}chart")
    if chart is None:
        return
    builder.add_content(_title(chart.find("{*}title")))
    names: list[str] = []
    values: dict[int, tuple[str, dict[int, str]]] = {}  # by category: its name, by series
    for number, series in enumerate(chart.iter("{*}ser")):
        names.append(" ".join(_cached(series.find("{*}tx")).values()))
        categories = _cached(_first(series, "cat", "xVal"))
        for point, value in _cached(_first(series, "val", "yVal")).items():
            _, by_series = values.setdefault(point, (categories.get(point, ""), {}))
            by_series[number] = value
    builder.begin_table()
    builder.add_row([_axis(chart), *names], header=True)
    for _, (name, by_series) in sorted(values.items()):
        builder.add_row([name, *(by_series.get(number, "") for number in range(len(names)))])


def _first(series: Any, *names: str) -> Any:
    return next((node for name in names if (node := series.find(f"{{*}}{name}")) is not None), None)


def _cached(node: Any) -> dict[int, str]:
    """Return the stored texts or numbers of a reference, by their position."""
    found: dict[int, str] = {}
    for point in node.iter("{*}pt", "{*}v") if node is not None else ():
        is_point = local_name(point) == "pt"
        value = point.find("{*}v") if is_point else point
        position = point.get("idx", "0") if is_point else "0"
        if value is not None and position.isdigit() and len(found) < _MAX_POINTS:
            found.setdefault(int(position), " ".join((value.text or "").split()))
    return found


def _title(node: Any) -> str:
    if node is None:
        return ""
    return " ".join("".join(t.text or "" for t in node.iter("{*}t")).split())


def _axis(chart: Any) -> str:
    """Return the title of the axis of categories, empty if it has none."""
    axis = next(iter(chart.iter("{*}catAx", "{*}dateAx")), None)
    return "" if axis is None else _title(axis.find("{*}title"))
