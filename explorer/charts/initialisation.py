"""The numbers of a weight as a histogram, with the bound that they keep."""

from __future__ import annotations

from collections import Counter
from typing import Any

from explorer.ir import Tensor
from explorer.words import Language, say

_BLUE, _AMBER = "#4c6ef5", "#e8930c"


def weights(weight: Tensor, bound: float | None, language: Language = "en") -> dict[str, Any] | None:
    """A plotly figure, as a dict: how many numbers lie in each bin, and lines at plus and minus `bound`.

    None where all numbers are equal, which no histogram shows.
    """
    stats = weight.value_stats
    if stats is None or stats.min is None or stats.max is None or stats.min == stats.max:
        return None
    low, high = float(stats.min), float(stats.max)
    counts = list(stats.histogram) or _counted(_flat(weight.value), low, high)
    width = (high - low) / len(counts)
    lines = [] if bound is None else [-bound, bound]
    return {
        "data": [
            {
                "type": "bar",
                "name": say("initialisation.numbers", language, count=f"{sum(counts):,}", all=f"{stats.numel:,}"),
                "x": [low + (at + 0.5) * width for at in range(len(counts))],
                "y": counts,
                "width": [width] * len(counts),
                "marker": {"color": _BLUE, "opacity": 0.6},
            },
            *(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": say("initialisation.bound", language),
                    "x": [at, at],
                    "y": [0, max(counts)],
                    "showlegend": at > 0,
                    "line": {"color": _AMBER, "width": 2, "dash": "dash"},
                }
                for at in lines
            ),
        ],
        "layout": {
            "height": 320,
            "margin": {"l": 56, "r": 16, "t": 16, "b": 40},
            "bargap": 0,
            "legend": {"orientation": "h", "y": 1.14},
            "xaxis": {"title": {"text": say("distribution.value", language)}, "zeroline": False},
            "yaxis": {"title": {"text": say("initialisation.count", language)}, "rangemode": "tozero"},
        },
    }


_BINS = 24


def _counted(numbers: list[float], low: float, high: float) -> list[int]:
    found = Counter(min(_BINS - 1, int((value - low) / (high - low) * _BINS)) for value in numbers)
    return [found[at] for at in range(_BINS)]


def _flat(value: Any) -> list[float]:
    return [one for part in value for one in _flat(part)] if isinstance(value, list) else [float(value)]
