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
    inside: list[list[int]]
    """By call: ids of all nodes in it and in the calls that it made, ascending."""


@once
def outline(graph: Graph) -> Outline:
    """The outline of `graph`."""
    tree = gather(graph, modules(graph))
    return Outline(tree, depths(graph, tree.order), _inside(tree))


def _inside(tree: ModuleTree) -> list[list[int]]:
    inside: list[list[int]] = [list(call.nodes) for call in tree.calls]
    for index in range(len(inside) - 1, -1, -1):
        parent = tree.calls[index].parent
        inside[index] = sorted(set(inside[index]))
        if parent is not None:
            inside[parent] += inside[index]
    return inside
