"""A histogram of random numbers under the density that they are drawn from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

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


def edges(name: str) -> tuple[float, float]:
    """From where to where numbers of `name` are counted; of `randn` 6 in 100,000 lie outside."""
    return (0.0, 1.0) if name == "rand" else (-4.0, 4.0)


def distribution(counts: Sequence[float], drawn: int, name: str, language: Language = "en") -> dict[str, Any]:
    """A plotly figure, as a dict: the share of numbers per unit in each bin, and the density of `name` as a line.

    Args:
        counts: of the numbers in equally wide bins between `edges`.
        drawn: how many numbers there were.
        name: ``rand`` or ``randn``.
        language: of its words.
    """
    low, high = edges(name)
    width = (high - low) / len(counts)
    margin = 0.1 * (high - low)
    across = [low - margin + (high - low + 2 * margin) * at / (_POINTS - 1) for at in range(_POINTS)]
    if name == "rand":
        across = [low - margin, low, high, high + margin]  # a line of steps needs its corners only
    return {
        "data": [
            {
                "type": "bar",
                "name": say("distribution.drawn", language, count=f"{drawn:,}"),
                "x": [low + (at + 0.5) * width for at in range(len(counts))],
                "y": [count / drawn / width for count in counts],
                "width": [width] * len(counts),
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
