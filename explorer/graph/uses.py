"""Who uses the leaves of a graph, and where each is drawn for that."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from explorer.graph.arrays import NONE, Flags, Whole, edges, first_each, nodes, stretches, whole
from explorer.graph.homes import homes
from explorer.graph.modules import ModuleTree
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

    def spread(self, numbers: Whole) -> Whole:
        """By use: how far the numbers of all uses of its leaf lie apart."""
        begin, end = stretches(self.leaf)
        if not len(begin):
            return numbers
        apart = np.maximum.reduceat(numbers, begin) - np.minimum.reduceat(numbers, begin)
        return np.repeat(apart, end - begin)


def uses(graph: Graph, tree: ModuleTree) -> Uses:
    """All uses of all leaves."""
    source, target = edges(graph)
    of_edge = np.full(len(source), NONE)
    used = np.flatnonzero(nodes(graph).is_leaf[target])
    _, leaf = first_each(target[used])
    by_leaf = used[np.argsort(leaf, kind="stable")]
    first, of_edge[by_leaf] = first_each(target[by_leaf] * len(graph.nodes) + source[by_leaf])
    tensor, consumer = target[by_leaf[first]], source[by_leaf[first]]
    home = homes(tree, nodes(graph).variable, tensor, consumer)
    found = Uses(tensor, consumer, home, tree.outside[home] == home, of_edge)
    return found._replace(beside=found.beside & ~_of_steps(tree, found))


def _of_steps(tree: ModuleTree, uses: Uses) -> Flags:
    """By use: whether one step of a loop in plain code takes the leaf for itself, as about every step of that loop does.

    A variable that several steps take, and what enters a loop, stand beside it.
    """
    is_step = np.array([*(call.unit == "step" for call in tree.calls), False], np.bool_)
    step = np.where(is_step[uses.home], uses.home, len(tree.calls) + uses.consumer)
    alone = np.flatnonzero(uses.beside & (uses.home != NONE) & (uses.spread(step) == 0))
    loop = tree.outermost[uses.home[alone]]
    enough = np.bincount(loop, minlength=len(tree.calls)) >= whole(max(call.repeats, 1) for call in tree.calls)
    found = np.zeros(len(step), np.bool_)
    found[alone] = enough[loop]
    return found
