"""The order from left to right in each row, with few crossings."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable

import numpy as np

from explorer.graph.strata import DUMMY, Strata, Whole

SWEEPS = 8
"""Passes down and up, each ordering a row by the mean position of its neighbours in the row before it."""


def arrange(strata: Strata) -> list[list[int]]:
    """Rows of vertices, uppermost first. Of all sweeps the order with the fewest crossings is kept, the earliest if equal.

    Only rows beside a crossing, and what moves with them, are touched.
    """
    sources, targets = strata.segments.source[~strata.segments.long], strata.segments.target[~strata.segments.long]
    above = _neighbours(targets, sources, len(strata.row))
    rows = _first_order(strata, above)
    crossed = _crossed(strata, rows)
    if crossed:
        work = _Sweeper(rows, above, _neighbours(sources, targets, len(strata.row)))
        sheets = np.searchsorted(strata.first_row, crossed, "right") - 1
        for sheet in np.unique(sheets).tolist():
            gaps = [gap for gap, at in zip(crossed, sheets.tolist(), strict=True) if at == sheet]
            work.improve(int(strata.first_row[sheet]), int(strata.first_row[sheet + 1]), gaps)
    return rows


def _neighbours(of: Whole, others: Whole, count: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(count)]
    for vertex, other in zip(of.tolist(), others.tolist(), strict=True):
        found[vertex].append(other)
    return found


def _first_order(strata: Strata, above: list[list[int]]) -> list[list[int]]:
    """Depth first from the sinks, a consumer's first input leftmost: the order in which the code names them.

    Passing lines are followed last, so that they run beside what was there first and do not part it.
    """
    rows: list[list[int]] = [[] for _ in range(int(strata.first_row[-1]))]
    is_sink = np.ones(len(strata.row), np.bool_)
    is_sink[strata.segments.source[~strata.segments.long]] = False
    row_of, passes = strata.row.tolist(), (strata.role == DUMMY).tolist()
    seen = [False] * len(row_of)
    stack, passing = np.flatnonzero(is_sink)[::-1].tolist(), list[int]()
    while stack or passing:
        vertex = stack.pop() if stack else passing.pop()
        if seen[vertex]:
            continue
        seen[vertex] = True
        rows[row_of[vertex]].append(vertex)
        for source in reversed(above[vertex]):
            (passing if passes[source] else stack).append(source)
    return rows


def _crossed(strata: Strata, rows: list[list[int]]) -> list[int]:
    """Rows that have a crossing below them."""
    place = np.empty(len(strata.row), np.int64)
    place[np.fromiter((vertex for row in rows for vertex in row), np.int64, len(place))] = np.arange(len(place))
    short = ~strata.segments.long
    upper, lower = place[strata.segments.source[short]], place[strata.segments.target[short]]
    order = np.lexsort((lower, upper))
    row = strata.row[strata.segments.source[short]][order]
    crossing = (np.diff(lower[order]) < 0) & (np.diff(row) == 0)
    return np.unique(row[1:][crossing]).tolist()  # type: ignore[no-any-return]


class _Sweeper:
    """Rows, and the place of every vertex in its row."""

    def __init__(self, rows: list[list[int]], above: list[list[int]], below: list[list[int]]) -> None:
        self.rows, self.above, self.below = rows, above, below
        self.place = [0] * len(above)
        for row in rows:
            self._number(row)

    def improve(self, first: int, end: int, crossed: list[int]) -> None:
        """Order the rows `first` to `end` of one sheet; `crossed` are those with crossings below them."""
        crossings = {row: self._crossings(row) for row in crossed}
        fewest = sum(crossings.values())
        best: dict[int, list[int]] = {}
        for sweep in range(SWEEPS):
            if not crossings:
                break
            changed = self._sweep(first, end, crossings, downwards=sweep % 2 == 0)
            for gap in {row + beside for row in changed for beside in (-1, 0)}:
                crossings.pop(gap, None)
                if first <= gap < end - 1 and (count := self._crossings(gap)):
                    crossings[gap] = count
            for row, before in changed.items():
                best.setdefault(row, before)
            if (count := sum(crossings.values())) < fewest:
                fewest, best = count, {}
        for row, before in best.items():
            self.rows[row] = before
            self._number(before)

    def _sweep(self, first: int, end: int, crossings: dict[int, int], *, downwards: bool) -> dict[int, list[int]]:
        """Order rows by barycentre; a vertex without neighbours there keeps its place. Returns rows that changed, as they were."""
        changed: dict[int, list[int]] = {}
        order: Iterable[int] = range(first + 1, end) if downwards else range(end - 2, first - 1, -1)
        near_of, back = (self.above, -1) if downwards else (self.below, 1)
        for row in order:
            gap = row - 1 if downwards else row
            members = self.rows[row]
            if len(members) < 2 or (gap not in crossings and row + back not in changed):
                continue
            place, wanted = self.place, {}
            for vertex in members:
                near = near_of[vertex]
                wanted[vertex] = sum([place[other] for other in near]) / len(near) if near else place[vertex]
            ordered = sorted(members, key=wanted.__getitem__)
            if ordered != members:
                changed[row] = members
                self.rows[row] = ordered
                self._number(ordered)
        return changed

    def _number(self, row: list[int]) -> None:
        for place, vertex in enumerate(row):
            self.place[vertex] = place

    def _crossings(self, row: int) -> int:
        """How many pairs of segments cross below a row."""
        total, ends = 0, list[int]()
        for vertex in self.rows[row]:
            for arrival in sorted([self.place[target] for target in self.below[vertex]]):
                if ends and arrival < ends[-1]:
                    total += len(ends) - bisect_right(ends, arrival)
                    insort(ends, arrival)
                else:
                    ends.append(arrival)
        return total
