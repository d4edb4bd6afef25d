"""Where leaves are drawn: near their uses, since one far-away box with a hundred long wires can be neither read nor laid out."""

from __future__ import annotations

from typing import NamedTuple

from explorer.graph.modules import ModuleTree, home_of
from explorer.ir import Graph

NEAR = 3
"""Uses of a leaf whose depths differ by at most this are near enough to share one box."""


class LeafBox(NamedTuple):
    """One place where a leaf shows."""

    node: int
    copy_at: int | None
    """The consumer that this copy stands near; None for the only box of the leaf."""
    above: int | None
    """The open call that it is drawn in."""
    hidden: int | None
    """The folded call that it is inside of, or None."""
    consumers: tuple[int, ...]


def leaf_boxes(
    graph: Graph, tree: ModuleTree, place: list[tuple[int | None, int | None]], depth: list[int]
) -> list[LeafBox]:
    """Every place of every leaf: one box where all uses are near each other in one module, else a copy for each use.

    Args:
        graph: the graph.
        tree: its module calls.
        place: by call, the open call its nodes are drawn in and the folded call that hides them.
        depth: by node, its longest way to a result.
    """
    uses: dict[int, dict[int, tuple[int | None, int | None]]] = {}
    for edge in graph.edges:
        leaf = graph.nodes[edge.target]
        if leaf.kind == "leaf":
            home = home_of(leaf.variable, tree, edge.source)
            uses.setdefault(leaf.id, {})[edge.source] = (None, None) if home is None else place[home]
    boxes = []
    for leaf_id, places in uses.items():
        by_place: dict[tuple[int | None, int | None], list[int]] = {}
        for consumer, where in places.items():
            by_place.setdefault(where, []).append(consumer)
        together = len(by_place) == 1 and _near([depth[consumer] for consumer in places])
        for (above, hidden), consumers in by_place.items():
            if together or hidden is not None:
                boxes.append(LeafBox(leaf_id, None, above, hidden, tuple(consumers)))
            else:
                boxes.extend(LeafBox(leaf_id, consumer, above, hidden, (consumer,)) for consumer in consumers)
    return boxes


def _near(found: list[int]) -> bool:
    return max(found) - min(found) <= NEAR
