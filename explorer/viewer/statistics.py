"""Statistics as the browser gets them: numbers cut to what is shown, and a histogram of one character a bar."""

from __future__ import annotations

from typing import Any

from explorer.ir import Nested, Stats

_LEVELS = "0123456789abcdefghijklmnopqrstuvwxyz"


def rounded(value: Nested | None, digits: int = 9) -> Nested | None:
    """`value` with its floats cut to `digits` significant digits, which 9 of are what a float32 holds; lists keep their nesting."""
    if isinstance(value, list):
        return [rounded(item, digits) for item in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def statistics(stats: Stats | None) -> dict[str, Any] | None:
    """Statistics of a tensor; what is None, and counts that are 0, are left out."""
    if stats is None:
        return None
    found = {
        "numel": stats.numel,
        "norm": rounded(stats.norm),
        "min": rounded(stats.min),
        "max": rounded(stats.max),
        "mean": rounded(stats.mean, 5),
        "std": rounded(stats.std, 5),
        "zeros": stats.zeros or None,
        "nans": stats.nans or None,
        "infs": stats.infs or None,
        "bars": bars(stats.histogram) or None,
        "counted": stats.counted,
    }
    return {name: fact for name, fact in found.items() if fact is not None}


def bars(counts: tuple[int, ...]) -> str:
    """A character a bin, ``0`` to ``z`` for 0 to 35 parts of the highest bar; a bin that is not empty is never 0."""
    most = max(counts, default=0)
    return "".join(_LEVELS[-(-35 * count // most)] for count in counts) if most else ""
