"""Gradient norm by leaf, in the order in which forward used them: where a gradient vanishes or explodes shows at one look.

The figure is a plain dict. Plotly reads a little HTML in labels, so names are escaped.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from explorer.graph.measure import shorten_path
from explorer.graph.once import once
from explorer.graph.order import forward_order
from explorer.ir import Graph, Node
from explorer.words import Language, say

MOST_BARS = 40
"""More leaves than this are pooled by module, or by stretches where there are no modules."""

LOG_SPREAD = 100.0
"""The axis is logarithmic where the largest norm is over this many times the smallest."""

_BAR, _EDGES = 22, 96
"""px: height of one bar with its gap, and of all that is above and below the bars."""

_FACE = "ui-monospace, 'SF Mono', Menlo, Consolas, 'Noto Sans Mono CJK KR', monospace"
_BLUE, _AMBER, _RED, _GREY = "#4c6ef5", "#e8930c", "#e03131", "#868e96"
"""Each readable on white and on black; each kind of bar also has a sign and a word of its own."""

_SIGNS = {"zero": ("circle-open", _AMBER), "none": ("line-ns-open", _GREY), "not_finite": ("x", _RED)}


class Bar(NamedTuple):
    """One leaf, or several pooled."""

    name: str
    norm: float | None
    """Euclidean norm over all its elements; None where no gradient came."""


def gradient_norms(graph: Graph, language: Language = "en") -> dict[str, Any]:
    """A plotly figure of the gradient norm of every leaf of `graph`, as a dict ``{"data": ..., "layout": ...}``."""
    bars = pool(leaf_bars(graph))
    norms = [bar.norm for bar in bars if _kind(bar) == "norm" and bar.norm is not None]
    log = bool(norms) and max(norms) > LOG_SPREAD * min(norms)
    start = min(norms) / 2 if log else 0.0
    return {"data": _traces(bars, start, language), "layout": _layout(bars, norms, log, language)}


@once
def leaf_bars(graph: Graph) -> list[Bar]:
    """Every leaf with the norm of the gradient that came to it, in forward order of first use."""
    place = {node: index for index, node in enumerate(forward_order(graph).tolist())}
    first: dict[int, tuple[int, int]] = {}
    for edge in graph.edges:
        if graph.nodes[edge.target].kind == "leaf":
            use = (place[edge.source], edge.slot)
            first[edge.target] = min(first.get(edge.target, use), use)
    leaves = [node for node in graph.nodes if node.kind == "leaf"]
    leaves.sort(key=lambda node: first.get(node.id, (-1, 0)))
    return [Bar(node.variable or f"{node.name} {node.id}", _norm(node)) for node in leaves]


def _norm(leaf: Node) -> float | None:
    came = [float(gradient.stats.norm) for gradient in leaf.incoming if gradient is not None]
    return math.hypot(*came) if came else None


def pool(bars: Sequence[Bar], most: int = MOST_BARS) -> list[Bar]:
    """At most `most` bars: by the deepest module paths that are few enough, else by stretches of equal length."""
    if len(bars) <= most:
        return list(bars)
    for depth in range(max(bar.name.count(".") for bar in bars), 0, -1):
        groups: dict[str, list[Bar]] = {}
        for bar in bars:
            groups.setdefault(".".join(bar.name.split(".")[:depth]), []).append(bar)
        if len(groups) <= most:
            break
    else:
        length = math.ceil(len(bars) / most)
        stretches = [list(bars[at : at + length]) for at in range(0, len(bars), length)]
        groups = {f"{inside[0].name} … {inside[-1].name}": inside for inside in stretches}
    return [Bar(name, _together(inside)) for name, inside in groups.items()]


def _together(bars: Sequence[Bar]) -> float | None:
    norms = [bar.norm for bar in bars if bar.norm is not None]
    return math.hypot(*norms) if norms else None


def _kind(bar: Bar) -> str:
    if bar.norm is None:
        return "none"
    if not math.isfinite(bar.norm):
        return "not_finite"
    return "norm" if bar.norm else "zero"


def _label(index: int, name: str) -> str:
    """Numbered in front by an invisible sign, since plotly joins bars of equal labels into one."""
    return html.escape(shorten_path(name, 36)) + "\u200b" * index


def _traces(bars: Sequence[Bar], start: float, language: Language) -> list[dict[str, Any]]:
    rows: dict[str, list[tuple[str, Bar]]] = {}
    for index, bar in enumerate(bars):
        rows.setdefault(_kind(bar), []).append((_label(index, bar.name), bar))
    traces: list[dict[str, Any]] = []
    if found := rows.pop("norm", None):
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": say("graph.chart.norm", language),
                "y": [label for label, _ in found],
                "x": [bar.norm for _, bar in found],
                "marker": {"color": _BLUE},
                "hovertemplate": "%{y}<br>%{x:.6g}<extra></extra>",
            }
        )
    for kind, found in rows.items():
        symbol, colour = _SIGNS[kind]
        words = [say(f"graph.chart.{kind}", language, value=bar.norm) for _, bar in found]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": say(f"graph.chart.{kind}", language, value="NaN, ∞"),
                "y": [label for label, _ in found],
                "x": [start] * len(found),
                "text": words,
                "textposition": "middle right",
                "textfont": {"color": colour},
                "marker": {"symbol": symbol, "color": colour, "size": 9, "line": {"width": 2, "color": colour}},
                "hovertemplate": "%{y}<br>%{text}<extra></extra>",
                "cliponaxis": False,
            }
        )
    return traces


def _layout(bars: Sequence[Bar], norms: Sequence[float], log: bool, language: Language) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "title": {"text": say("graph.chart.axis", language)},
        "gridcolor": "rgba(128,128,128,0.25)",
        "zeroline": False,
        "automargin": True,
    }
    if log:
        axis |= {
            "type": "log",
            "range": [math.log10(min(norms) / 2), math.log10(max(norms) * 1.3)],
            "exponentformat": "e",
        }
    else:
        axis |= {"type": "linear", "range": [0, max(norms, default=1.0) * 1.08]}
    return {
        "height": _EDGES + _BAR * max(len(bars), 1),
        "margin": {"l": 8, "r": 24, "t": 40, "b": 48},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": _FACE, "size": 12},
        "bargap": 0.35,
        "showlegend": any(_kind(bar) != "norm" for bar in bars),
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        "xaxis": axis,
        "yaxis": {
            "type": "category",
            "autorange": "reversed",
            "categoryorder": "array",
            "categoryarray": [_label(index, bar.name) for index, bar in enumerate(bars)],
            "automargin": True,
            "ticks": "",
        },
    }
