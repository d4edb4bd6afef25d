"""A long thin drawing cut into columns side by side, for an overview.

Cuts run where no box and no frame stands. A wire that meets one goes out below its column, up between the columns and in again
above the next: the only places where a wire runs upwards.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import ceil, sqrt
from typing import TypeVar

from msgspec.structs import replace

from explorer.ir import Box, Frame, Layout, Wire

ASPECT = 1.6
"""Width to height that the whole should have."""

CHANNEL = 64.0
LANE = 5.0
TURN = 28.0
"""px: room between two columns; from one wire in it to the next; how far above and below a column wires turn."""

Point = tuple[float, float]
Shape = TypeVar("Shape", Box, Frame)


def wrapped(layout: Layout) -> Layout:
    """`layout` in as many columns as make it about as wide as a screen; as it is where it is wide already."""
    columns = round(sqrt(ASPECT * layout.height / (layout.width + CHANNEL))) if layout.boxes else 0
    cuts = _cuts(layout, columns)
    return _Columns(layout, cuts).layout() if cuts else layout


def _cuts(layout: Layout, columns: int) -> list[float]:
    """Where to cut (y), as near to equal heights as gaps between boxes allow."""
    shapes: list[Box | Frame] = [*layout.boxes, *layout.frames]
    spans = sorted((each.y - each.height / 2, each.y + each.height / 2) for each in shapes)
    gaps, bottom = list[float](), float("inf")
    for top, below in spans:
        if top > bottom + 2:
            gaps.append((top + bottom) / 2)
        bottom = below if bottom == float("inf") else max(bottom, below)
    if not gaps:
        return []
    found = set()
    for column in range(1, columns):
        wish = layout.height * column / columns
        at = bisect(gaps, wish)
        found.add(min(gaps[max(0, at - 1) : at + 1], key=lambda gap: (abs(gap - wish), gap)))
    return sorted(found)


class _Columns:
    def __init__(self, before: Layout, cuts: list[float]) -> None:
        self.before, self.cuts = before, cuts
        self.pitch = before.width + CHANNEL
        self.starts = [0.0, *cuts]
        self.height = max(end - start for start, end in pairwise([*self.starts, before.height]))
        self.lanes: Counter[int] = Counter()

    def layout(self) -> Layout:
        before = self.before
        return replace(
            before,
            boxes=tuple(map(self._moved, before.boxes)),
            frames=tuple(map(self._moved, before.frames)),
            wires=tuple(map(self._led, before.wires)),
            width=self.pitch * len(self.starts) - CHANNEL,
            height=ceil(self.height + 2 * TURN),
            wrapped=True,
        )

    def _moved(self, shape: Shape) -> Shape:
        x, y = self._place((shape.x, shape.y), bisect(self.cuts, shape.y))
        return replace(shape, x=x, y=y)

    def _place(self, point: Point, column: int) -> Point:
        return round(point[0] + column * self.pitch, 2), round(point[1] - self.starts[column] + TURN, 2)

    def _led(self, wire: Wire) -> Wire:
        return replace(wire, points=tuple(self._way(wire.points)))

    def _way(self, points: Sequence[Point]) -> list[Point]:
        column = bisect(self.cuts, points[0][1])
        way = [self._place(points[0], column)]
        for upper, lower in pairwise(points):
            while column < len(self.cuts) and lower[1] > self.cuts[column]:
                cut = self.cuts[column]
                x = upper[0] + (lower[0] - upper[0]) * (cut - upper[1]) / (lower[1] - upper[1])
                way += self._between(x, cut, column)
                column += 1
            way.append(self._place(lower, column))
        return way

    def _between(self, x: float, cut: float, column: int) -> list[Point]:
        """From the foot of a column to the head of the next."""
        lane = self.lanes[column] * LANE % (CHANNEL - 2 * LANE) + LANE
        self.lanes[column] += 1
        foot, head = self._place((x, cut), column), self._place((x, cut), column + 1)
        channel = round((column + 1) * self.pitch - CHANNEL + lane, 2)
        return [foot, (channel, round(foot[1] + TURN, 2)), (channel, round(head[1] - TURN, 2)), head]
