"""The x of every vertex: chains of main links become blocks that move as one, so that they run straight to the last bit.

All rows are worked on at once. Two neighbours in a row stay apart because every place is found by running maxima (or minima) along
the rows: with the room that everything left of it needs taken off, a place may only grow. Numbers are multiples of 2^-10 px, so
that sums are exact and a sheet is drawn alike whatever is drawn with it.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from explorer.graph.strata import DUMMY, LEAF, Flags, Floats, Strata, Whole

ITEM_GAP = 18.0
"""px between two neighbours in a row."""

SPREADS = 10
TURNS = 8
"""How often all blocks are drawn to their wishes and spread apart; how often each then goes as far towards its wish as there is room."""

MOST_PUSHES = 100
"""Blocks that push each other around longer than this are taken apart."""

_UNIT = 1024.0


def straighten(strata: Strata, rows: list[list[int]]) -> Floats:
    """The x (centre, px) of every vertex: in each row in order and apart."""
    return _Placing(strata, rows).place()


class _Placing:
    """Vertices in reading order ("slots"): row by row, from left to right."""

    def __init__(self, strata: Strata, rows: list[list[int]]) -> None:
        self.strata = strata
        self.vertex = np.fromiter((vertex for row in rows for vertex in row), np.int64, len(strata.row))
        self.slot = np.empty_like(self.vertex)
        self.slot[self.vertex] = np.arange(len(self.vertex))
        width = _exact(strata.width)[self.vertex]
        row = strata.row[self.vertex]
        first = np.concatenate([[True], np.diff(row) != 0])
        apart = _exact((np.concatenate([[0.0], width[:-1]]) + width) / 2 + ITEM_GAP)
        apart[first] = 0.0
        packed = np.cumsum(apart)
        packed -= np.maximum.accumulate(np.where(first, packed, 0.0))
        ends = np.concatenate([first[1:], [True]])
        self.centred = packed - _exact(np.repeat(packed[ends], np.diff(np.flatnonzero(np.append(first, True)))) / 2)
        far = 2.0 ** np.ceil(np.log2(16 * (packed.max(initial=0.0) + np.abs(strata.leaves_at).max(initial=0.0) + 1024)))
        apart[first] = -far
        self.room = np.cumsum(apart)
        """Px that everything left of a slot takes; from one row to the next far less than nothing, so that rows do not touch."""
        self._align()
        self._settle()
        self._listen()

    def place(self) -> Floats:
        """Let the blocks find their places; by vertex."""
        at = self._means(self.centred)
        for _ in range(SPREADS):
            at = self._spread(_exact((at + self._wishes(at)) / 2))
        at = self._spread(at)
        for turn in range(TURNS):
            wish = _exact((at + self._wishes(at)) / 2)[self.block]
            x = at[self.block] + self.shift
            wish += self.shift
            if turn % 2 == 0:
                wish = np.minimum(wish, self._least(self._right_neighbour(x) - self.shift) + self.shift)
                at = self._push(wish)
            else:
                wish = np.maximum(wish, self._most(self._left_neighbour(x) - self.shift) + self.shift)
                at = self._push_back(wish)
        return (at[self.block] + self.shift)[self.slot]

    def _align(self) -> None:
        """Join each chain of main links, and each trunk, into a block that runs straight down."""
        strata, segments = self.strata, self.strata.segments
        trunk = (strata.role[segments.source] == DUMMY) & (strata.role[segments.target] == DUMMY)
        wanted = np.flatnonzero((trunk | segments.main) & ~segments.long)
        kept = wanted[_uncrossed(strata, self.slot, wanted, trunk)]
        above, below = self.slot[segments.source[kept]], self.slot[segments.target[kept]]
        parent, shift = np.arange(len(self.vertex)), np.zeros(len(self.vertex))
        parent[below] = above
        shift[below] = _exact(segments.leaves_at[kept] - segments.arrives_at[kept])
        while True:
            further = parent[parent]
            if (further == parent).all():
                break
            shift, parent = shift + shift[parent], further
        self.shift = shift
        self._number(parent)

    def _settle(self) -> None:
        """Take apart the blocks that push each other around for long."""
        x = self.centred
        while True:
            for _ in range(MOST_PUSHES):
                before, x = x, self._straight(np.maximum.accumulate(x - self.room) + self.room)
                if (x == before).all():
                    return
            restless = np.zeros(self.count, np.bool_)
            restless[self.block[x != before]] = True
            alone = restless[self.block]
            self.shift[alone] = 0.0
            self._number(np.where(alone, np.arange(len(alone)), self.heads[self.block]))

    def _number(self, head: Whole) -> None:
        """Blocks are numbered by their uppermost slots, `head` by slot."""
        self.heads, self.block = np.unique(head, return_inverse=True)
        self.count = len(self.heads)
        self.size = np.bincount(self.block, minlength=self.count)
        self.members = np.argsort(self.block, kind="stable")
        self.begin = np.cumsum(self.size) - self.size

    def _listen(self) -> None:
        """Which blocks pull at which, how far apart and how strongly."""
        strata, segments = self.strata, self.strata.segments
        above, below = self.slot[segments.source], self.slot[segments.target]
        self.one, self.other = self.block[above], self.block[below]
        offset = _exact(segments.leaves_at - segments.arrives_at) + self.shift[above] - self.shift[below]
        roles = strata.role[segments.source], strata.role[segments.target]
        weight = np.where(segments.long | (roles[0] == LEAF) | (roles[1] == LEAF), 0.3, 2.0)
        weight[segments.main | ((roles[0] == DUMMY) & (roles[1] == DUMMY))] = 8.0
        apart = self.one != self.other
        self.one, self.other, self.offset, self.pull = self.one[apart], self.other[apart], offset[apart], weight[apart]
        self.mass = np.bincount(self.one, self.pull, self.count) + np.bincount(self.other, self.pull, self.count)

    def _wishes(self, at: Floats) -> Floats:
        """Where the blocks that it is linked to want each block; where it is if there are none."""
        moment = np.bincount(self.other, self.pull * (at[self.one] + self.offset), self.count)
        moment += np.bincount(self.one, self.pull * (at[self.other] - self.offset), self.count)
        return np.where(self.mass > 0, moment / np.where(self.mass > 0, self.mass, 1.0), at)

    def _means(self, x: Floats) -> Floats:
        return _exact(np.bincount(self.block, x - self.shift, self.count) / self.size)

    def _most(self, at: Floats) -> Floats:
        """By slot: the most that any slot of its block has."""
        most = np.maximum.reduceat(at[self.members], self.begin)
        return most[self.block]

    def _least(self, at: Floats) -> Floats:
        least = np.minimum.reduceat(at[self.members], self.begin)
        return least[self.block]

    def _right_neighbour(self, x: Floats) -> Floats:
        """By slot: how far right it may stand beside its right neighbour at `x`."""
        return np.append(x[1:] - np.diff(self.room), np.inf)

    def _left_neighbour(self, x: Floats) -> Floats:
        return np.append(-np.inf, x[:-1] + np.diff(self.room))

    def _spread(self, at: Floats) -> Floats:
        """An x for each block, near where it is and apart from its neighbours.

        Pushing all blocks right until they are apart gives one feasible drawing, pushing all left another; any mean of two
        feasible drawings is feasible, and theirs is balanced.
        """
        x = at[self.block] + self.shift
        return _exact((self._push(x) + self._push_back(x)) / 2)

    def _push(self, x: Floats) -> Floats:
        """Push slots right until all are apart and blocks straight; by block."""
        while True:
            before, x = x, self._straight(np.maximum.accumulate(x - self.room) + self.room)
            if (x == before).all():
                return (x - self.shift)[self.heads]

    def _push_back(self, x: Floats) -> Floats:
        """Push slots left until all are apart and blocks straight; by block."""
        while True:
            before = x
            x = np.minimum.accumulate((x - self.room)[::-1])[::-1] + self.room
            x = self._least(x - self.shift) + self.shift
            if (x == before).all():
                return (x - self.shift)[self.heads]

    def _straight(self, x: Floats) -> Floats:
        straight: Floats = self._most(x - self.shift) + self.shift
        return straight


def _exact(values: Floats) -> Floats:
    rounded: Floats = np.round(values * _UNIT) / _UNIT
    return rounded


def _uncrossed(strata: Strata, slot: Whole, wanted: Whole, trunk: Flags) -> Whole:
    """Places in `wanted` of those segments that cross no other one of a row that comes first."""
    segments = strata.segments
    row = strata.row[segments.target[wanted]]
    lower, upper = slot[segments.target[wanted]], slot[segments.source[wanted]]
    order = np.lexsort((upper, lower))
    clash = (np.diff(row[order]) == 0) & ((np.diff(upper[order]) <= 0) | (np.diff(lower[order]) == 0))
    if not clash.any():
        return order
    at_fault = np.zeros(int(strata.first_row[-1]), np.bool_)
    at_fault[row[order][1:][clash]] = True
    bad = at_fault[row]
    kept = order[~bad[order]].tolist()
    leaf = strata.role[segments.source[wanted]] == LEAF
    urgency = np.where(trunk[wanted], 1, np.where(leaf, 2, 0))
    taken: dict[int, list[tuple[int, int]]] = {}
    for at in np.lexsort((upper, lower, urgency, row)).tolist():
        if bad[at]:
            pairs, pair = taken.setdefault(int(row[at]), []), (int(lower[at]), int(upper[at]))
            index = bisect_left(pairs, pair)
            if (index and (pairs[index - 1][1] >= pair[1] or pairs[index - 1][0] == pair[0])) or (
                index < len(pairs) and (pairs[index][1] <= pair[1] or pairs[index][0] == pair[0])
            ):
                continue
            pairs.insert(index, pair)
            kept.append(at)
    return np.array(kept, np.int64)
