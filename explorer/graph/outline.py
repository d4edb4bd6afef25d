"""What every drawing of one graph starts from: its module calls with their groups of repeats, how deep its nodes lie, who uses its leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from explorer.graph.arrays import NONE, Whole, distinct, whole
from explorer.graph.modules import ModuleTree, modules
from explorer.graph.once import once
from explorer.graph.order import depths
from explorer.graph.repeats import gather
from explorer.graph.uses import Uses, uses
from explorer.ir import Graph


class Placed(NamedTuple):
    """By call, and last by what lies outside of all calls (so that `NONE` finds it)."""

    above: Whole
    """The open call that its nodes are drawn in."""
    hidden: Whole
    """The folded call that hides them."""


@dataclass(frozen=True)
class Outline:
    """Computed once for a graph."""

    tree: ModuleTree
    uses: Uses
    depth: Whole
    """By node: its longest way to a result, in edges."""
    _inside: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def inside(self, call: int) -> tuple[int, ...]:
        """Ids of all nodes in a call and in the calls that it made, ascending."""
        if call not in self._inside:
            members, begin, end = self._members
            self._inside[call] = tuple(sorted(set(members[begin[call] : end[call]])))
        return self._inside[call]

    @cached_property
    def held(self) -> Whole:
        """By call: how many nodes and leaves it holds itself."""
        return np.bincount(self._held[0], minlength=len(self.tree.calls))

    @cached_property
    def _held(self) -> tuple[Whole, Whole]:
        """Calls and the nodes and leaves that each holds itself."""
        tree, uses, count = self.tree, self.uses, len(self.tree.owner)
        made, drawn = np.flatnonzero(tree.owner != NONE), (uses.home != NONE) & ~uses.beside
        leaves = distinct(uses.home[drawn] * count + uses.leaf[drawn])
        return np.concatenate([tree.owner[made], leaves // count]), np.concatenate([made, leaves % count])

    @cached_property
    def _members(self) -> tuple[list[int], list[int], list[int]]:
        """What all calls hold, each call's followed by that of the calls in it; by call where it begins and where it ends."""
        call, node = self._held
        entered, left = _entered(self.tree.parent)
        order = np.argsort(entered[call], kind="stable")
        at = entered[call[order]]
        return node[order].tolist(), np.searchsorted(at, entered).tolist(), np.searchsorted(at, left).tolist()

    @cached_property
    def levels(self) -> list[Whole]:
        """Calls by how many are around them."""
        depth = self.tree.depth
        return [np.flatnonzero(depth == level) for level in range(depth.max(initial=NONE) + 1)]

    def placed(self, names: frozenset[str]) -> Placed:
        """Where everything is drawn while what bears one of `names` is open."""
        is_open = self.tree.opened_by(names)
        above, hidden = np.full(len(is_open) + 1, NONE), np.full(len(is_open) + 1, NONE)
        for level in self.levels:
            parent = self.tree.parent[level]
            above[level], hidden[level] = above[parent], hidden[parent]
            seen = level[hidden[level] == NONE]
            opened, folded = seen[is_open[seen]], seen[~is_open[seen]]
            above[opened], hidden[folded] = opened, folded
        return Placed(above, hidden)


@once
def outline(graph: Graph) -> Outline:
    """The outline of `graph`."""
    tree = gather(graph, modules(graph))
    return Outline(tree, uses(graph, tree), depths(graph, tree.order))


def _entered(parent: Whole) -> tuple[Whole, Whole]:
    """Calls numbered so that those in one follow it: the number of each, and the first one after it that does not lie in it."""
    around = parent.tolist()
    size = [1] * len(around)
    for call in range(len(around) - 1, -1, -1):
        if around[call] != NONE:
            size[around[call]] += size[call]
    entered, free = [0] * len(around), [0] * (len(around) + 1)
    for call, above in enumerate(around):
        entered[call] = free[above]
        free[above] += size[call]
        free[call] = entered[call] + 1
    return whole(entered), whole(entered) + whole(size)
