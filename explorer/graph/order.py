"""The nodes of a graph in the order in which forward made them."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np

from explorer.graph.arrays import Whole, edges, nodes
from explorer.graph.once import once
from explorer.ir import Graph


@once
def forward_order(graph: Graph) -> Whole:
    """Ids of all nodes but the leaves, producers before consumers, by sequence_nr where the edges leave a choice.

    Since every edge goes forward in it, any run of consecutive nodes may be drawn as one box without making a cycle,
    also where sequence numbers contradict the edges. Of two nodes without one the later id is the earlier call, since the
    traversal starts at the result.
    """
    is_leaf, number = nodes(graph).is_leaf, nodes(graph).sequence
    source, target = edges(graph)
    inner = ~is_leaf[target]
    source, target = source[inner], target[inner]
    order = np.lexsort((-np.arange(len(number)), number))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    if (rank[target] >= rank[source]).any():
        order = _sorted(rank, source, target)
    return order[~is_leaf[order]]


def _sorted(rank: Whole, source: Whole, target: Whole) -> Whole:
    """All nodes, of those whose producers are placed always the one of the lowest rank."""
    waiting: list[int] = np.bincount(source, minlength=len(rank)).tolist()
    consumers: list[list[int]] = [[] for _ in waiting]
    for consumer, producer in zip(source.tolist(), target.tolist(), strict=True):
        consumers[producer].append(consumer)
    ranks, node_of = rank.tolist(), np.argsort(rank).tolist()
    ready = [ranks[node] for node, count in enumerate(waiting) if not count]
    heapify(ready)
    order = []
    while ready:
        node = node_of[heappop(ready)]
        order.append(node)
        for consumer in consumers[node]:
            waiting[consumer] -= 1
            if not waiting[consumer]:
                heappush(ready, ranks[consumer])
    return np.array(order, np.int64)


def depths(graph: Graph, order: Whole) -> Whole:
    """Longest way in edges from a result to each node; 0 for a result."""
    source, target = edges(graph)
    place = np.zeros(len(graph.nodes), np.int64)
    place[order] = np.arange(len(order))
    later_first = np.argsort(-place[source], kind="stable")
    depth = [0] * len(graph.nodes)
    for consumer, producer in zip(source[later_first].tolist(), target[later_first].tolist(), strict=True):
        if depth[producer] <= depth[consumer]:
            depth[producer] = depth[consumer] + 1
    return np.array(depth, np.int64)
