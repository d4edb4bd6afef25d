"""Several trainings in one picture: of each group the mean over its runs and how far they spread, and their paths over a landscape.

The figure is a plain dict, as in `explorer.charts.training`.
"""

from __future__ import annotations

import html
import math
from array import array
from collections.abc import Sequence
from statistics import fmean
from typing import Any, NamedTuple

from explorer.ir import TrainingPoint, TrainingSnapshot, TrainingSurface
from explorer.words import Language, say

MOST_GROUPS = 8

_HUES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c8c8c", "#b8a800")
"""After Okabe and Ito: told apart by colour-blind people too."""

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")

_MOST_PATH = 400

Trace = dict[str, Any]


class Group(NamedTuple):
    """Runs that differ in nothing but their seed, or a single one."""

    name: str
    runs: tuple[Sequence[TrainingSnapshot], ...]


class Path(NamedTuple):
    """One run of a model of two numbers."""

    name: str
    points: Sequence[TrainingPoint]
    surface: TrainingSurface


class Band(NamedTuple):
    """Of a group at the steps that all of its runs have: the mean, the lowest and the highest."""

    steps: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]


def compared(groups: Sequence[Group], classes: bool, language: Language, *, log: bool = False) -> dict[str, Any]:
    """Loss above, metric below, over the same steps; on the rows held back, or on those that train where none were."""
    traces: list[Trace] = []
    for at, group in enumerate(groups[:MOST_GROUPS]):
        for axis, field in (("y", "loss"), ("y2", "metric")):
            traces += _drawn(band(group, field), group, at, axis)
    return {"data": traces, "layout": _layout(classes, language, log)}


def band(group: Group, field: str) -> Band:
    """The numbers behind one line: `field` is ``loss`` or ``metric``; what is not finite is left out."""
    told = [
        {snapshot.step: value for snapshot in run if (value := _score(snapshot, field)) is not None}
        for run in group.runs
    ]
    steps = sorted(set.intersection(*map(set, told))) if told else []
    columns = [[run[step] for run in told] for step in steps]
    return Band(
        steps,
        [fmean(column) for column in columns],
        [min(column) for column in columns],
        [max(column) for column in columns],
    )


def _score(snapshot: TrainingSnapshot, field: str) -> float | None:
    value = getattr(snapshot.validation or snapshot.train, field)
    return float(value) if value is not None and math.isfinite(float(value)) else None


def _drawn(numbers: Band, group: Group, at: int, axis: str) -> list[Trace]:
    """The mean as a line; where there are several runs, a pale band from the lowest to the highest around it."""
    name = html.escape(group.name, quote=False)
    base: Trace = {"type": "scatter", "yaxis": axis, "legendgroup": str(at), "x": numbers.steps}
    line = base | {
        "y": numbers.mean,
        "mode": "lines",
        "name": name,
        "line": {"color": _HUES[at], "dash": _DASHES[at], "width": 2},
        "showlegend": axis == "y",
        "hovertemplate": "%{y:.4g}",
    }
    if len(group.runs) < 2:
        return [line]
    edge = base | {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    return [
        edge | {"y": numbers.low},
        edge | {"y": numbers.high, "fill": "tonexty", "fillcolor": f"{_HUES[at]}33"},
        line,
    ]


def _layout(classes: bool, language: Language, log: bool) -> dict[str, Any]:
    titles = (say("training.chart.loss", language), say(f"training.chart.{'accuracy' if classes else 'r2'}", language))
    places = ((0.56, 1.0), (0.0, 0.44))
    layout: dict[str, Any] = {
        "height": 460,
        "margin": {"l": 52, "r": 8, "t": 34, "b": 60},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x unified",
        "uirevision": "compare",
        "legend": {"orientation": "h", "x": 0, "y": -0.14, "yanchor": "top", "font": {"size": 12}},
        "xaxis": {
            "title": {"text": say("training.chart.step", language)},
            "anchor": "y2",
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "domain": places[0],
            "zeroline": False,
            "type": "log" if log else "linear",
            "exponentformat": "power",
        },
        "yaxis2": {"domain": places[1], "zeroline": False}
        | ({"range": [0, 1.02], "tickformat": ".0%"} if classes else {}),
    }
    layout["annotations"] = [
        {
            "text": title,
            "x": 0,
            "y": top,
            "xref": "paper",
            "yref": "paper",
            "xanchor": "left",
            "yanchor": "bottom",
            "yshift": 6,
        }
        | {"showarrow": False, "font": {"size": 13}}
        for title, (_, top) in zip(titles, places, strict=True)
    ]
    return layout


def paths(runs: Sequence[Path], language: Language) -> dict[str, Any]:
    """The landscape of the loss, as contours of its logarithm, and the way that each run took over it."""
    ground = max((run.surface for run in runs), key=_extent)
    losses = array("f", ground.losses)
    rows = [
        [math.log10(max(value, 1e-12)) for value in losses[row * ground.width : (row + 1) * ground.width]]
        for row in range(ground.height)
    ]
    axes = [
        [low + (at + 0.5) * (high - low) / count for at in range(count)]
        for low, high, count in zip(ground.low, ground.high, (ground.width, ground.height), strict=True)
    ]
    contour = {
        "type": "contour",
        "z": rows,
        "x": axes[0],
        "y": axes[1],
        "colorscale": "Cividis",
        "ncontours": 18,
        "opacity": 0.75,
    }
    contour |= {
        "colorbar": {"title": {"text": f"log₁₀ {say('training.chart.loss', language)}"}, "thickness": 12},
        "hoverinfo": "skip",
    }
    return {
        "data": [contour, *(_way(run, at) for at, run in enumerate(runs[:MOST_GROUPS]))],
        "layout": {
            "height": 420,
            "margin": {"l": 52, "r": 8, "t": 10, "b": 60},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "legend": {"orientation": "h", "x": 0, "y": -0.16, "yanchor": "top"},
            "xaxis": {"title": {"text": html.escape(ground.names[0])}, "range": [ground.low[0], ground.high[0]]},
            "yaxis": {"title": {"text": html.escape(ground.names[1])}, "range": [ground.low[1], ground.high[1]]},
        },
    }


def _extent(surface: TrainingSurface) -> float:
    return math.prod(high - low for low, high in zip(surface.low, surface.high, strict=True))


def _way(run: Path, at: int) -> Trace:
    places = [point.values for point in run.points if len(point.values) == 2]
    places = places[:: -(-len(places) // _MOST_PATH) or 1]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": html.escape(run.name, quote=False),
        "x": [float(place[0]) for place in places],
        "y": [float(place[1]) for place in places],
        "line": {"color": _HUES[at], "dash": _DASHES[at], "width": 2},
        "marker": {"size": 4, "symbol": at},
    }
