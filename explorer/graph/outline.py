"""What every drawing of one graph starts from: its module calls with their groups of repeats, how deep its nodes lie, who uses its leaves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from explorer.graph.arrays import NONE, Flags, Whole, edges, first_each, joined, nodes, whole
from explorer.graph.modules import Call, ModuleTree, beside_loops, homes, modules
from explorer.graph.once import once
from explorer.graph.order import depths
from explorer.graph.repeats import gather
from explorer.ir import Graph


class Uses(NamedTuple):
    """By leaf and node that uses it, each pair once, leaf by leaf."""

    leaf: Whole
    consumer: Whole
    home: Whole
    """The call that the leaf is drawn in for this use."""
    beside: Flags
    """Whether it stays in sight beside a folded loop that takes it."""
    of_edge: Whole
    """By edge: the use that it is part of; `NONE` where it leads to no leaf."""


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
    depth: Whole
    """By node: its longest way to a result, in edges."""
    uses: Uses
    levels: list[Whole]
    """Calls by how many are around them."""
    parent: Whole
    _opened: dict[str, list[int]]
    """By name in the open set: the calls that it opens."""
    _members: list[int]
    """Ids of the nodes of all calls, each call's own followed by those of the calls in it."""
    _span: list[slice]
    """By call: its own in there, and those of the calls that it made."""
    _inside: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def inside(self, call: int) -> tuple[int, ...]:
        """Ids of all nodes in a call and in the calls that it made, ascending."""
        if call not in self._inside:
            self._inside[call] = tuple(sorted(set(self._members[self._span[call]])))
        return self._inside[call]

    def placed(self, names: frozenset[str]) -> Placed:
        """Where everything is drawn while what bears one of `names` is open."""
        is_open = np.zeros(len(self.parent), np.bool_)
        is_open[joined(self._opened.get(name, ()) for name in names)] = True
        above, hidden = np.full(len(is_open) + 1, NONE), np.full(len(is_open) + 1, NONE)
        for level in self.levels:
            above[level], hidden[level] = above[self.parent[level]], hidden[self.parent[level]]
            seen = level[hidden[level] == NONE]
            opened, folded = seen[is_open[seen]], seen[~is_open[seen]]
            above[opened], hidden[folded] = opened, folded
        return Placed(above, hidden)


@once
def outline(graph: Graph) -> Outline:
    """The outline of `graph`."""
    tree = gather(graph, modules(graph))
    depth = whole(call.depth for call in tree.calls)
    members, span = _inside(tree.calls)
    return Outline(
        tree,
        depths(graph, tree.order),
        _uses(graph, tree),
        [np.flatnonzero(depth == level) for level in range(depth.max(initial=NONE) + 1)],
        whole(call.parent for call in tree.calls),
        _openers(tree.calls),
        members,
        span,
    )


def _openers(calls: list[Call]) -> dict[str, list[int]]:
    """By name: the calls that it opens, all of one module or one alone."""
    found: dict[str, list[int]] = defaultdict(list)
    for index, call in enumerate(calls):
        for name in {call.module, call.fold}:
            found[name].append(index)
    return dict(found)


def _uses(graph: Graph, tree: ModuleTree) -> Uses:
    source, target = edges(graph)
    of_edge = np.full(len(source), NONE)
    used = np.flatnonzero(nodes(graph).is_leaf[target])
    _, leaf = first_each(target[used])
    by_leaf = used[np.argsort(leaf, kind="stable")]
    first, of_edge[by_leaf] = first_each(target[by_leaf] * len(graph.nodes) + source[by_leaf])
    tensor, consumer = target[by_leaf[first]], source[by_leaf[first]]
    home = homes(tree, nodes(graph).variable, tensor, consumer)
    return Uses(tensor, consumer, home, beside_loops(tree, tensor, consumer, home), of_edge)


def _inside(calls: list[Call]) -> tuple[list[int], list[slice]]:
    """The nodes of all calls, each call's followed by those of the calls in it; by call its stretch with and without these."""
    count = [len(call.nodes) for call in calls]
    for index in range(len(calls) - 1, -1, -1):
        parent = calls[index].parent
        if parent is not None:
            count[parent] += count[index]
    begin, free, outside = [0] * len(calls), [0] * len(calls), 0
    for index, call in enumerate(calls):
        if call.parent is None:
            begin[index], outside = outside, outside + count[index]
        else:
            begin[index] = free[call.parent]
            free[call.parent] += count[index]
        free[index] = begin[index] + len(call.nodes)
    members = [0] * outside
    for call, start in zip(calls, begin, strict=True):
        members[start : start + len(call.nodes)] = call.nodes
    return members, [slice(start, start + size) for start, size in zip(begin, count, strict=True)]
