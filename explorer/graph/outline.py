"""What every drawing of one graph starts from: its module calls with their groups of repeats, and how deep its nodes lie."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.graph.modules import ModuleTree, modules
from explorer.graph.once import once
from explorer.graph.order import depths
from explorer.graph.repeats import gather
from explorer.ir import Graph


@dataclass(frozen=True)
class Outline:
    """Computed once for a graph."""

    tree: ModuleTree
    depth: list[int]
    """By node: its longest way to a result, in edges."""
    edges: list[tuple[int, int]]
    """Source and target of each edge of the graph."""
    leaf_uses: dict[int, list[int]]
    """By leaf: the nodes that use it, each once."""
    inside: list[list[int]]
    """By call: ids of all nodes in it and in the calls that it made, ascending."""


@once
def outline(graph: Graph) -> Outline:
    """The outline of `graph`."""
    tree = gather(graph, modules(graph))
    edges = [(edge.source, edge.target) for edge in graph.edges]
    is_leaf = [node.kind == "leaf" for node in graph.nodes]
    uses: dict[int, dict[int, None]] = {}
    for source, target in edges:
        if is_leaf[target]:
            uses.setdefault(target, {})[source] = None
    leaf_uses = {leaf: list(users) for leaf, users in uses.items()}
    return Outline(tree, depths(graph, tree.order), edges, leaf_uses, _inside(tree))


def _inside(tree: ModuleTree) -> list[list[int]]:
    inside: list[list[int]] = [list(call.nodes) for call in tree.calls]
    for index in range(len(inside) - 1, -1, -1):
        parent = tree.calls[index].parent
        inside[index] = sorted(set(inside[index]))
        if parent is not None:
            inside[parent] += inside[index]
    return inside
