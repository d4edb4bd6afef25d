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
    ratios: Sequence[float] = ()
    """To what it is compared with, of each pair that took turns: told as their median, with the lowest and the highest."""
    compared: str = ""

    def cells(self) -> tuple[str, ...]:
        ratio = f"{spread(self.ratios)} x {self.compared}" if self.ratios else ""
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


def spread(ratios: Sequence[float]) -> str:
    """As in ``1.25 (1.21 to 1.34)``: the median between the lowest and the highest."""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def table(rows: Sequence[Row]) -> str:
    """A Markdown table."""
    head = ("what", "p50, ms", "p95, ms", "runs", "ratio")
    lines = [head, ("---", "---:", "---:", "---:", "---"), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
