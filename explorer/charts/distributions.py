"""A histogram of random numbers under the density that they are drawn from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from explorer.ir import Stats
from explorer.words import Language, say

DENSITIES: Mapping[str, Callable[[float], float]] = MappingProxyType(
    {
        "rand": lambda x: 1.0 if 0 <= x < 1 else 0.0,
        "randn": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    }
)
"""By the function that draws from it."""

_POINTS = 161
_BLUE, _AMBER = "#4c6ef5", "#e8930c"


def distribution(stats: Stats, name: str, language: Language = "en") -> dict[str, Any]:
    """A plotly figure, as a dict: the share of numbers per unit in each bin, and the density of `name` as a line.

    Args:
        stats: of the numbers, with a histogram.
        name: ``rand`` or ``randn``.
        language: of its words.
    """
    low, high = float(stats.min or 0), float(stats.max or 0)
    width = (high - low) / len(stats.histogram)
    counted = sum(stats.histogram)
    margin = 0.1 * (high - low)
    across = [low - margin + (high - low + 2 * margin) * at / (_POINTS - 1) for at in range(_POINTS)]
    return {
        "data": [
            {
                "type": "bar",
                "name": say("distribution.drawn", language, count=f"{stats.numel:,}"),
                "x": [low + (at + 0.5) * width for at in range(len(stats.histogram))],
                "y": [count / counted / width for count in stats.histogram],
                "width": [width] * len(stats.histogram),
                "marker": {"color": _BLUE, "opacity": 0.55},
            },
            {
                "type": "scatter",
                "mode": "lines",
                "name": say(f"distribution.density.{name}", language),
                "x": across,
                "y": [DENSITIES[name](x) for x in across],
                "line": {"color": _AMBER, "width": 2, "dash": "dash", **({"shape": "hv"} if name == "rand" else {})},
            },
        ],
        "layout": {
            "height": 300,
            "margin": {"l": 48, "r": 16, "t": 16, "b": 40},
            "bargap": 0,
            "legend": {"orientation": "h", "y": 1.12},
            "xaxis": {"title": {"text": say("distribution.value", language)}, "zeroline": False},
            "yaxis": {"title": {"text": say("distribution.share", language)}, "rangemode": "tozero"},
        },
    }
