"""In which order backward executes the nodes of a graph, as torch's engine chooses it on one device.

A node is ready once everything that uses its outputs has run. Of those that are ready the one with the highest ``sequence_nr`` goes first;
AccumulateGrad has the highest there is, so a leaf takes its gradient as soon as it is complete; of two leaves the one that was ready first.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

import numpy as np

from explorer.graph.arrays import NONE, Whole, edges, nodes
from explorer.graph.once import once
from explorer.ir import Graph


@once
def backward_steps(graph: Graph) -> Whole:
    """By node id: its place in that order, from 1; 0 for a node that backward from the roots does not reach."""
    order = _by_number(graph)
    if order is None:
        order = _by_turns(graph)
    steps = np.zeros(len(graph.nodes), np.int64)
    steps[order] = np.arange(1, len(order) + 1)
    return steps


def _by_number(graph: Graph) -> Whole | None:
    """The order where sequence numbers alone tell it, as those of a graph do that one forward pass made; else None.

    Then the other nodes run by falling number, and each leaf right after the last node that uses it.
    """
    number = nodes(graph).sequence
    source, target = edges(graph)
    is_leaf = number == NONE
    others = np.sort(number[~is_leaf])
    unused = np.bincount(target, minlength=len(number)) == 0
    unused[[root.node for root in graph.roots]] &= is_leaf[[root.node for root in graph.roots]]
    told = (
        (others[1:] > others[:-1]).all()
        and not is_leaf[source].any()
        and (number[source] > number[target]).all()
        and not unused.any()
    )
    if not told:
        return None
    falling = np.argsort(-number[source], kind="stable")
    last = np.zeros(len(number), np.int64)
    last[target[falling]] = np.arange(1, len(source) + 1)  # by leaf: of the edges to it that of the last node to use it
    last[~is_leaf] = 0
    after = number.copy()
    after[is_leaf] = number[source[falling[last[is_leaf] - 1]]]
    return np.lexsort((last, -after))


def _by_turns(graph: Graph) -> Whole:
    number = nodes(graph).sequence.tolist()
    users = [0] * len(number)
    sends: list[list[int]] = [[] for _ in number]
    for source, target in zip(*(ends.tolist() for ends in edges(graph)), strict=True):
        users[target] += 1
        sends[source].append(target)
    order, turn = list[int](), count()
    ready: list[tuple[int, int, int, int]] = []

    def make_ready(node: int) -> None:
        heappush(ready, (0 if number[node] == NONE else 1, -number[node], next(turn), node))

    for node in dict.fromkeys(root.node for root in graph.roots):
        if not users[node]:
            make_ready(node)
    while ready:
        node = heappop(ready)[3]
        order.append(node)
        for target in sends[node]:
            users[target] -= 1
            if not users[target]:
                make_ready(target)
    return np.array(order, np.int64)
