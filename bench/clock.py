"""Timing: wall seconds of repeated calls, and the two numbers that are said of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    seconds: Sequence[float]
    """One for each repetition."""
    ratio: float | None = None
    """Median of the paired ratios to what it is compared with."""
    compared: str = ""

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x {self.compared}"
        p50, p95 = statistics.median(self.seconds), percentile(self.seconds, 0.95)
        return (self.what, f"{p50 * 1e3:,.0f}", f"{p95 * 1e3:,.0f}", str(len(self.seconds)), ratio)


def repeat(call: Callable[[], object], times: int) -> list[float]:
    """Wall seconds of each of `times` calls, after one that is not counted."""
    call()
    return [timed(call) for _ in range(times)]


def timed(call: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    began = perf_counter()
    call()
    return perf_counter() - began


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all values do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def table(rows: Sequence[Row]) -> str:
    """A Markdown table."""
    head = ("what", "p50, ms", "p95, ms", "runs", "ratio")
    lines = [head, ("---", "---:", "---:", "---:", "---"), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
