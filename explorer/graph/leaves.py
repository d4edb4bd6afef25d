"""Where leaves are drawn: near their uses, since one far-away box with a hundred long wires can be neither read nor laid out."""

from __future__ import annotations

from typing import NamedTuple

from explorer.graph.modules import ModuleTree, home_of
from explorer.graph.outline import Outline
from explorer.ir import Graph, Node

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


def leaf_boxes(graph: Graph, about: Outline, place: list[tuple[int | None, int | None]]) -> list[LeafBox]:
    """Every place of every leaf: one box where all uses are near each other in one module, else a copy for each box that uses it.

    Args:
        graph: the graph.
        about: its outline.
        place: by call, the open call its nodes are drawn in and the folded call that hides them.
    """
    boxes = []
    for leaf, consumers in about.leaf_uses.items():
        boxes += _boxes_of(graph.nodes[leaf], consumers, about.tree, place, about.depth)
    return boxes


def _boxes_of(
    leaf: Node, consumers: list[int], tree: ModuleTree, place: list[tuple[int | None, int | None]], depth: list[int]
) -> list[LeafBox]:
    by_place: dict[tuple[int | None, int | None], dict[tuple[bool, int], list[int]]] = {}
    for consumer in consumers:
        home, owner = home_of(leaf.variable, tree, consumer), tree.owner[consumer]
        above, hidden = (None, None) if home is None else place[home]
        if hidden is not None and tree.loops_only(home):
            hidden = None  # a variable that the steps of a folded loop take stays in sight
        folded = None if owner is None else place[owner][1]
        shown = (False, consumer) if folded is None else (True, folded)
        by_place.setdefault((above, hidden), {}).setdefault(shown, []).append(consumer)
    together = len(by_place) == 1 and _near([depth[consumer] for consumer in consumers])
    boxes = []
    for (above, hidden), shown_in in by_place.items():
        if together or hidden is not None or (len(by_place) == 1 and len(shown_in) == 1):
            everyone = tuple(consumer for some in shown_in.values() for consumer in some)
            boxes.append(LeafBox(leaf.id, None, above, hidden, everyone))
        else:
            boxes += [LeafBox(leaf.id, some[0], above, hidden, tuple(some)) for some in shown_in.values()]
    return boxes


def _near(found: list[int]) -> bool:
    return max(found) - min(found) <= NEAR
