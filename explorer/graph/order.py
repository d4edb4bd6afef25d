"""The nodes of a graph in the order in which forward made them."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from explorer.ir import Graph


def forward_order(graph: Graph) -> list[int]:
    """Ids of all nodes but the leaves, producers before consumers, by sequence_nr where the edges leave a choice.

    Since every edge goes forward in it, any run of consecutive nodes may be drawn as one box without making a cycle,
    also where sequence numbers contradict the edges.
    """
    waiting = [0] * len(graph.nodes)
    consumers: list[list[int]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        if graph.nodes[edge.target].kind != "leaf":
            waiting[edge.source] += 1
            consumers[edge.target].append(edge.source)
    ready = [_rank(graph, node.id) for node in graph.nodes if node.kind != "leaf" and not waiting[node.id]]
    heapify(ready)
    order = []
    while ready:
        node = -heappop(ready)[1]
        order.append(node)
        for consumer in consumers[node]:
            waiting[consumer] -= 1
            if not waiting[consumer]:
                heappush(ready, _rank(graph, consumer))
    return order


def _rank(graph: Graph, node: int) -> tuple[int, int]:
    """Traversal starts at the result, so of two nodes without sequence_nr the later id is the earlier call."""
    number = graph.nodes[node].sequence_nr
    return (-1 if number is None else number, -node)


def depths(graph: Graph, order: list[int]) -> list[int]:
    """Longest way in edges from a result to each node; 0 for a result."""
    depth = [0] * len(graph.nodes)
    inputs: list[list[int]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        inputs[edge.source].append(edge.target)
    for node in reversed(order):
        for target in inputs[node]:
            depth[target] = max(depth[target], depth[node] + 1)
    return depth
