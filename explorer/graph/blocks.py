"""The x of every vertex: chains of main links become blocks that move as one, so that they run straight to the last bit."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from explorer.graph.relax import Pull, apart, find_pulls, relax
from explorer.graph.strata import Segment, Strata

ROUNDS = 4


@dataclass
class Blocks:
    """Vertices that move as one."""

    of: list[int]
    """By vertex: its block, called by the uppermost vertex in it."""
    shift: list[float]
    """By vertex: its x relative to the block's, px."""

    def members(self) -> list[list[int]]:
        """By block: its vertices; empty for a number that is no block."""
        found: list[list[int]] = [[] for _ in self.of]
        for vertex, owner in enumerate(self.of):
            found[owner].append(vertex)
        return found


@dataclass
class Neighbours:
    """Which blocks stand side by side in some row."""

    order: list[int]
    """Blocks, left ones before right ones."""
    left: list[dict[int, float]]
    right: list[dict[int, float]]
    """By block: neighbours on that side with the least distance, px."""


def straighten(strata: Strata, rows: list[list[int]]) -> list[float]:
    """The x (centre, px) of every vertex: in each row in order and apart.

    Each round pushes the blocks apart and then lets each go as far towards its wish as there is room.
    """
    pulls = find_pulls(strata)
    x = relax(strata, rows, pulls)
    blocks = _align(strata, rows)
    neighbours = _side_by_side(blocks, strata, rows)
    members = blocks.members()
    at = [
        sum(x[vertex] - blocks.shift[vertex] for vertex in inside) / len(inside) if inside else 0.0
        for inside in members
    ]
    for _ in range(ROUNDS):
        at = _spread(at, neighbours)
        for turn in (neighbours.order, neighbours.order[::-1]):
            for owner in turn:
                wish = _wish(members[owner], blocks, pulls, at)
                least = max((at[left] + gap for left, gap in neighbours.left[owner].items()), default=-inf)
                most = min((at[right] - gap for right, gap in neighbours.right[owner].items()), default=inf)
                at[owner] = max(least, min(most, wish))
    return [at[owner] + shift for owner, shift in zip(blocks.of, blocks.shift, strict=True)]


def _align(strata: Strata, rows: list[list[int]]) -> Blocks:
    """Join each chain of main links, and each trunk, into a block that runs straight down."""
    blocks = Blocks(list(range(len(strata.ranks))), [0.0] * len(strata.ranks))
    place = [0] * len(strata.ranks)
    for row in rows:
        for index, vertex in enumerate(row):
            place[vertex] = index
    wanted: list[list[tuple[int, int, int, Segment]]] = [[] for _ in rows]
    for segment in strata.segments:
        source, target = segment.source, segment.target
        trunk = strata.roles[source] == strata.roles[target] == "dummy"
        if trunk or segment.main:
            urgency = 1 if trunk else 2 if strata.roles[source] == "leaf" else 0
            wanted[strata.ranks[target]].append((urgency, place[target], place[source], segment))
    for lines in wanted:
        for segment in _uncrossed(sorted(lines)):
            blocks.of[segment.target] = blocks.of[segment.source]
            blocks.shift[segment.target] = blocks.shift[segment.source] + segment.leaves_at - segment.arrives_at
    return blocks


def _uncrossed(wanted: list[tuple[int, int, int, Segment]]) -> list[Segment]:
    """Those of `wanted` that cross no earlier one: (priority, place below, place above, segment)."""
    taken: list[tuple[int, int]] = []
    kept = []
    for _, lower, upper, segment in wanted:
        index = bisect_left(taken, (lower, upper))
        if (index and taken[index - 1][1] >= upper) or (index < len(taken) and taken[index][1] <= upper):
            continue
        taken.insert(index, (lower, upper))
        kept.append(segment)
    return kept


def _wish(members: list[int], blocks: Blocks, pulls: list[list[Pull]], at: list[float]) -> float:
    """Where a block's neighbours outside of it want it; where it is if it has none."""
    owner = blocks.of[members[0]]
    moment = mass = 0.0
    for vertex in members:
        here = blocks.shift[vertex]
        for other, offset, weight in pulls[vertex]:
            near = blocks.of[other]
            if near != owner:
                moment += weight * (at[near] + blocks.shift[other] + offset - here)
                mass += weight
    return moment / mass if mass else at[owner]


def _side_by_side(blocks: Blocks, strata: Strata, rows: list[list[int]]) -> Neighbours:
    found = Neighbours([], [{} for _ in strata.ranks], [{} for _ in strata.ranks])
    for row in rows:
        for left, right in pairwise(row):
            gap = apart(strata, left, right) + blocks.shift[left] - blocks.shift[right]
            one, other = blocks.of[left], blocks.of[right]
            gap = max(gap, found.left[other].get(one, gap))
            found.left[other][one] = found.right[one][other] = gap
    waiting = [len(near) for near in found.left]
    found.order = [vertex for vertex, owner in enumerate(blocks.of) if owner == vertex and not waiting[vertex]]
    for owner in found.order:
        for right in found.right[owner]:
            waiting[right] -= 1
            if not waiting[right]:
                found.order.append(right)
    return found


def _spread(wish: list[float], neighbours: Neighbours) -> list[float]:
    """An x for each block, near its wish and apart from its neighbours.

    Pushing all blocks right until they are apart gives one feasible drawing, pushing all left another; any mean of two
    feasible drawings is feasible, and theirs is balanced.
    """
    pushed_right, pushed_left = wish[:], wish[:]
    for owner in neighbours.order:
        for left, gap in neighbours.left[owner].items():
            pushed_right[owner] = max(pushed_right[owner], pushed_right[left] + gap)
    for owner in reversed(neighbours.order):
        for right, gap in neighbours.right[owner].items():
            pushed_left[owner] = min(pushed_left[owner], pushed_left[right] - gap)
    return [(right + left) / 2 for right, left in zip(pushed_right, pushed_left, strict=True)]
