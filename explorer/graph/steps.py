"""In which order backward executes the nodes of a graph, as torch's engine chooses it on one device.

A node is ready once everything that uses its outputs has run. Of those that are ready the one with the highest ``sequence_nr`` goes first;
AccumulateGrad has the highest there is, so a leaf takes its gradient as soon as it is complete; of two leaves the one that was ready first.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

from explorer.graph.once import once
from explorer.ir import Graph


@once
def backward_steps(graph: Graph) -> list[int]:
    """By node id: its place in that order, from 1; 0 for a node that backward from the roots does not reach."""
    users = [0] * len(graph.nodes)
    sends: list[list[int]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        users[edge.target] += 1
        sends[edge.source].append(edge.target)
    steps = [0] * len(graph.nodes)
    ready: list[tuple[int, int, int, int]] = []
    order = count()

    def make_ready(node: int) -> None:
        number = graph.nodes[node].sequence_nr
        heappush(ready, (0 if number is None else 1, -(number or 0), next(order), node))

    for node in dict.fromkeys(root.node for root in graph.roots):
        if not users[node]:
            make_ready(node)
    done = 0
    while ready:
        node = heappop(ready)[3]
        done += 1
        steps[node] = done
        for target in sends[node]:
            users[target] -= 1
            if not users[target]:
                make_ready(target)
    return steps
