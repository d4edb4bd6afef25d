"""Training curves as one plotly figure: loss, accuracy and gradient norms, one above the other over the same steps.

The panels share one x axis, so that a step pointed at in one is pointed at in all. The figure is a plain dict, which
Streamlit sends 20 times as fast as plotly's own objects.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.ir import Number, Points, TrainingPoint, TrainingSnapshot
from explorer.words import Language, say

MOST_POINTS = 1_000
"""Points drawn of each curve; of more, each stretch shows its lowest and its highest loss."""

MOST_LAYERS = 12
"""Parameters drawn; of more, the first and the last six: there a gradient vanishes or explodes first."""

_PANEL, _GAP, _TOP, _LEGEND_ROW = 150, 46, 52, 22
"""px: height of a panel, between two panels, above the first, and of one row of the legend."""

_NAME = 48
"""Characters of a parameter's name that are shown."""

_LINE, _PALE, _HELD = "#4c6ef5", "rgba(128,138,160,0.45)", "#e8590c"
_RAMP = ((59, 91, 219), (18, 184, 134), (245, 159, 0))
"""From the first parameter to the last; readable on white and on black."""

_Trace = dict[str, Any]


def curves(
    points: Sequence[TrainingPoint],
    snapshots: Sequence[TrainingSnapshot],
    parameters: Sequence[str],
    language: Language = "en",
    *,
    classes: bool = True,
    steps: int | None = None,
    log: bool = False,
    window: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """A figure of all that was measured so far.

    Args:
        points: in order of their steps; those of the run so far.
        snapshots: in order of their steps; their scores are drawn beside the loss.
        parameters: names in the order of each point's `layer_norms`.
        language: of titles.
        classes: whether the metric is an accuracy, else R squared.
        steps: where the x axis ends, so that it does not move while points arrive; None ends at the last point.
        log: logarithmic y axes (accuracy stays linear); a value that is not above zero is then left out.
        window: first and last step to draw, as finely as all are drawn without it.
    """
    if window is not None:
        points = Points.of(points).between(*window)
        snapshots = [snapshot for snapshot in snapshots if window[0] <= snapshot.step <= window[1]]
    drawn = thin(points)
    steps_of_scores = [snapshot.step for snapshot in snapshots]
    scores = [
        _loss(drawn, snapshots, steps_of_scores, language),
        _metric(snapshots, steps_of_scores, classes, language),
    ]
    panels = [
        *scores,
        _norm(drawn, language),
        _rate(drawn, language),
        _dead(snapshots, steps_of_scores, language),
        _updates(snapshots, steps_of_scores, parameters, language),
        _layers(drawn, parameters, language),
    ]
    panels = [panel for panel in panels if panel[1]]
    shown = window or (1, steps or (points[-1].step if points else 2))
    return {"data": _traces(panels, drawn), "layout": _layout(panels, language, shown, log)}


def thin(points: Sequence[TrainingPoint], most: int = MOST_POINTS) -> list[TrainingPoint]:
    """At most about `most` points: the first, the last, and of each stretch the lowest and the highest loss."""
    if len(points) <= most:
        return list(points)
    losses = np.asarray(Points.of(points).losses())
    count, stretches = len(losses), max(most // 2, 1)
    begins = np.arange(stretches) * count // stretches
    finite = np.isfinite(losses)
    kept = {0, count - 1}
    for sign in (1, -1):  # the lowest, then the highest
        ranked = np.where(finite, sign * losses, np.inf)
        best = np.minimum.reduceat(ranked, begins)
        kept |= {
            int(begin + np.argmax(part == least))
            for begin, part, least in zip(begins, np.split(ranked, begins[1:]), best, strict=True)
        }
    return [points[index] for index in sorted(kept)]


def _loss(
    points: list[TrainingPoint], snapshots: Sequence[TrainingSnapshot], steps: list[int], language: Language
) -> tuple[str, list[_Trace]]:
    """Of each batch, pale; of all rows that train, and of those held back."""
    batch = _curve(say("training.chart.batch", language), [point.loss for point in points], _PALE)
    return say("training.chart.loss", language), [
        batch | {"showlegend": True},
        *_scores(snapshots, steps, "loss", language),
    ]


def _metric(
    snapshots: Sequence[TrainingSnapshot], steps: list[int], classes: bool, language: Language
) -> tuple[str, list[_Trace]]:
    traces = _scores(snapshots, steps, "metric", language)
    return say("training.chart.accuracy" if classes else "training.chart.r2", language), traces


def _scores(snapshots: Sequence[TrainingSnapshot], steps: list[int], field: str, language: Language) -> list[_Trace]:
    """Two lines, the second dashed: what was held back."""
    train = [getattr(snapshot.train, field) for snapshot in snapshots]
    held = [snapshot.validation and getattr(snapshot.validation, field) for snapshot in snapshots]
    lines = [("train", train, _LINE, "solid"), ("validation", held, _HELD, "dash")]
    return [
        _curve(say(f"training.chart.{name}", language), values, colour)
        | {"x": steps, "line": {"color": colour, "width": 1.5, "dash": dash}, "showlegend": field == "loss"}
        for name, values, colour, dash in lines
        if any(value is not None for value in values)
    ]


def _norm(points: list[TrainingPoint], language: Language) -> tuple[str, list[_Trace]]:
    trace = _curve("|grad|", [point.gradient_norm for point in points])
    return say("training.chart.gradient_norm", language), [trace]


def _rate(points: list[TrainingPoint], language: Language) -> tuple[str, list[_Trace]]:
    """Only where a scheduler changes it."""
    rates = [point.learning_rate for point in points]
    return say("training.chart.rate", language), [_curve("lr", rates)] if len(set(rates)) > 1 else []


def _dead(snapshots: Sequence[TrainingSnapshot], steps: list[int], language: Language) -> tuple[str, list[_Trace]]:
    """Of each activation that can die, the share of its units that were 0 for the whole batch."""
    names = list(dict.fromkeys(one.name for seen in snapshots for one in seen.activations if one.dead is not None))
    shown = names[:MOST_LAYERS]
    traces = []
    for at, name in enumerate(shown):
        shares = [next((one.dead for one in seen.activations if one.name == name), None) for seen in snapshots]
        known = [(step, share) for step, share in zip(steps, shares, strict=True) if share is not None]
        trace = _curve(_plain(name), [share for _, share in known], _shade(at, len(shown)))
        traces.append(trace | {"x": [step for step, _ in known], "hovertemplate": "%{fullData.name}: %{y:.0%}"})
    return say("training.chart.dead", language), traces


def _updates(
    snapshots: Sequence[TrainingSnapshot], steps: list[int], parameters: Sequence[str], language: Language
) -> tuple[str, list[_Trace]]:
    """How far a step moved each parameter, as a share of its norm; the colours are those of the panel below."""
    shown = _shown(len(parameters))
    known = [
        (step, seen) for step, seen in zip(steps, snapshots, strict=True) if any(one.update for one in seen.layers)
    ]
    traces = [
        _curve(
            _plain(parameters[index]),
            [seen.layers[index].update if index < len(seen.layers) else None for _, seen in known],
            _shade(position, len(shown)),
        )
        | {"x": [step for step, _ in known]}
        for position, index in enumerate(shown)
    ]
    return say("training.chart.updates", language), traces if known else []


def _shown(count: int) -> list[int]:
    """Which parameters are drawn: all, or the first and the last."""
    half = MOST_LAYERS // 2
    return list(range(count)) if count <= MOST_LAYERS else [*range(half), *range(count - half, count)]


def _layers(points: list[TrainingPoint], parameters: Sequence[str], language: Language) -> tuple[str, list[_Trace]]:
    count, half = len(parameters), MOST_LAYERS // 2
    shown = _shown(count)
    key = "training.chart.layers" if count <= MOST_LAYERS else "training.chart.hidden"
    traces = [
        _curve(_plain(parameters[index]), _column(points, index), _shade(position, len(shown))) | {"showlegend": True}
        for position, index in enumerate(shown)
    ]
    return say(key, language, shown=half, count=count), traces


def _plain(name: str) -> str:
    """A parameter's name as text: plotly reads tags in a name, and this one came from typed code."""
    return html.escape(name if len(name) <= _NAME else f"{name[: _NAME - 1]}…", quote=False)


def _column(points: list[TrainingPoint], index: int) -> list[Number | None]:
    """One parameter's norms; None where a point has none, since a child that ran typed code is not trusted to count."""
    return [point.layer_norms[index] if index < len(point.layer_norms) else None for point in points]


def _curve(name: str, values: Sequence[Number | None], colour: str = _LINE) -> _Trace:
    """One line; a bias is dotted, so that colour is not alone in telling it from its weight."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "y": [_finite(value) for value in values],
        "line": {"color": colour, "width": 1.5, "dash": "dot" if name.endswith("bias") else "solid"},
        "showlegend": False,
        "hovertemplate": "%{y:.4g}",
    }


def _finite(value: Number | None) -> float | None:
    """The number, or None, a gap, for one that cannot be drawn."""
    return None if value is None or not math.isfinite(float(value)) else float(value)


def _shade(position: int, count: int) -> str:
    """A colour of the ramp."""
    place = position / max(count - 1, 1) * (len(_RAMP) - 1)
    before = min(int(place), len(_RAMP) - 2)
    share = place - before
    channels = [round(a + (b - a) * share) for a, b in zip(_RAMP[before], _RAMP[before + 1], strict=True)]
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _traces(panels: list[tuple[str, list[_Trace]]], points: list[TrainingPoint]) -> list[_Trace]:
    steps = [point.step for point in points]
    mode = "lines+markers" if len(points) <= 30 else "lines"
    return [
        {"x": steps, "legend": "legend" if index == len(panels) - 1 else "legend2"}
        | trace
        | {"yaxis": _axis("y", index), "mode": mode, "marker": {"size": 4}}
        for index, (_, traces) in enumerate(panels)
        for trace in traces
    ]


def _axis(letter: str, index: int) -> str:
    return letter if index == 0 else f"{letter}{index + 1}"


def _layout(
    panels: list[tuple[str, list[_Trace]]], language: Language, shown: tuple[int, int], log: bool
) -> dict[str, Any]:
    rows = -(-len(panels[-1][1]) // 6)  # plotly makes more room itself where a row does not fit
    inner = len(panels) * _PANEL + (len(panels) - 1) * _GAP
    bottom = 50 + rows * _LEGEND_ROW
    layout: dict[str, Any] = {
        "height": inner + _TOP + bottom,
        "margin": {"l": 52, "r": 8, "t": _TOP, "b": bottom},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "hoverlabel": {"font": {"size": 10}, "namelength": -1},
        "uirevision": "training",
        "legend": {"orientation": "h", "x": 0, "y": -46 / inner, "yanchor": "top", "font": {"size": 11}},
        # Of the curves above, where a small screen shows it beside them: over the first title, which it would cover on some.
        "legend2": {"orientation": "h", "x": 0, "y": 1 + 24 / inner, "yanchor": "bottom", "font": {"size": 11}},
        "xaxis": {
            "title": {"text": say("training.chart.step", language), "standoff": 12},
            "range": [shown[0], max(shown[1], shown[0] + 1)],
            "anchor": _axis("y", len(panels) - 1),
            "showgrid": False,
            "zeroline": False,
            "showspikes": True,
            "spikemode": "across",
            "spikethickness": 1,
        },
        "annotations": [],
    }
    for index, (title, _) in enumerate(panels):
        top = 1 - index * (_PANEL + _GAP) / inner
        accuracy = title == say("training.chart.accuracy", language)
        layout["yaxis" + _axis("y", index)[1:]] = {
            "domain": [max(top - _PANEL / inner, 0), top],
            "zeroline": False,
            "nticks": 5,
            "exponentformat": "power",
            "type": "log" if log and not accuracy else "linear",
        } | ({"range": [0, 1.02], "tickformat": ".0%"} if accuracy else {} if log else {"rangemode": "tozero"})
        layout["annotations"].append(_title(title, top))
    return layout


def _title(text: str, top: float) -> dict[str, Any]:
    return {
        "text": text,
        "x": 0,
        "y": top,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "yshift": 6,
        "showarrow": False,
        "font": {"size": 13},
    }
