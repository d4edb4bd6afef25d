"""The order from left to right in each row, with few crossings."""

from __future__ import annotations

from bisect import bisect_right, insort

from explorer.graph.strata import Strata

SWEEPS = 8
"""Passes down and up, each ordering a row by the mean position of its neighbours in the row before it."""


def arrange(strata: Strata) -> list[list[int]]:
    """Rows of vertices, uppermost first. Of all sweeps the order with the fewest crossings is kept, the earliest if equal."""
    above, below = _neighbours(strata)
    rows = _first_order(strata, above)
    best, fewest = [row[:] for row in rows], _crossings(rows, below)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        if sweep % 2:
            _sweep(rows, range(len(rows) - 2, -1, -1), below)
        else:
            _sweep(rows, range(1, len(rows)), above)
        count = _crossings(rows, below)
        if count < fewest:
            best, fewest = [row[:] for row in rows], count
    return best


def _neighbours(strata: Strata) -> tuple[list[list[int]], list[list[int]]]:
    above: list[list[int]] = [[] for _ in strata.ranks]
    below: list[list[int]] = [[] for _ in strata.ranks]
    for segment in strata.segments:
        if not segment.long:
            above[segment.target].append(segment.source)
            below[segment.source].append(segment.target)
    return above, below


def _first_order(strata: Strata, above: list[list[int]]) -> list[list[int]]:
    """Depth first from the sinks, a consumer's first input leftmost: the order in which the code names them.

    Passing lines are followed last, so that they run beside what was there first and do not part it.
    """
    rows: list[list[int]] = [[] for _ in range(max(strata.ranks) + 1)]
    is_source = [False] * len(strata.ranks)
    for sources in above:
        for source in sources:
            is_source[source] = True
    seen = [False] * len(strata.ranks)
    starts = [vertex for vertex, source in enumerate(is_source) if not source]
    stack, passing = starts[::-1], list[int]()
    while stack or passing:
        vertex = stack.pop() if stack else passing.pop()
        if seen[vertex]:
            continue
        seen[vertex] = True
        rows[strata.ranks[vertex]].append(vertex)
        for source in reversed(above[vertex]):
            (passing if strata.roles[source] == "dummy" else stack).append(source)
    return rows


def _places(rows: list[list[int]], count: int) -> list[int]:
    """By vertex: its place in its row."""
    places = [0] * count
    for row in rows:
        for place, vertex in enumerate(row):
            places[vertex] = place
    return places


def _sweep(rows: list[list[int]], ranks: range, neighbours: list[list[int]]) -> None:
    """Order each row of `ranks` by barycentre; a vertex without neighbours there keeps its place."""
    places = _places(rows, len(neighbours))
    for rank in ranks:
        row = rows[rank]
        if len(row) < 2:
            continue
        wanted = {}
        for vertex in row:
            near = neighbours[vertex]
            wanted[vertex] = sum([places[other] for other in near]) / len(near) if near else places[vertex]
        row.sort(key=wanted.__getitem__)
        for place, vertex in enumerate(row):
            places[vertex] = place


def _crossings(rows: list[list[int]], below: list[list[int]]) -> int:
    """How many pairs of segments cross."""
    places = _places(rows, len(below))
    total = 0
    for row in rows:
        ends: list[int] = []
        for vertex in row:
            arrivals = sorted([places[target] for target in below[vertex]])
            for arrival in arrivals:
                if ends and arrival < ends[-1]:
                    total += len(ends) - bisect_right(ends, arrival)
                    insort(ends, arrival)
                else:
                    ends.append(arrival)
    return total
