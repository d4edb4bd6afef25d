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
from explorer.graph.strata import ENTRY, EXIT, Floats, Sheet

LONG = 4000.0
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
    """Columns, each as wide as what stands in it."""

    def __init__(self, sheet: Sheet, before: Placed, cuts: list[float]) -> None:
        self.sheet, self.before, self.cuts = sheet, before, cuts
        self.up = np.array([0.0, *(cut - TURN for cut in cuts)])
        """By column: how far it moves up."""
        self.height = TURN + float(np.max(np.array([*cuts, before.height]) - self.up))
        self.column = np.searchsorted(cuts, before.y)
        self.pieces = [list(self._pieces(link)) for link in range(len(before.way) - 1)]
        left, right = self._sides()
        begin = np.concatenate([[0.0], np.cumsum(right - left + CHANNEL)])
        self.width = float(begin[-1]) - CHANNEL
        self.channel = begin[1:] - CHANNEL
        """By column: where the room beside it begins."""
        self.aside = begin[:-1] - left
        self.lanes: Counter[int] = Counter()

    def placed(self) -> Placed:
        before, column = self.before, self.column
        ways = [list(self._way(link)) for link in range(len(self.pieces))]
        points = np.array([point for way in ways for point in way], np.float64).reshape(-1, 2)
        return replace(
            before,
            x=before.x + self.aside[column],
            y=np.where(self.sheet.role == EXIT, self.height, before.y - self.up[column]),
            width=self.width,
            height=self.height,
            way=np.cumsum([0, *map(len, ways)]),
            way_x=points[:, 0],
            way_y=points[:, 1],
        )

    def _sides(self) -> tuple[Floats, Floats]:
        """By column: how far left and right its items and lines reach."""
        left, right = np.full(len(self.up), np.inf), np.full(len(self.up), -np.inf)
        np.minimum.at(left, self.column, self.before.x - self.sheet.width / 2)
        np.maximum.at(right, self.column, self.before.x + self.sheet.width / 2)
        column = np.array([column for way in self.pieces for column, piece in way for _ in piece], np.int64)
        x = np.array([x for way in self.pieces for _, piece in way for x, _ in piece], np.float64)
        np.minimum.at(left, column, x)
        np.maximum.at(right, column, x)
        return left, right

    def _pieces(self, link: int) -> Iterator[tuple[int, list[Point]]]:
        """A link cut where it leaves a column: the column and the points in it."""
        mine = slice(self.before.way[link], self.before.way[link + 1])
        points = list(zip(self.before.way_x[mine].tolist(), self.before.way_y[mine].tolist(), strict=True))
        column, piece = bisect(self.cuts, points[0][1]), points[:1]
        for upper, lower in pairwise(points):
            while column < len(self.cuts) and lower[1] > (cut := self.cuts[column]):
                meets = upper[0] + (lower[0] - upper[0]) * (cut - upper[1]) / (lower[1] - upper[1]), cut
                yield column, [*piece, meets]
                column, piece = column + 1, [meets]
            piece.append(lower)
        yield column, piece

    def _way(self, link: int) -> Iterator[Point]:
        """All pieces in their columns; from the foot of one to the head of the next through the room between them."""
        pieces = self.pieces[link]
        channel = 0.0
        for column, piece in pieces:
            x, y = self.aside[column], self.up[column]
            if column > pieces[0][0]:
                yield channel, piece[0][1] - y - TURN
            yield from ((at + x, down - y) for at, down in piece)
            if column < pieces[-1][0]:
                lane = self.lanes[column] * LANE % (CHANNEL - 2 * LANE) + LANE
                self.lanes[column] += 1
                channel = self.channel[column] + lane
                yield channel, piece[-1][1] - y + TURN
        if self.sheet.role[self.sheet.target[link]] == EXIT:
            column, piece = pieces[-1]
            yield piece[-1][0] + self.aside[column], self.height
