"""A long thin sheet cut into columns side by side, for an overview.

Cuts run where no item stands. A link that meets one goes out below its column, up between the columns and in again above the
next: the only places where a line runs upwards.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import sqrt

import numpy as np

from explorer.graph.layered import Placed
from explorer.graph.strata import ENTRY, EXIT, Sheet

LONG = 2500.0
"""px: a sheet that is less high stays as it is."""

ASPECT = 1.6
"""Width to height that a sheet in columns should have."""

CHANNEL = 64.0
LANE = 5.0
TURN = 28.0
"""px: room between two columns; from one line in it to the next; how far above and below a column lines turn."""

Point = tuple[float, float]


def wrapped(sheet: Sheet, placed: Placed) -> Placed:
    """`placed` in as many columns as make it about as wide as a screen; as it is where it is short or wide already."""
    if placed.height < LONG:
        return placed
    cuts = _cuts(sheet, placed, round(sqrt(ASPECT * placed.height / (placed.width + CHANNEL))))
    return _Columns(sheet, placed, cuts).placed() if cuts else placed


def _cuts(sheet: Sheet, placed: Placed, columns: int) -> list[float]:
    """Where to cut (y), as near to equal heights as gaps between items allow."""
    solid = (sheet.role != ENTRY) & (sheet.role != EXIT)
    top, bottom = (placed.y - sheet.height / 2)[solid], (placed.y + sheet.height / 2)[solid]
    order = np.argsort(top, kind="stable")
    following, reached = top[order][1:], np.maximum.accumulate(bottom[order])[:-1]
    free = following > reached + 2
    gaps: list[float] = ((following + reached) / 2)[free].tolist()
    found = set()
    for column in range(1, columns if gaps else 0):
        wish = placed.height * column / columns
        at = bisect(gaps, wish)
        found.add(min((abs(gap - wish), gap) for gap in gaps[max(0, at - 1) : at + 1])[1])
    return sorted(found)


class _Columns:
    def __init__(self, sheet: Sheet, before: Placed, cuts: list[float]) -> None:
        self.sheet, self.before, self.cuts = sheet, before, cuts
        self.pitch = before.width + CHANNEL
        self.up = [0.0, *(cut - TURN for cut in cuts)]
        """By column: how far it moves up."""
        self.height = TURN + max(end - up for end, up in zip([*cuts, before.height], self.up, strict=True))
        self.lanes: Counter[int] = Counter()

    def placed(self) -> Placed:
        before = self.before
        up = np.array(self.up)
        column = np.searchsorted(self.cuts, before.y)
        y = np.where(self.sheet.role == EXIT, self.height, before.y - up[column])
        ways = [self._way(link) for link in range(len(before.way) - 1)]
        points = [point for way in ways for point in way]
        return replace(
            before,
            x=before.x + column * self.pitch,
            y=y,
            width=self.pitch * len(up) - CHANNEL,
            height=self.height,
            way=np.cumsum([0, *map(len, ways)]),
            way_x=np.array([x for x, _ in points], np.float64),
            way_y=np.array([y for _, y in points], np.float64),
        )

    def _way(self, link: int) -> list[Point]:
        mine = slice(self.before.way[link], self.before.way[link + 1])
        points = list(zip(self.before.way_x[mine].tolist(), self.before.way_y[mine].tolist(), strict=True))
        column = bisect(self.cuts, points[0][1])
        way = [self._place(*points[0], column)]
        for upper, lower in pairwise(points):
            while column < len(self.cuts) and lower[1] > self.cuts[column]:
                cut = self.cuts[column]
                way += self._between(
                    upper[0] + (lower[0] - upper[0]) * (cut - upper[1]) / (lower[1] - upper[1]), column
                )
                column += 1
            way.append(self._place(*lower, column))
        if self.sheet.role[self.sheet.target[link]] == EXIT:
            way.append((way[-1][0], self.height))
        return way

    def _between(self, x: float, column: int) -> Iterator[Point]:
        """From the foot of a column to the head of the next."""
        lane = self.lanes[column] * LANE % (CHANNEL - 2 * LANE) + LANE
        self.lanes[column] += 1
        channel = (column + 1) * self.pitch - CHANNEL + lane
        foot, head = self._place(x, self.cuts[column], column), self._place(x, self.cuts[column], column + 1)
        yield from (foot, (channel, foot[1] + TURN), (channel, head[1] - TURN), head)

    def _place(self, x: float, y: float, column: int) -> Point:
        return x + column * self.pitch, y - self.up[column]
