"""What is open: a set of names, small enough for an address bar.

A name is a module's path and opens all its calls (``model.layer1``), or one call of several (``cell#17``); or it is the name of a group of
repeats (``model.layer3.1…22``, ``cell…``; ``@12-15`` for the loop of those source lines) of one range of a large group (``@12-15[1-64]``), or of its steps
(``@12-15.step``, ``@12-15.step#3``).
"""

from __future__ import annotations

from explorer.graph.modules import ModuleTree
from explorer.graph.outline import outline
from explorer.graph.repeats import WHOLE_NODES
from explorer.ir import Graph

ENOUGH_BOXES = 5
TOO_MANY_BOXES = 60
"""A graph that is not drawn whole is opened level by level until it shows this many boxes, but never more than that many."""


def every_module(graph: Graph) -> frozenset[str]:
    """All names, so that nothing is folded."""
    return frozenset(call.module for call in outline(graph).tree.calls)


def open_to_depth(graph: Graph, depth: int) -> frozenset[str]:
    """Names of what lies in fewer than `depth` others; 0 folds everything."""
    return frozenset(call.module for call in outline(graph).tree.calls if call.depth < depth)


def toggle(open_names: frozenset[str], name: str) -> frozenset[str]:
    """Fold `name` where it is open (and all in it), open it where it is folded."""
    if name in open_names:
        inside = tuple(name + sign for sign in ".@#[")
        return frozenset(each for each in open_names if each != name and not each.startswith(inside))
    return open_names | {name}


def readable(graph: Graph) -> frozenset[str]:
    """What to open at first sight: everything if small, else modules level by level until several boxes show. Groups stay folded."""
    if len(graph.nodes) <= WHOLE_NODES:
        return every_module(graph)
    tree = outline(graph).tree
    opened: frozenset[str] = frozenset()
    deepest = max((call.depth for call in tree.calls), default=-1)
    for depth in range(deepest + 1):
        here = {call.module for call in tree.calls if call.depth == depth and call.unit == "module"}
        boxes = _visible_boxes(tree, opened | here)
        if boxes > TOO_MANY_BOXES:
            break
        opened |= here
        if boxes >= ENOUGH_BOXES:
            break
    return opened


def _visible_boxes(tree: ModuleTree, opened: frozenset[str]) -> int:
    """Boxes inside modules when `opened` are open: folded calls, and nodes that open ones made themselves."""
    shown = 0
    visible = [False] * len(tree.calls)
    for index, call in enumerate(tree.calls):
        visible[index] = call.parent is None or (visible[call.parent] and tree.calls[call.parent].module in opened)
        if visible[index]:
            shown += len(call.nodes) if call.module in opened else 1
    return shown
